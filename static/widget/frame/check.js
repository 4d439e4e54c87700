// The check before the first call: may the microphone be used, does it hear, how good is the way to the server, and does a
// tone that is sent through the agent's own phone line come back from a number that echoes.

import { LEG, STAGE, WIRE } from "./constants.js";
import { Meter } from "./meter.js";
import { LIVE, readScreen } from "./screen.js";
import { pause, until, within } from "./waiting.js";

const LISTEN_SECONDS = 3;
const HEARD = 0.08; // of the meter's scale: a headset that is muted or turned away stays below
const PINGS = 5;
const SLOW_MILLISECONDS = 300; // there and back; beyond it people talk over each other (ITU-T G.114)
const ANSWER_SECONDS = 30;
const ECHO_SECONDS = 6;
const TONE_HERTZ = 1000;
const TONE_GAIN = 0.3;

const result = (state, text) => ({ state, text });

export class Check {
  echo = "";
  #connection;
  #media;
  #microphone;
  #texts;

  constructor({ connection, media, microphone, texts }) {
    this.#connection = connection;
    this.#media = media;
    this.#microphone = microphone;
    this.#texts = texts;
  }

  /** One result after the other, {state: "good" | "bad" | "skipped", text}; what makes the rest pointless ends it. */
  async *run() {
    const track = await this.#microphone.track().catch((error) => error);
    if (track instanceof Error) {
      yield result("bad", track.message);
      return;
    }
    yield result("good", this.#texts.text("check_permission"));
    yield await this.#hears(track);
    yield await this.#network();
    yield await this.#line();
  }

  async #hears(track) {
    const meter = new Meter(track);
    const heard = await this.#within(LISTEN_SECONDS, () => meter.level > HEARD);
    meter.close();
    const name = track.label;
    return heard
      ? result("good", this.#texts.text("check_hears", { name }))
      : result("bad", this.#texts.text("check_silent", { name }));
  }

  async #network() {
    if (this.#media.state !== LEG.up) return result("bad", this.#texts.error("not_connected").message);
    const times = [];
    for (let i = 0; i < PINGS; i += 1) {
      const before = performance.now();
      try {
        await this.#connection.request({ t: WIRE.ping });
      } catch (error) {
        return result("bad", error.message);
      }
      times.push(performance.now() - before);
    }
    const milliseconds = Math.round(times.sort((a, b) => a - b)[PINGS >> 1]);
    const slow = milliseconds > SLOW_MILLISECONDS;
    return result(slow ? "bad" : "good", this.#texts.text(slow ? "check_slow" : "check_network", { milliseconds }));
  }

  async #line() {
    if (!this.echo) return result("skipped", this.#texts.text("check_no_number"));
    if (LIVE.includes(readScreen().stage)) return result("skipped", this.#texts.error("call_in_progress").message);
    try {
      return await this.#callEcho();
    } catch (error) {
      return result("bad", error.reason ? error.message : this.#texts.text("check_no_answer"));
    }
  }

  async #callEcho() {
    await this.#connection.request({ t: WIRE.dial, phone: this.echo, info: "" });
    try {
      await within(
        shown(({ stage }) => stage === STAGE.talking),
        ANSWER_SECONDS,
      );
      const milliseconds = await this.#echoed();
      return milliseconds === null
        ? result("bad", this.#texts.text("check_one_way"))
        : result("good", this.#texts.text("check_both_ways", { milliseconds }));
    } finally {
      await this.#leave();
    }
  }

  // A tone of ours, not the agent's voice: it is told from noise, and nobody has to speak at the right moment.
  async #echoed() {
    const { received } = this.#media;
    if (!received) return null;
    const tone = new Tone(TONE_HERTZ);
    const meter = new Meter(received);
    try {
      await this.#media.send(tone.track);
      const start = performance.now();
      const heard = await this.#within(ECHO_SECONDS, () => meter.hears(TONE_HERTZ));
      return heard ? Math.round(performance.now() - start) : null;
    } finally {
      meter.close();
      await this.#media.send(null);
      tone.close();
    }
  }

  async #leave() {
    if (LIVE.includes(readScreen().stage)) await this.#connection.request({ t: WIRE.hangUp }).catch(() => {}); // it ended by itself
    await within(
      shown(({ stage }) => !LIVE.includes(stage)),
      ANSWER_SECONDS,
    );
    if (readScreen().stage === STAGE.wrapUp) await this.#connection.request({ t: WIRE.finishWrapUp });
  }

  async #within(seconds, condition) {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      if (condition()) return true;
      await pause(0.02);
    }
    return false;
  }
}

/** Resolves when the screen is as wanted; rejects when a call that was there is over before. */
function shown(condition) {
  let live = false;
  return until(document.body, "htmx:wsAfterMessage", () => {
    const screen = readScreen();
    if (condition(screen)) return true;
    if (live && !LIVE.includes(screen.stage)) throw new Error("the call ended");
    live = LIVE.includes(screen.stage);
    return false;
  });
}

class Tone {
  #context = new AudioContext();

  constructor(hertz) {
    const [oscillator, gain] = [this.#context.createOscillator(), this.#context.createGain()];
    const end = this.#context.createMediaStreamDestination();
    oscillator.frequency.value = hertz;
    gain.gain.value = TONE_GAIN;
    oscillator.connect(gain).connect(end);
    oscillator.start();
    [this.track] = end.stream.getAudioTracks();
    this.#context.resume();
  }

  close() {
    this.track.stop();
    this.#context.close();
  }
}
