// The idle screen's two views, keypad and recent calls: the agent's choice outlasts every new rendering.

const PAD = "pad";

export class Tabs {
  #chosen = PAD;

  show(name) {
    this.#chosen = name;
    this.restore();
  }

  restore() {
    const tabs = [...document.querySelectorAll("[data-tab]")];
    if (!tabs.length) return;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.tab === this.#chosen));
    for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== this.#chosen;
  }
}

/** Writes each moment in the agent's language: the time of day, and the date where it is not today's. */
export function writeMoments(language) {
  const today = new Date().toDateString();
  for (const place of document.querySelectorAll("time[data-at]")) {
    const at = new Date(Number(place.dataset.at));
    const day = at.toDateString() === today ? {} : { day: "numeric", month: "short" };
    place.dateTime = at.toISOString();
    place.textContent = at.toLocaleString(language, { hour: "numeric", minute: "2-digit", ...day });
  }
}
