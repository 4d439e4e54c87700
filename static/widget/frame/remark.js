// The remark: saved by itself shortly after the last key, on leaving the field and on leaving the page. What the server
// has not confirmed is kept and sent again after a reconnect; nothing typed is lost.

import { ID, SECONDS, WIRE } from "./constants.js";

export class Remark {
  #unsaved = new Map(); // call id → text
  #sent = new Map(); // call id → text under way
  #timer = 0;
  #connection;
  #texts;

  constructor(connection, texts) {
    this.#connection = connection;
    this.#texts = texts;
    document.addEventListener("input", ({ target }) => target.id === ID.remark && this.#edited(target));
    document.addEventListener("focusout", ({ target }) => target.id === ID.remark && this.flush());
    window.addEventListener("pagehide", () => this.flush());
  }

  /** Sends what is unsaved now; resolves when the server has answered all of it. */
  async flush() {
    clearTimeout(this.#timer);
    await Promise.allSettled([...this.#unsaved].map(([callId, text]) => this.#save(callId, text)));
  }

  /** Puts unsaved text back into a field that was rendered anew. */
  restore() {
    const field = document.getElementById(ID.remark);
    if (!field) return;
    const text = this.#unsaved.get(field.dataset.callId);
    if (text !== undefined && field.value !== text) field.value = text;
    this.#mark(field.dataset.callId);
  }

  #edited(field) {
    this.#unsaved.set(field.dataset.callId, field.value);
    this.#mark(field.dataset.callId);
    this.#flushLater();
  }

  #flushLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SECONDS.remarkDelay * 1000);
  }

  async #save(callId, text) {
    if (this.#sent.get(callId) === text) return;
    this.#sent.set(callId, text);
    try {
      await this.#connection.request({ t: WIRE.remark, call_id: callId, text });
      if (this.#unsaved.get(callId) === text) this.#unsaved.delete(callId);
    } catch (error) {
      if (error.reason === "no_reply") this.#flushLater();
      throw error;
    } finally {
      if (this.#sent.get(callId) === text) this.#sent.delete(callId);
      this.#mark(callId);
    }
  }

  #mark(callId) {
    const field = document.getElementById(ID.remark);
    if (field?.dataset.callId !== callId) return;
    const mark = document.getElementById(ID.remarkMark);
    const state = this.#state(callId, mark.dataset.state);
    mark.dataset.state = state;
    mark.textContent = state && this.#texts.text(state);
  }

  #state(callId, before) {
    if (this.#sent.has(callId)) return "saving";
    if (this.#unsaved.has(callId)) return before === "saving" ? "unsaved" : before === "unsaved" ? "unsaved" : "";
    return before ? "saved" : "";
  }
}
