// The widget folded to a bar: the agent's own choice, which the server keeps; until there is one, the page's attribute
// decides. A call that comes in may open it, and its end folds it again.

import { ID, STAGE, WIRE } from "./constants.js";
import { root } from "./page.js";

export class Fold {
  /** Whether a call that comes in opens it. */
  opensForCalls = true;
  #page = false;
  #openedFor = "";
  #connection;
  #texts;
  #changed;

  /** @param {() => void} changed is called after the widget was folded or opened */
  constructor(connection, texts, changed) {
    this.#connection = connection;
    this.#texts = texts;
    this.#changed = changed;
    document.addEventListener("keydown", (event) => {
      if (event.key === "F2" && !document.querySelector("dialog[open]")) this.toggle();
    });
  }

  get folded() {
    return root.dataset.folded === "yes";
  }

  /** @param {boolean | null} chosen by the agent, on whatever computer; null = never */
  remembered(chosen) {
    this.set(chosen ?? this.#page);
  }

  /** What the page's attribute says now; only a change of it says anything. */
  fromPage(on) {
    if (on !== this.#page) this.set(on);
    this.#page = on;
  }

  toggle() {
    this.set(!this.folded);
    this.#connection.request({ t: WIRE.fold, on: this.folded }).catch(() => {}); // it holds here; the next choice is kept
  }

  set(on) {
    this.#openedFor = "";
    root.dataset.folded = on ? "yes" : "no";
    this.restore();
    this.#changed();
  }

  /** After a swap: the button is new, and a call may have come or gone. */
  look({ stage, live, callId }) {
    if (stage === STAGE.incoming && this.folded && this.opensForCalls) {
      this.set(false);
      this.#openedFor = callId;
    } else if (this.#openedFor && !live && stage !== STAGE.wrapUp) this.set(true);
    this.restore();
  }

  restore() {
    const button = document.getElementById(ID.fold);
    if (!button) return;
    button.ariaLabel = button.title = `${this.#texts.text(this.folded ? "unfold" : "fold")} (F2)`;
  }
}
