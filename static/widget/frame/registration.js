// One register() of the page: it has succeeded when the agent is signed in and the audio leg is up.

import { EVENT, LEG, LINK, SECONDS } from "./constants.js";

export class Registration {
  #id = null;
  #timer = 0;
  #agent = null;
  /** The language that the page asked for, "" = none. */
  lang = "";
  #connection;
  #media;
  #port;
  #texts;

  constructor({ connection, media, port, texts }) {
    this.#connection = connection;
    this.#media = media;
    this.#port = port;
    this.#texts = texts;
    media.addEventListener("leg", () => this.#look());
    media.addEventListener("failed", ({ detail }) => this.fail(detail));
  }

  begin({ id, options, since }) {
    const { token, ...rest } = options;
    this.lang = rest.lang ?? "";
    this.#id = id;
    this.#agent = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.fail(this.#texts.error(this.#lateReason())), SECONDS.register * 1000);
    this.#connection.signIn({ token: token.replace(/^Bearer\s+/, ""), options: rest }, since);
  }

  /** Has the page fetch a new credential, as it does before one ends. */
  askAgain() {
    this.#port.event(EVENT.token, { seconds: 0 });
  }

  get pending() {
    return this.#id !== null;
  }

  /** The server accepted the credential. */
  signedIn(agent) {
    this.#agent = agent;
    this.#look();
  }

  fail(error) {
    if (!this.pending) return;
    const id = this.#take();
    this.#port.failure(id, error);
  }

  #look() {
    if (!this.pending || !this.#agent || this.#media.state !== LEG.up) return;
    const id = this.#take();
    this.#port.result(id, this.#agent);
  }

  #take() {
    const id = this.#id;
    this.#id = null;
    clearTimeout(this.#timer);
    return id;
  }

  #lateReason() {
    if (this.#connection.state !== LINK.ready) return "unreachable";
    return this.#media.state === LEG.up ? "no_reply" : "media_failed";
  }
}
