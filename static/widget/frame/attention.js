// Calls the agent to an incoming call: the ringer, the page's title that blinks, a notification where the page has leave
// for them. Title and notification are the element's to show: they belong to the page.

import { SECONDS } from "./constants.js";

export class Attention {
  #callId = "";
  #timer = 0;
  #port;
  #texts;

  constructor(port, texts) {
    this.#port = port;
    this.#texts = texts;
  }

  /** @param {{callId: string, party: string} | null} call the one that rings now, null = none */
  look(call) {
    if ((call?.callId ?? "") === this.#callId) return;
    this.#callId = call?.callId ?? "";
    clearInterval(this.#timer);
    if (call) this.#begin(call.party);
    else this.#port.title("");
  }

  #begin(party) {
    const title = this.#texts.text("incoming_title");
    this.#port.notify(title, party);
    let shown = true;
    this.#port.title(`${title} ${party}`);
    this.#timer = setInterval(() => {
      shown = !shown;
      this.#port.title(shown ? `${title} ${party}` : "");
    }, SECONDS.blink * 1000);
  }
}
