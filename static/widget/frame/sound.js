// What the agent hears: the call, a ringback tone while the far end rings without sending sound of its own, and the
// ringer of an incoming call. All play in <audio> elements: there the browser's echo cancellation knows them.

import { DEVICE } from "./constants.js";
import { CHIME, RINGBACK, RINGER, waveFile } from "./tones.js";

/** Fires "blocked" and "allowed" as the browser's autoplay rule holds the sound back or lets it go. */
export class Sound extends EventTarget {
  blocked = false;
  #call;
  #tones;
  #ringing = null;

  constructor({ call, ringback, ringer }) {
    super();
    this.#call = call;
    this.#tones = new Map([
      [ringback, RINGBACK],
      [ringer, RINGER],
    ]);
    this.ringback = ringback;
    this.ringer = ringer;
  }

  play(stream) {
    this.#call.srcObject = stream;
    this.#start(this.#call);
  }

  /** Plays one of the two tones, `ringback` or `ringer`, and stops the other; null stops both. */
  ring(wanted) {
    this.#ringing = wanted;
    for (const element of this.#tones.keys()) {
      if (element !== wanted) element.pause();
      else if (element.paused) this.#ring(element);
    }
  }

  /** Plays the call ("output") or the ringer ("ringer") on a device, "" = the system's default. */
  async route(kind, device) {
    const elements = kind === DEVICE.ringer ? [this.ringer] : [this.#call, this.ringback];
    for (const element of elements) await element.setSinkId?.(device);
  }

  /** Lets a device be heard: the ringer's own sound, or a short tone. */
  async test(kind, device) {
    const trial = new Audio(URL.createObjectURL(waveFile(kind === DEVICE.ringer ? RINGER : CHIME)));
    await trial.setSinkId?.(device);
    await trial.play();
    await new Promise((resolve) => trial.addEventListener("ended", resolve));
    URL.revokeObjectURL(trial.src);
  }

  /** To be called in a click: that lifts the autoplay rule. */
  async enable() {
    await this.#start(this.#call);
    if (this.#ringing) await this.#start(this.#ringing);
  }

  #ring(element) {
    if (!element.src) element.src = URL.createObjectURL(waveFile(this.#tones.get(element)));
    element.currentTime = 0;
    this.#start(element);
  }

  async #start(element) {
    try {
      await element.play();
      this.#report(false);
    } catch (error) {
      if (error.name === "NotAllowedError") this.#report(true);
    }
  }

  #report(blocked) {
    this.blocked = blocked;
    this.dispatchEvent(new Event(blocked ? "blocked" : "allowed"));
  }
}
