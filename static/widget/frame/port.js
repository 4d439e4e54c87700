// The frame's side of the MessageChannel with the element.

import { EVENT, PORT } from "./constants.js";

/** Fires "message" (detail: the element's message). */
export class Port extends EventTarget {
  #port = null;
  #accepts;

  /** @param {(origin: string) => boolean} accepts says whether a page of that origin may embed the frame */
  constructor(accepts) {
    super();
    this.#accepts = accepts;
    window.addEventListener("message", (event) => this.#greet(event));
  }

  // frame-ancestors keeps strangers from framing us; the origin is checked here as well, for it gets the call events.
  #greet(event) {
    if (event.source !== window.parent || window.parent === window) return;
    if (!this.#accepts(event.origin) || event.data?.t !== PORT.hello || event.ports.length !== 1) return;
    this.#port?.close();
    this.#port = event.ports[0];
    this.#port.onmessage = ({ data }) => this.dispatchEvent(new CustomEvent("message", { detail: data }));
    this.#post({ t: PORT.hello });
    this.name(document.title);
  }

  event(name, value, since) {
    this.#post({ t: PORT.event, name, value, since });
  }

  http(error) {
    this.event(EVENT.http, { code: error.code, reason: error.reason, message: error.message });
  }

  result(id, value) {
    this.#post({ t: PORT.result, id, value });
  }

  failure(id, error) {
    this.#post({ t: PORT.result, id, error: { code: error.code, reason: error.reason, message: error.message } });
  }

  since(eventId) {
    this.#post({ t: PORT.since, since: eventId });
  }

  /** @param {number | null} height of a compact widget in CSS pixels, null = the element's own size */
  size(height) {
    this.#post({ t: PORT.size, height });
  }

  /** What getState() returns from now on. */
  state(value) {
    this.#post({ t: PORT.state, value });
  }

  /** What a screen reader calls the phone in the customer's page. */
  name(text) {
    this.#post({ t: PORT.name, text });
  }

  /** @param {string} text for the page's title, "" = the page's own */
  title(text) {
    this.#post({ t: PORT.title, text });
  }

  notify(title, body) {
    this.#post({ t: PORT.notify, title, body });
  }

  #post(message) {
    this.#port?.postMessage(message);
  }
}
