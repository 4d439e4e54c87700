// How the call sounds: the mark beside it, and what to say when one side hears nothing.

import { ID } from "./constants.js";

// ITU-T G.107 annex B: from 4.03 on most are satisfied, under 3.6 many are not.
const FAIR_BELOW = 4;
const POOR_BELOW = 3.6;
// A level is left only well beyond its border, so that the mark does not flicker there.
const MARGIN = 0.1;
const LEVELS = ["poor", "fair", "good"];

export class Quality {
  #told = null;
  #level = "";
  #heard = "";
  #texts;

  constructor(texts) {
    this.#texts = texts;
  }

  /** Takes in what the server says of the call; see onQuality. */
  tell(told) {
    this.#told = told;
    this.#level = levelOf(told, this.#level);
    this.#show();
  }

  /** Shows it in a screen that may be rendered anew; whoever else is heard then begins without a mark. */
  restore({ heard }) {
    if (heard !== this.#heard) {
      this.#told = null;
      this.#level = "";
    }
    this.#heard = heard;
    this.#show();
  }

  /** The verdict where somebody hears nothing, else "". */
  get silence() {
    return this.#level === "none" ? this.#told.verdict : "";
  }

  #show() {
    const mark = document.getElementById(ID.quality);
    if (!mark) return;
    mark.dataset.level = this.#level;
    const place = mark.querySelector("[data-text]");
    const text = this.#told ? this.#words() : "";
    if (place.textContent !== text) place.textContent = text;
    mark.title = text;
  }

  #words() {
    const level = this.#texts.text(`quality_${this.#level}`);
    const named = ["agent_network", "our_server", "carrier"].includes(this.#told.verdict);
    if (!named || this.#level === "good") return level;
    return this.#texts.text("quality_cause", { level, cause: this.#texts.text(`cause_${this.#told.verdict}`) });
  }
}

function levelOf({ mos, verdict }, before) {
  if (verdict.endsWith("_silent")) return "none";
  const now = mos < POOR_BELOW ? "poor" : mos < FAIR_BELOW ? "fair" : "good";
  const step = LEVELS.indexOf(now) - LEVELS.indexOf(before);
  if (!LEVELS.includes(before) || Math.abs(step) !== 1) return now;
  const border = [now, before].includes("good") ? FAIR_BELOW : POOR_BELOW;
  return Math.abs(mos - border) < MARGIN ? before : now;
}
