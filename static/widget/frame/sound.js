// What the agent hears: the call, and a ringback tone while the far end rings without sending sound of its own.
// Both play in <audio> elements: there the browser's echo cancellation knows them.

const RATE = 8000;
const TONE_SECONDS = 2;
const PERIOD_SECONDS = 6;
const FREQUENCIES = [440, 480];
const AMPLITUDE = 1600;
const HEADER_BYTES = 44;

/** Fires "blocked" and "allowed" as the browser's autoplay rule holds the sound back or lets it go. */
export class Sound extends EventTarget {
  blocked = false;
  #call;
  #ringback;

  constructor(call, ringback) {
    super();
    this.#call = call;
    this.#ringback = ringback;
  }

  play(stream) {
    this.#call.srcObject = stream;
    this.#start(this.#call);
  }

  ring(on) {
    if (on === !this.#ringback.paused) return;
    if (!on) {
      this.#ringback.pause();
      return;
    }
    if (!this.#ringback.src) this.#ringback.src = URL.createObjectURL(ringbackFile());
    this.#ringback.currentTime = 0;
    this.#start(this.#ringback);
  }

  /** To be called in a click: that lifts the autoplay rule. */
  async enable() {
    await this.#start(this.#call);
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

/** One period of the North American ringback tone as a WAV file: two seconds of tone, four of silence. */
function ringbackFile() {
  const samples = new Int16Array(RATE * PERIOD_SECONDS);
  for (let i = 0; i < RATE * TONE_SECONDS; i += 1) {
    for (const frequency of FREQUENCIES) samples[i] += AMPLITUDE * Math.sin((2 * Math.PI * frequency * i) / RATE);
  }
  return new Blob([waveHeader(samples.byteLength), samples], { type: "audio/wav" });
}

function waveHeader(bytes) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (offset, value) => {
    for (let i = 0; i < value.length; i += 1) view.setUint8(offset + i, value.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, bytes, true);
  return view.buffer;
}
