// Tones made here, as WAV files: a served file would cost a request at the moment that counts.

const RATE = 8000;
const HEADER_BYTES = 44;

/** North American ringback: two seconds of 440 and 480 Hz, four of silence. */
export const RINGBACK = Object.freeze({ seconds: 6, amplitude: 1600, notes: [[0, 2, 440, 480]] });

/** Two short warbles and a pause: unlike anything that a called party's network plays. */
export const RINGER = Object.freeze({
  seconds: 3,
  amplitude: 4200,
  notes: [0, 0.25, 0.5, 0.75].flatMap((start) => [
    [start, 0.12, 784],
    [start + 0.12, 0.12, 988],
  ]),
});

/** What a speaker's test plays: three rising notes. */
export const CHIME = Object.freeze({
  seconds: 2,
  amplitude: 6000,
  notes: [523, 659, 784].map((hertz, place) => [place * 0.4, 0.35, hertz]),
});

/** One period of a pattern as a blob; each note is [start, length, ...frequencies], in seconds and hertz. */
export function waveFile({ seconds, amplitude, notes }) {
  const samples = new Int16Array(RATE * seconds);
  for (const [start, length, ...frequencies] of notes) {
    const count = Math.round(length * RATE);
    for (let i = 0; i < count; i += 1) {
      const fade = Math.min(1, i / 80, (count - i) / 80); // without it each note begins and ends with a click
      for (const frequency of frequencies)
        samples[Math.round(start * RATE) + i] += fade * amplitude * Math.sin((2 * Math.PI * frequency * i) / RATE);
    }
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
