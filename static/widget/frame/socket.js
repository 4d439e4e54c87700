// The one connection to the server, handed to htmx's ws extension in place of a WebSocket of its own.
//
// The extension reconnects on some close codes only, replays what it queued, and knows no sign-in. So it sees a socket
// that never closes and carries the HTML messages; this class signs in first, reconnects after every close but a
// refusal, and never repeats a command: a repeated "dial" would be a second call.

import { Backoff } from "./backoff.js";
import { CLOSE, LINK, SECONDS, WIRE } from "./constants.js";

export class Connection extends EventTarget {
  // What the ws extension reads of a WebSocket.
  OPEN = WebSocket.OPEN;
  readyState = WebSocket.OPEN;

  state = LINK.idle;
  /** When the lost server is tried next; in the past while it is tried, 0 while it is not lost. */
  retryAt = 0;
  #url = "";
  #socket = null;
  #credential = null;
  #before = null; // the credential before that, should the server not take it
  #since = null; // where the server shall go on
  #delivered = null; // the last event that the page got
  #waiting = new Map();
  #backoff = new Backoff();
  #retryTimer = 0;
  #pingTimer = 0;
  #texts;

  constructor(texts) {
    super();
    this.#texts = texts;
    window.addEventListener("online", () => this.state === LINK.waiting && this.retryNow());
  }

  /** Called by the ws extension with the address of the element's `ws-connect`. */
  attach(url) {
    this.#url = url;
    return this;
  }

  /** Signs in: on the open socket where there is one, which renews credential and options under a live call. */
  signIn(credential, since) {
    this.#before = this.#credential;
    this.#credential = credential;
    this.#since ??= since;
    this.#delivered ??= since;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#authenticate();
    else if (this.#socket?.readyState !== WebSocket.CONNECTING) this.retryNow();
  }

  /** Notes a call event and says whether it is new: after a reconnect the server may repeat some. */
  isNew(eventId) {
    if (this.#delivered !== null && eventId <= this.#delivered) return false;
    this.#since = eventId;
    this.#delivered = eventId;
    return true;
  }

  retryNow() {
    if (!this.#credential) return;
    clearTimeout(this.#retryTimer);
    this.#retire(this.#socket);
    this.#open();
  }

  /** Sends one message if the server is there; the caller must not repeat it blindly. */
  send(message) {
    if (this.state !== LINK.ready || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
    return true;
  }

  /** Sends a command and resolves with the server's reply to it, or rejects with a CcError. */
  request(message, seconds = SECONDS.command) {
    const id = newId();
    return new Promise((resolve, reject) => {
      if (!this.send({ ...message, id })) {
        reject(this.#texts.error(this.#refusal()));
        return;
      }
      const timer = setTimeout(() => this.#fail(id, "no_reply"), seconds * 1000);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** For the ws extension, which closes its socket when its element goes. */
  close() {
    clearTimeout(this.#retryTimer);
    this.#credential = null;
    this.#retire(this.#socket);
    this.#enter(LINK.idle);
  }

  #refusal() {
    return [LINK.refused, LINK.idle, LINK.elsewhere].includes(this.state) ? "not_signed_in" : "unreachable";
  }

  #open() {
    this.retryAt &&= 1;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#enter(LINK.connecting);
    socket.addEventListener("open", () => this.#authenticate());
    socket.addEventListener("message", (event) => socket === this.#socket && this.#receive(event.data));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#closed(event.code));
  }

  // Nothing may be sent before this and nothing may be awaited in front of it: the server takes the first message.
  #authenticate() {
    const { token, options } = this.#credential;
    this.#socket.send(JSON.stringify({ t: WIRE.auth, token, options, since: this.#since }));
    this.#keepAlive();
  }

  #receive(data) {
    const message = parsed(data);
    this.#keepAlive();
    if (!message) this.dispatchEvent(new MessageEvent("message", { data }));
    else if ([WIRE.result, WIRE.answer, WIRE.pong].includes(message.t)) this.#settle(message);
    else this.#deliver(message);
  }

  #deliver(message) {
    if (message.t === WIRE.ready) {
      this.#backoff.reset();
      this.retryAt = 0;
      this.#since ??= message.since;
      this.#enter(LINK.ready);
    } else if (message.t === WIRE.refused && message.stays) this.#credential = this.#before;
    else if (message.t === WIRE.refused) {
      this.#retire(this.#socket);
      this.#enter(LINK.refused);
    }
    this.dispatchEvent(new CustomEvent("wire", { detail: message }));
  }

  #settle(message) {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.ok === false) waiting.reject(this.#asError(message));
    else waiting.resolve(message);
  }

  #asError({ code, reason, message }) {
    return Object.assign(this.#texts.error(reason, message), { code });
  }

  #fail(id, reason) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.reject(this.#texts.error(reason));
  }

  #closed(code) {
    this.#retire(this.#socket);
    if (code === CLOSE.elsewhere) this.#enter(LINK.elsewhere);
    else if (code === CLOSE.refused) this.#enter(LINK.refused);
    else this.#wait();
  }

  #wait() {
    const seconds = this.#backoff.next();
    this.retryAt = Date.now() + seconds * 1000;
    this.#retryTimer = setTimeout(() => this.retryNow(), seconds * 1000);
    this.#enter(LINK.waiting);
  }

  #retire(socket) {
    clearTimeout(this.#pingTimer);
    this.#socket = null;
    socket?.close(CLOSE.ours);
    for (const id of [...this.#waiting.keys()]) this.#fail(id, "unreachable");
  }

  // A silent network drops no connection: ask after a quiet while, and give up when nothing at all comes back.
  #keepAlive() {
    clearTimeout(this.#pingTimer);
    this.#pingTimer = setTimeout(() => {
      this.send({ t: WIRE.ping, id: newId() });
      this.#pingTimer = setTimeout(() => this.#closed(0), SECONDS.pong * 1000);
    }, SECONDS.ping * 1000);
  }

  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("link", { detail: state }));
  }
}

export const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

function parsed(data) {
  if (!data.startsWith("{")) return null;
  try {
    const value = JSON.parse(data);
    return typeof value.t === "string" ? value : null;
  } catch {
    return null;
  }
}
