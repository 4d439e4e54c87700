// Ticking clocks: every <time> with data-since counts up, with data-until down, against the server's clock.

const PERIOD_MILLISECONDS = 250;

export class Timers {
  #offset = 0;

  constructor() {
    setInterval(() => this.tick(), PERIOD_MILLISECONDS);
  }

  /** Sets our clock by the server's: agents' computers are often minutes off. */
  set serverNow(now) {
    const instant = typeof now === "number" ? now : Date.parse(now);
    if (Number.isFinite(instant)) this.#offset = instant - Date.now();
  }

  /** The server's time, in milliseconds since the epoch. */
  get now() {
    return Date.now() + this.#offset;
  }

  tick() {
    const { now } = this;
    for (const clock of document.querySelectorAll("time[data-since], time[data-until]")) {
      const { since, until } = clock.dataset;
      const seconds = since ? Math.floor((now - since) / 1000) : Math.ceil((until - now) / 1000);
      const text = written(Math.max(0, seconds));
      if (clock.textContent !== text) clock.textContent = text;
    }
  }
}

function written(seconds) {
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
