// How loud a track is, and whether it carries a tone: for the level beside the microphone and for the check.

const SMOOTHING = 0.3;
const FULL_SCALE = 0.35; // peaks of lively speech; a level that only a shout fills tells nothing
const TONE_DECIBELS = 12; // above the spectrum's middle: speech and noise do not stand out so far at one frequency
const AUDIBLE_DECIBELS = -70;

export class Meter {
  #context = new AudioContext();
  #analyser = this.#context.createAnalyser();
  #track;
  #samples = new Float32Array(this.#analyser.fftSize);
  #spectrum = new Float32Array(this.#analyser.frequencyBinCount);

  /** Listens to a copy of the track, which is heard although the call has it switched off. */
  constructor(track) {
    this.#track = track.clone();
    this.#track.enabled = true;
    this.#analyser.smoothingTimeConstant = SMOOTHING;
    this.#context.createMediaStreamSource(new MediaStream([this.#track])).connect(this.#analyser);
    this.#context.resume();
  }

  /** From 0 to 1: the peak of the last 40 milliseconds. */
  get level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const peak = this.#samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    return Math.min(1, peak / FULL_SCALE);
  }

  hears(hertz) {
    this.#analyser.getFloatFrequencyData(this.#spectrum);
    const bin = Math.round((hertz * this.#analyser.fftSize) / this.#context.sampleRate);
    const there = Math.max(...this.#spectrum.slice(bin - 1, bin + 2));
    // The telephone's band only: above it there is nothing that could be compared with.
    const band = this.#spectrum.slice(0, bin * 3).sort();
    return there > AUDIBLE_DECIBELS && there - band[band.length >> 1] > TONE_DECIBELS;
  }

  close() {
    this.#track.stop();
    this.#context.close();
  }
}
