// Growing, jittered pauses between attempts: many widgets must not come back in step after a restart.

import { SECONDS } from "./constants.js";

export class Backoff {
  #attempt = 0;

  reset() {
    this.#attempt = 0;
  }

  /** The next pause in seconds: it doubles up to the last one, and half of it is random. */
  next() {
    const full = Math.min(SECONDS.reconnectFirst * 2 ** this.#attempt, SECONDS.reconnectLast);
    this.#attempt = Math.min(this.#attempt + 1, 16);
    return full / 2 + (Math.random() * full) / 2;
  }
}
