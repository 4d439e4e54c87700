// What getState() tells the page: one plain object, sent whenever it changes.

export class PageState {
  #value = {
    signedIn: false,
    seatStatus: 1,
    webrtcStatus: 0,
    call: null,
    muted: false,
    held: false,
    folded: false,
    devices: { inputs: [], outputs: [], input: "", output: "", ringer: "" },
  };
  #port;

  constructor(port) {
    this.#port = port;
  }

  set(changes) {
    this.#value = { ...this.#value, ...changes };
    this.#port.state(this.#value);
  }
}
