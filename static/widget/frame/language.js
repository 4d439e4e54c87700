// The frame's language: its texts come with its page, so another language is that page once more.

import { ID } from "./constants.js";
import { root } from "./page.js";

export class Language {
  #loaded;
  #told = "";

  /** @param {(page: Document, data: object) => void} loaded takes over what a page in another language says */
  constructor(loaded) {
    this.#loaded = loaded;
  }

  /** @param {string} asked what the page passed to register(), "" = nothing */
  async use({ lang, dir }, asked = "") {
    if (asked.toLowerCase() !== lang?.toLowerCase()) this.#tell(asked, lang);
    if (dir) root.dir = dir;
    if (lang && lang !== root.lang) await this.load(lang);
  }

  // Once for each language: a page that renews its credential asks for the same again.
  #tell(asked, shown) {
    if (!asked || this.#told === asked) return;
    this.#told = asked;
    console.warn(`cc-sdk: the language "${asked}" is not offered here; "${shown}" is shown.`);
  }

  /** Loads the texts anew, also where the language stays: an admin may have changed them. */
  async load(lang) {
    root.lang = lang;
    const response = await fetch(`${location.pathname}?lang=${encodeURIComponent(lang)}`, { credentials: "omit" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    this.#loaded(page, JSON.parse(page.getElementById(ID.data).textContent));
  }
}
