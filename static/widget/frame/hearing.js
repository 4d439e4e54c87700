// Whether the microphone gives any sound at all while the agent is heard: one that is switched off by itself, or by the
// system, gives digital silence, and nobody else would notice but the other side.

import { pause } from "./waiting.js";

const LOOK_SECONDS = 0.5;
const SILENT_MILLISECONDS = 2000;
// Of full scale: an open microphone is louder in the quietest room, also with its noise suppressed.
const FLOOR = 3 / 32767;

/** Fires "changed" when its finding does. */
export class Hearing extends EventTarget {
  /** "microphone_silent" while the microphone is open and has given nothing but zeros for two seconds, else "". */
  finding = "";
  #media;
  #watch = 0;
  #on = false;

  constructor(media) {
    super();
    this.#media = media;
  }

  /** Watches while the agent is to be heard; not while they are muted or the call is held. */
  watch(on) {
    if (on === this.#on) return;
    this.#on = on;
    this.#watch += 1;
    this.#say("");
    if (on) this.#listen(this.#watch);
  }

  async #listen(watch) {
    let heardAt = performance.now();
    let before = null;
    while (watch === this.#watch) {
      const now = await this.#media.loudness().catch(() => null); // the leg went; another one comes
      const level = before && now && levelBetween(before, now);
      // What is not known is no silence.
      if (level === null || level > FLOOR) heardAt = performance.now();
      before = now;
      const silent = performance.now() - heardAt >= SILENT_MILLISECONDS;
      if (watch === this.#watch) this.#say(silent ? "microphone_silent" : "");
      await pause(LOOK_SECONDS);
    }
  }

  #say(finding) {
    if (finding === this.finding) return;
    this.finding = finding;
    this.dispatchEvent(new Event("changed"));
  }
}

/** How loud it was on average between two moments, 0 to 1; null where that cannot be said. */
function levelBetween(before, now) {
  const duration = now.totalSamplesDuration - before.totalSamplesDuration;
  if (before.id !== now.id || !(duration > 0)) return null;
  const energy = now.totalAudioEnergy - before.totalAudioEnergy;
  return Math.sqrt(energy / duration);
}
