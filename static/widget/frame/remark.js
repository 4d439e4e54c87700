// The remark and its labels: saved by itself shortly after the last key, on leaving the field and on leaving the page. What the server
// has not confirmed is kept and sent again after a reconnect; nothing typed is lost.

import { ID, LINK, SECONDS, WIRE } from "./constants.js";

export class Remark {
  #unsaved = new Map(); // call id → text
  #sent = new Map(); // call id → text and labels under way
  #labels = new Map(); // call id → labels that were chosen
  #states = new Map(); // call id → key of the mark's text, "" = none
  #timer = 0;
  #connection;
  #texts;

  constructor(connection, texts) {
    this.#connection = connection;
    this.#texts = texts;
    document.addEventListener("input", ({ target }) => target.id === ID.remark && this.#edited(target));
    document.addEventListener("focusout", ({ target }) => target.id === ID.remark && this.flush());
    window.addEventListener("pagehide", () => this.flush());
    // Without the server a page that goes takes the text along: the browser asks first.
    window.addEventListener("beforeunload", (event) => {
      if (this.#unsaved.size && connection.state !== LINK.ready) event.preventDefault();
    });
  }

  /** Sends what is unsaved now; resolves when the server has answered all of it. */
  async flush() {
    clearTimeout(this.#timer);
    await Promise.allSettled([...this.#unsaved].map(([callId, text]) => this.#save(callId, text)));
  }

  /** Writes for the page: into the field where it is shown, and to the server either way. */
  async write(callId, text, labels) {
    if (labels) this.#labels.set(callId, labels);
    this.#unsaved.set(callId, text);
    this.restore();
    await this.#request(callId, text, this.#labels.get(callId));
    this.#saved(callId, text, this.#labels.get(callId));
  }

  /** Turns one label on or off. */
  toggle(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    const chosen = [...button.parentElement.children].filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const field = document.getElementById(ID.remark);
    this.#labels.set(
      field.dataset.callId,
      chosen.map((chip) => chip.dataset.label),
    );
    this.#edited(field);
  }

  /** Whether a remark is asked for and none is written. */
  get missing() {
    const field = document.getElementById(ID.remark);
    return field?.getAttribute("aria-required") === "true" && !field.value.trim();
  }

  /** Puts unsaved text back into a field that was rendered anew. */
  restore() {
    const field = document.getElementById(ID.remark);
    if (!field) return;
    const text = this.#unsaved.get(field.dataset.callId);
    if (text !== undefined && field.value !== text) field.value = text;
    this.#showLabels(this.#labels.get(field.dataset.callId));
    this.#showMark();
  }

  #showLabels(labels) {
    if (!labels) return;
    for (const chip of document.querySelectorAll("[data-label]"))
      chip.setAttribute("aria-pressed", String(labels.includes(chip.dataset.label)));
  }

  #edited(field) {
    this.#unsaved.set(field.dataset.callId, field.value);
    this.#mark(field.dataset.callId, "");
    this.#flushLater();
  }

  #flushLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SECONDS.remarkDelay * 1000);
  }

  async #save(callId, text) {
    const labels = this.#labels.get(callId);
    const note = JSON.stringify([text, labels]);
    if (this.#sent.get(callId) === note) return;
    this.#sent.set(callId, note);
    this.#mark(callId, "saving");
    try {
      await this.#request(callId, text, labels);
      this.#saved(callId, text, labels);
    } catch (error) {
      this.#mark(callId, "unsaved");
      if (error.reason === "no_reply") this.#flushLater();
    } finally {
      if (this.#sent.get(callId) === note) this.#sent.delete(callId);
    }
  }

  #request(callId, text, labels) {
    return this.#connection.request({ t: WIRE.remark, call_id: callId, text, labels });
  }

  #saved(callId, text, labels) {
    if (this.#unsaved.get(callId) !== text || this.#labels.get(callId) !== labels) return; // went on meanwhile
    this.#unsaved.delete(callId);
    this.#mark(callId, "saved");
  }

  #mark(callId, state) {
    this.#states.set(callId, state);
    this.#showMark();
  }

  #showMark() {
    const field = document.getElementById(ID.remark);
    const state = this.#states.get(field?.dataset.callId);
    if (state === undefined) return;
    const mark = document.getElementById(ID.remarkMark);
    mark.dataset.state = state;
    mark.textContent = state && this.#texts.text(state);
  }
}
