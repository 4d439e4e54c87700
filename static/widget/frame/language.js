// The frame's language: its texts come with its page, so another language is that page once more.

import { ID } from "./constants.js";

const root = document.documentElement;

export class Language {
  #loaded;

  /** @param {(page: Document, data: object) => void} loaded takes over what a page in another language says */
  constructor(loaded) {
    this.#loaded = loaded;
  }

  async use({ lang, dir }) {
    if (dir) root.dir = dir;
    if (lang && lang !== root.lang) await this.load(lang);
  }

  /** Loads the texts anew, also where the language stays: an admin may have changed them. */
  async load(lang) {
    root.lang = lang;
    const response = await fetch(`${location.pathname}?lang=${encodeURIComponent(lang)}`, { credentials: "omit" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    this.#loaded(page, JSON.parse(page.getElementById(ID.data).textContent));
  }
}
