// What the number field finds while somebody types into it: recent calls and colleagues, listed by the server in place
// of the pad. The field keeps the focus; the arrow keys choose (WAI-ARIA, combobox with a listbox).

import { ID, SECONDS, WIRE } from "./constants.js";
import { byId } from "./page.js";

export class Search {
  #text = "";
  #timer = 0;
  #connection;
  #texts;

  constructor(connection, texts) {
    this.#connection = connection;
    this.#texts = texts;
  }

  /** @param {string} text that was typed, "" = show the pad */
  look(text) {
    this.#text = text.trim();
    clearTimeout(this.#timer);
    if (this.#text) this.#timer = setTimeout(() => this.#ask(), SECONDS.search * 1000);
    else this.restore();
  }

  /** After a swap. What comes late, for a text that is gone, stays hidden. */
  restore() {
    const list = byId(ID.found);
    if (!list) return;
    list.hidden = !this.#text || !list.children.length;
    this.#mark(this.#chosen);
  }

  /** A key in the field; true when it was for the list. */
  key(key) {
    if (!byId(ID.found).hidden && key === "Escape") this.look("");
    else if (byId(ID.found).hidden) return false;
    else if (key === "ArrowDown") this.#step(1);
    else if (key === "ArrowUp") this.#step(-1);
    else if (key === "Enter" && this.#chosen) this.#chosen.click();
    // A name cannot be dialled: the first who fits is chosen, and the next Enter calls.
    else if (key === "Enter" && /\p{L}/u.test(this.#text)) this.#step(1);
    else return false;
    return true;
  }

  async #ask() {
    const text = this.#text;
    try {
      await this.#connection.request({ t: WIRE.search, text });
    } catch {
      return; // without the server nothing is found, and the number can be typed all the same
    }
    if (text !== this.#text) return;
    const count = byId(ID.found)?.children.length ?? 0;
    if (byId(ID.foundCount))
      byId(ID.foundCount).textContent = this.#texts.text(count ? "found" : "found_nothing", { count });
  }

  get #chosen() {
    return byId(ID.found).querySelector("[aria-selected=true]");
  }

  #step(by) {
    const options = [...byId(ID.found).children];
    const place = options.indexOf(this.#chosen) + by;
    this.#mark(options[Math.min(Math.max(place, by < 0 ? -1 : 0), options.length - 1)]);
  }

  #mark(chosen) {
    const list = byId(ID.found);
    for (const option of list.children) option.ariaSelected = String(option === chosen);
    const field = byId(ID.number);
    field.ariaExpanded = String(!list.hidden);
    field.setAttribute("aria-activedescendant", list.hidden ? "" : (chosen?.id ?? ""));
    chosen?.scrollIntoView({ block: "nearest" });
  }
}
