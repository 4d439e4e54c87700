// <cc-sdk>, the softphone's element, and window.ccSdk. It is a thin shell: the phone itself lives in an iframe that the
// server serves, and the two talk over a MessageChannel. Classic script, no build step, one global.
(() => {
  const TAG = "cc-sdk";
  if (customElements.get(TAG)) return;

  const script = document.currentScript ?? document.querySelector('script[src*="sip-sdk.js"]');
  const BASE = new URL(".", script.src);
  // Whose it is: "application:account".
  const TOKEN = /^(?:Bearer\s+)?(([A-Za-z0-9]{10}):.+):[^:\s]+$/;
  const OPTION_TYPES = {
    token: "string",
    noWorkMode: "boolean",
    isRemark: "boolean",
    isInformation: "boolean",
    lang: "string",
  };
  // Carried out, and their arguments checked, in the frame.
  const METHODS =
    "callPhone reConnectWebrtc answerCall rejectCall mute hold sendDtmf transferCall setSeatStatus setRemark setDevices";
  // What the page's --cc-… properties may set; the frame checks their values.
  const THEME = "accent background surface text radius".split(" ");
  const SIGNED_OUT = {
    signedIn: false,
    seatStatus: 1,
    webrtcStatus: 0,
    call: null,
    muted: false,
    held: false,
    folded: false,
    devices: { inputs: [], outputs: [], input: "", output: "", ringer: "" },
  };
  const LOAD_SECONDS = 30;
  const HELLO_SECONDS = 5;
  const REGISTER_SECONDS = 60;
  const COMMAND_SECONDS = 20;
  // The frame inherits the properties, so a change of one, by whatever rule, is a transition there.
  const FOLLOWED = THEME.map((name) => `--cc-${name} 1ms allow-discrete`);
  const HOST_STYLE =
    ":host{display:block;inline-size:var(--cc-width,340px);block-size:var(--cc-height,600px);max-inline-size:100%}iframe{display:block;inline-size:100%;block-size:100%;border:0;border-radius:inherit;color-scheme:normal}:host([placement=floating]){position:fixed;inset:auto 16px 16px auto;z-index:2147483000;max-block-size:calc(100% - 32px);border-radius:16px;overflow:hidden;box-shadow:0 8px 32px #0005}@media print{:host{display:none}}";

  // The one element that works; a second one waits.
  let element = null;
  // The latest register(): a later element starts with it.
  let registration = null;
  // Id of the last call event seen, so that a re-added element misses none and repeats none.
  let since = null;

  // What the frame was asked so far: each answer names its number.
  let asked = 0;

  const failure = (code, reason, message) => Object.assign(new Error(message), { code, reason });
  const notSignedIn = (message) => failure(100200, "not_signed_in", message);
  const invalid = (message) => failure(100216, "invalid_options", message);
  const unreachable = (message) => failure(100206, "unreachable", message);
  const blocked = () =>
    failure(
      100214,
      "frame_blocked",
      `The phone's frame did not answer: it cannot be reached, this page's Content-Security-Policy lacks "frame-src ${BASE.origin}", or ${location.origin} is missing in the application's allowed origins.`,
    );

  const whenParsed = (work) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", work, { once: true });
    else setTimeout(work);
  };

  // Failures reach onHttp as well, so a page may ignore the Promise.
  const reported = (promise) => {
    promise.catch(({ code, reason, message }) => whenParsed(() => element?.emit("onHttp", { code, reason, message })));
    return promise;
  };

  const problemOf = (options) => {
    if (!options || typeof options !== "object") return invalid("register() needs an object of options.");
    const wrong = Object.keys(OPTION_TYPES).find(
      (name) => options[name] != null && typeof options[name] !== OPTION_TYPES[name],
    );
    if (wrong) return invalid(`The option "${wrong}" must be a ${OPTION_TYPES[wrong]}.`);
    if (!options.token) return invalid('The option "token" is required.');
    return TOKEN.test(options.token)
      ? null
      : notSignedIn('The option "token" is no credential of createSdkAuthentication.');
  };

  const registrationOf = (options) => {
    const [, agent, publicId] = options.token.match(TOKEN);
    const made = { id: ++asked, agent, publicId, settled: false };
    made.options = Object.fromEntries(Object.keys(OPTION_TYPES).map((name) => [name, options[name]]));
    made.promise = new Promise((resolve, reject) => {
      made.settle = (error, value) => {
        made.settled = true;
        clearTimeout(made.timer);
        if (error) reject(error);
        else resolve(value);
      };
    });
    made.timer = setTimeout(
      () =>
        made.settle(
          failure(
            100207,
            "no_reply",
            element ? "Signing in took too long." : "There is no <cc-sdk> element in this page.",
          ),
        ),
      REGISTER_SECONDS * 1000,
    );
    return made;
  };

  const register = (options) => {
    const problem = problemOf(options);
    if (problem) return reported(Promise.reject(problem));
    const older = registration;
    registration = registrationOf(options);
    if (older?.agent !== registration.agent) since = null;
    if (older && !older.settled) registration.promise.then((value) => older.settle(null, value), older.settle);
    element?.start();
    return reported(registration.promise);
  };

  class CcSdk extends HTMLElement {
    #sheet = new CSSStyleSheet();
    #frame = null;
    #isReset = false;
    #agent = "";
    #port = null;
    #timer = 0;
    #state = SIGNED_OUT;
    #title = null;
    #pending = new Map();
    #on = {
      event: (message) => {
        since = message.since ?? since;
        this.emit(message.name, message.value);
      },
      result: (message) => this.#settle(message),
      since: (message) => {
        since = message.since;
      },
      state: ({ value }) => {
        this.#state = value;
      },
      size: ({ height }) => this.#resize(height),
      name: ({ text }) => {
        this.#frame.title = text;
      },
      title: ({ text }) => this.#retitle(text),
      notify: (message) => this.#notify(message),
    };

    constructor() {
      super();
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [this.#sheet];
      this.#resize(null);
    }

    connectedCallback() {
      if (element !== this) {
        if (element?.isConnected) {
          console.warn("cc-sdk: a page has one phone; this second <cc-sdk> stays empty.", this);
          return;
        }
        // Replaced in one step, as innerHTML does: this one comes before the other one is told that it went.
        element?.#close();
      }
      element = this;
      if (registration) this.start();
    }

    static observedAttributes = ["theme", "lang", "collapsed"];

    attributeChangedCallback(name) {
      if (this.#port && name === "lang") this.#signIn();
      else if (this.#port) this.#paint();
    }

    // With it, moveBefore() keeps the frame and its call.
    connectedMoveCallback() {}

    disconnectedCallback() {
      if (element !== this) return;
      this.#close();
      element = null;
      document.querySelector(TAG)?.connectedCallback?.();
    }

    /** Signs in with the latest registration: on the open frame where it is the same agent's, else in a new one. */
    start() {
      if (!this.#frame || this.#agent !== registration.agent) this.#load();
      else if (this.#port) this.#signIn();
    }

    emit(name, value) {
      if (name === "onHttp" && value.code)
        console.warn(`cc-sdk ${value.code}: ${value.message} ${BASE}cc/errors#${value.code}`);
      const detail = Object.assign([value], typeof value === "object" ? value : null);
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }

    hangupCall(callback) {
      const answer = this.#ask("hangupCall", []).then(
        () => ({ code: 0, message: "success" }),
        ({ code, reason, message }) => ({ code: 999901, message, reason, cause: code }),
      );
      if (typeof callback === "function") answer.then((result) => setTimeout(callback, 0, result));
      return answer;
    }

    /** Signs out: the widget is empty again until the next register(). Without an answer the frame's end signs out. */
    unregister() {
      const left = registration;
      const leave = () => {
        if (registration !== left) return;
        registration = since = null;
        left?.settle(notSignedIn("Signed out."));
        this.#close();
      };
      return this.#ask("unregister", []).then(leave, leave);
    }

    getState() {
      return { ...this.#state };
    }

    static {
      // A policy that only reports blocks nothing.
      document.addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, blockedURI }) => {
        if (disposition === "enforce" && effectiveDirective === "frame-src" && blockedURI.startsWith(BASE.origin))
          element?.#block();
      });
      for (const name of METHODS.split(" "))
        CcSdk.prototype[name] = function (...values) {
          return reported(this.#ask(name, values));
        };
    }

    #load() {
      this.#close();
      const frame = document.createElement("iframe");
      const url = new URL(`cc/frame/${registration.publicId}`, BASE);
      if (this.#lang) url.searchParams.set("lang", this.#lang);
      frame.allow = "microphone; autoplay; speaker-selection";
      frame.title = "Softphone";
      frame.part = "frame";
      frame.addEventListener("load", () => this.#greet(frame));
      frame.addEventListener("transitionend", () => this.#port && this.#paint());
      frame.src = url.href;
      this.#frame = frame;
      this.#agent = registration.agent;
      this.#resize(registration.options.noWorkMode ? 0 : null);
      this.#timer = setTimeout(() => this.#block(), LOAD_SECONDS * 1000);
      this.shadowRoot.replaceChildren(frame);
    }

    // The port goes to our server's exact origin only; the frame takes it only from an origin that may embed it.
    #greet(frame) {
      if (frame !== this.#frame) return;
      this.#dropPort(unreachable("The phone's frame was loaded anew."));
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = (event) => this.#receive(port1, event.data);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#block(), HELLO_SECONDS * 1000);
      frame.contentWindow.postMessage({ t: "hello" }, BASE.origin, [port2]);
    }

    #receive(port, message) {
      if (message.t === "hello") {
        clearTimeout(this.#timer);
        this.#port = port;
        this.#signIn();
      } else this.#on[message.t]?.(message);
    }

    // Blinks the page's title, and leaves alone what the page itself writes there meanwhile.
    #retitle(text) {
      if (this.#title && document.title === this.#title[1]) document.title = this.#title[0];
      this.#title = text && [document.title, text];
      if (text) document.title = text;
    }

    #notify({ title, body }) {
      if (document.hidden && window.Notification?.permission === "granted")
        new Notification(title, { body, tag: TAG }).onclick = () => window.focus();
    }

    #paint() {
      const style = getComputedStyle(this);
      const theme = Object.fromEntries(THEME.map((name) => [name, style.getPropertyValue(`--cc-${name}`).trim()]));
      theme.scheme = this.getAttribute("theme");
      theme.collapsed = this.hasAttribute("collapsed");
      this.#port.postMessage({ t: "theme", theme });
    }

    #signIn() {
      this.#paint();
      const { id, options } = registration;
      this.#port.postMessage({ t: "register", id, options: { ...options, lang: this.#lang }, since });
    }

    get #lang() {
      return registration.options.lang ?? this.getAttribute("lang") ?? undefined;
    }

    #ask(name, values) {
      if (!this.#port) return Promise.reject(notSignedIn("Call ccSdk.register() first, and wait for its Promise."));
      const id = ++asked;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            this.#settle({
              id,
              error: { code: 100207, reason: "no_reply", message: "The phone did not answer in time." },
            }),
          COMMAND_SECONDS * 1000,
        );
        this.#pending.set(id, { resolve, reject, timer });
        try {
          this.#port.postMessage({ t: "method", id, name, values });
        } catch {
          this.#settle({ id, error: invalid("The arguments must be plain values.") });
        }
      });
    }

    #settle({ id, error, value }) {
      const wrong = error && failure(error.code, error.reason, error.message);
      if (id === registration?.id) return registration.settle(wrong, value);
      const waiting = this.#pending.get(id);
      if (!waiting) return;
      this.#pending.delete(id);
      clearTimeout(waiting.timer);
      if (wrong) waiting.reject(wrong);
      else waiting.resolve(value);
    }

    #resize(height) {
      // A page that resets everything (all: unset) would leave a line of text of us: then our own rules have to win.
      this.#isReset ||= this.#frame && getComputedStyle(this).display === "inline";
      const own = this.#isReset ? HOST_STYLE.replace(/[;}]/g, "!important$&") : HOST_STYLE;
      const compact =
        height === null
          ? ""
          : `:host{block-size:${Number(height)}px!important;min-block-size:0!important${height ? "" : ";border-width:0!important;visibility:hidden"}}`;
      this.#sheet.replaceSync(`${own}iframe{transition:${FOLLOWED}}${compact}`);
    }

    #block() {
      if (!this.#frame) return;
      this.#close();
      if (registration.settled) reported(Promise.reject(blocked()));
      else registration.settle(blocked());
    }

    #dropPort(error) {
      this.#port?.close();
      this.#port = null;
      this.#state = SIGNED_OUT;
      for (const id of this.#pending.keys()) this.#settle({ id, error });
    }

    #close() {
      clearTimeout(this.#timer);
      this.#dropPort(unreachable("The phone was removed from the page."));
      this.#retitle("");
      this.#frame?.remove();
      this.#frame = null;
      this.#resize(null);
    }
  }

  // Click-to-dial, where the page asks for it: tel: links inside an element with data-cc-dial. A click with a modifier key
  // is the browser's, as anywhere; of the link (RFC 3966) the number counts, not its parameters.
  document.addEventListener("click", (event) => {
    const link = element && !event.defaultPrevented && event.target.closest?.("[data-cc-dial] a[href]");
    if (link?.protocol !== "tel:" || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    element.callPhone({ phone: decodeURIComponent(link.href.split(/[:;,?#]\/*/)[1]), info: link.dataset.ccInfo });
  });

  // What the stub of an early page collected; a page that kept the stub goes on calling it.
  const early = window.ccSdk?.q ?? [];
  const take = ([, options]) => register(options);
  window.ccSdk = { register };
  customElements.define(TAG, CcSdk);
  early.forEach(take);
  early.push = take;
})();
