// The number field with its pad, and the keypad of a talk.

import { ID, NAME_LIMIT, NUMBER_LIMIT, SECONDS } from "./constants.js";

// Digits that make a text with letters a number with words around it, not a name.
const SHORTEST_NUMBER = 7;

/** Keeps what a phone number is made of; a leading + survives. */
export function cleaned(text) {
  const plus = /^\D*\+/.test(text) ? "+" : "";
  return plus + text.replace(/[^0-9*#]/g, "").slice(0, NUMBER_LIMIT);
}

/** What the field may hold: a number, or a name to look for. */
function searched(text) {
  const isName = /\p{L}/u.test(text) && text.replace(/\D/g, "").length < SHORTEST_NUMBER;
  return isName ? text.slice(0, NAME_LIMIT) : cleaned(text);
}

export class Dialpad {
  #typed = "";
  #last = "";
  #send;
  #search;
  #pressTimer = 0;
  #longPressed = false;

  /** @param {(key: string) => Promise<void>} send towards the far end of a call; rejects where a key did not go */
  constructor(send, search) {
    this.#send = send;
    this.#search = search;
    document.addEventListener("input", (event) => event.target.id === ID.number && this.#edited(event));
    document.addEventListener("paste", (event) => this.#paste(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", (event) => this.#press(event));
    for (const name of ["pointerup", "pointercancel"])
      document.addEventListener(name, () => clearTimeout(this.#pressTimer));
  }

  /** The number to dial; an empty field first gets the last number back, as phones do. */
  take() {
    if (!this.#typed && this.#last) {
      this.#write(this.#last);
      return "";
    }
    return this.#typed;
  }

  dialled() {
    this.#last = this.#typed;
    this.#change("");
  }

  /** Puts the typed number back into a field that was rendered anew. */
  restore() {
    if (this.#field) this.#write(this.#typed);
    this.#search.restore();
    this.#markKeypad();
  }

  digit(key) {
    if (!this.#consumeLongPress()) this.#insert(key);
  }

  erase() {
    if (!this.#consumeLongPress()) this.#change(this.#typed.slice(0, -1));
  }

  async tone(key) {
    await this.#send(key);
    const tones = document.getElementById(ID.tones);
    tones.textContent = (tones.textContent + key).slice(-NUMBER_LIMIT);
  }

  toggleKeypad() {
    const panel = document.getElementById(ID.keypad);
    if (!panel) return;
    panel.hidden = !panel.hidden;
    this.#markKeypad();
  }

  #markKeypad() {
    const panel = document.getElementById(ID.keypad);
    if (panel) document.getElementById(ID.keypadToggle).setAttribute("aria-expanded", String(!panel.hidden));
  }

  get #field() {
    return document.getElementById(ID.number);
  }

  #insert(text) {
    const field = this.#field;
    const focused = document.activeElement === field;
    const [start, end] = focused
      ? [field.selectionStart, field.selectionEnd]
      : [this.#typed.length, this.#typed.length];
    this.#change(this.#typed.slice(0, start) + text + this.#typed.slice(end));
    field.setSelectionRange(start + text.length, start + text.length);
  }

  // While a syllable is composed the field is the keyboard's alone.
  #edited({ target, isComposing }) {
    if (isComposing) this.#typed = target.value;
    else this.#change(target.value);
    this.#search.look(this.#typed);
  }

  #change(text) {
    this.#write(text);
    this.#search.look("");
    document.getElementById(ID.refusal).textContent = "";
  }

  #write(text) {
    this.#typed = searched(text);
    const field = this.#field;
    if (!field) return;
    if (field.value !== this.#typed) field.value = this.#typed;
    document.getElementById(ID.erase).hidden = !this.#typed;
  }

  #paste(event) {
    if (!this.#field || isText(event.target) || event.target === this.#field) return;
    event.preventDefault();
    this.#insert(cleaned(event.clipboardData.getData("text")));
  }

  // The keyboard dials wherever the focus is, except in a text of the agent's own.
  #key(event) {
    if (isText(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.documentElement.dataset.folded === "yes") return;
    if (this.#field) this.#typeInto(event);
    else if (/^[0-9*#]$/.test(event.key)) this.#typeTone(event);
  }

  #typeInto(event) {
    const inField = event.target === this.#field;
    if (inField && this.#search.key(event.key)) event.preventDefault();
    else if (inField && event.key === "Enter") document.getElementById(ID.main).click();
    else if (inField && event.key === "Escape") this.#change("");
    else if (!inField && /^[0-9*#+]$/.test(event.key)) this.#insert(event.key);
    else if (!inField && event.key === "Backspace") this.#change(this.#typed.slice(0, -1));
    else return;
    event.preventDefault();
  }

  #typeTone(event) {
    const panel = document.getElementById(ID.keypad);
    if (!panel || event.repeat) return;
    if (panel.hidden) this.toggleKeypad();
    this.tone(event.key).catch(() => {}); // a key that did not go is not shown
  }

  // Holding 0 types +, holding the erase key clears.
  #press(event) {
    this.#longPressed = false;
    clearTimeout(this.#pressTimer);
    const { action, key } = event.target.closest?.("[data-action]")?.dataset ?? {};
    const work = { "digit-0": () => this.#insert("+"), "erase-": () => this.#change("") }[`${action}-${key ?? ""}`];
    if (!work) return;
    this.#pressTimer = setTimeout(() => {
      this.#longPressed = true;
      work();
    }, SECONDS.longPress * 1000);
  }

  #consumeLongPress() {
    const was = this.#longPressed;
    this.#longPressed = false;
    return was;
  }
}

function isText(element) {
  return element.closest?.(`textarea, dialog, #${ID.transfer}`);
}
