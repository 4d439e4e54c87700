// The agent's own choice of status. During a call it waits for the end, which the header then says.

import { ID, WIRE } from "./constants.js";

export class Status {
  #next = 0;
  #connection;
  #texts;

  constructor(connection, texts) {
    this.#connection = connection;
    this.#texts = texts;
  }

  async choose(value, { inCall }) {
    document.getElementById(ID.statusMenu)?.hidePopover?.();
    await this.#connection.request({ t: WIRE.status, value });
    this.restore({ inCall, next: inCall ? value : 0 });
  }

  /** Shows what is chosen for after the call, in a header that may be rendered anew. */
  restore({ inCall, next = this.#next }) {
    this.#next = inCall ? next : 0;
    const items = [...document.querySelectorAll(`#${ID.statusMenu} [data-value]`)];
    const chosen = items.find((item) => Number(item.dataset.value) === this.#next);
    if (this.#next) for (const item of items) item.setAttribute("aria-pressed", String(item === chosen));
    const text = chosen ? this.#texts.text("after_call", { status: chosen.textContent.trim() }) : "";
    const place = document.getElementById(ID.statusNext);
    if (place && place.textContent !== text) place.textContent = text;
  }
}
