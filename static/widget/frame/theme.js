// How the widget looks: light or dark and the accent as the mode says, and what the page's --cc-… properties set.

const TYPES = Object.freeze({
  accent: "color",
  background: "color",
  surface: "color",
  text: "color",
  radius: "border-radius",
});
const LONGEST = 80;
const SCHEMES = ["light", "dark", "auto"];

export class Theme {
  #page = {};
  #mode = {};
  #root = document.documentElement;

  /** @param {Object<string, string>} values of the page's properties; what is not allowed is left out */
  fromPage(values = {}) {
    this.#page = Object.fromEntries(Object.keys(TYPES).map((name) => [name, allowed(name, values[name])]));
    this.#page.scheme = SCHEMES.includes(values.scheme) ? values.scheme : "";
    for (const name of ["background", "surface", "text", "radius"]) this.#set(name, this.#page[name]);
    this.fromMode(this.#mode);
  }

  /** The server saw to it that the mode's accent is readable on white; half mixed with white, any is on the dark ground. */
  fromMode(mode) {
    this.#mode = mode;
    const { theme = "auto", accent = "" } = mode;
    this.#root.dataset.theme = this.#page.scheme || theme;
    const mixed = accent && `light-dark(${accent}, color-mix(in srgb, ${accent} 45%, white))`;
    const shown = this.#page.accent || mixed;
    this.#set("accent", shown);
    this.#set("accent-soft", shown && `color-mix(in srgb, ${this.#page.accent || accent} 10%, var(--background))`);
  }

  #set(name, value) {
    this.#root.style.setProperty(`--${name}`, value ?? ""); // an empty value takes the property away again
  }
}

// The page is trusted with its own look only: no address may be loaded, no rule may be closed.
function allowed(name, value) {
  if (typeof value !== "string" || value.length > LONGEST || /url\(|var\(|[;{}]/i.test(value)) return "";
  return CSS.supports(TYPES[name], value) ? value : "";
}
