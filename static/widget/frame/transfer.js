// The transfer panel of a talk: a field for a number or a name, and the colleagues of the group as they are now.
//
// The server sends the list anew whenever somebody's status changes, while the panel is open and not otherwise.

import { ID, KIND, LINK, WIRE } from "./constants.js";
import { byId } from "./page.js";

export class TransferPanel {
  #account = ""; // of the colleague who was chosen, "" = what is typed counts
  #watching = false;
  #connection;
  #texts;

  constructor(connection, texts) {
    this.#connection = connection;
    this.#texts = texts;
    document.addEventListener("input", ({ target }) => target.id === ID.transferTo && this.#typed());
    document.addEventListener("keydown", (event) => this.#key(event));
    connection.addEventListener("link", ({ detail: link }) => {
      if (link !== LINK.ready) this.#watching = false;
      else if (this.#open) this.#watch(true);
    });
  }

  /** By the buttons' data-action. */
  get actions() {
    return {
      transfer_panel: () => this.toggle(),
      colleague: ({ account, name }) => this.#choose(account, name),
      transfer: ({ kind }) => this.#transfer(kind),
      complete_transfer: () => this.#connection.request({ t: WIRE.completeTransfer }),
      cancel_transfer: () => this.#connection.request({ t: WIRE.cancelTransfer }),
      swap_calls: () => this.#connection.request({ t: WIRE.swapCalls }),
    };
  }

  toggle() {
    const panel = byId(ID.transfer);
    panel.hidden = !panel.hidden;
    this.restore();
    if (panel.hidden) byId(ID.transferToggle).focus();
    else byId(ID.transferTo).focus();
  }

  /** After a swap: the list and the button are new, what was typed and chosen is not. */
  restore() {
    this.#watch(this.#open);
    byId(ID.transferToggle)?.setAttribute("aria-expanded", String(this.#open));
    if (this.#open) this.#filter();
    else this.#account = "";
  }

  get #open() {
    const panel = byId(ID.transfer);
    return Boolean(panel) && !panel.hidden;
  }

  #watch(on) {
    if (on === this.#watching) return;
    this.#watching = on;
    this.#connection.request({ t: WIRE.colleagues, on }).catch(() => {}); // a lost connection asks again
  }

  #typed() {
    this.#account = "";
    byId(ID.refusal).textContent = "";
    this.#filter();
    this.#say();
  }

  #choose(account, name) {
    this.#account = account;
    byId(ID.transferTo).value = name;
    byId(ID.refusal).textContent = "";
    this.#filter();
  }

  // A chosen name filters nothing: the others stay there to be chosen instead.
  #filter() {
    const wanted = this.#account ? "" : folded(byId(ID.transferTo).value);
    for (const row of rows()) {
      const { account, name } = row.dataset;
      row.hidden = !folded(`${name} ${account}`).includes(wanted);
      row.setAttribute("aria-pressed", String(account === this.#account));
    }
  }

  #say() {
    const count = rows().filter((row) => !row.hidden).length;
    byId(ID.colleaguesFound).textContent = this.#texts.text("colleagues_found", { count });
  }

  async #transfer(kind) {
    const field = byId(ID.transferTo);
    const to = this.#account || field.value.trim();
    if (!to) {
      field.focus();
      throw this.#texts.error("invalid_number", this.#texts.text("transfer_to_whom"));
    }
    await this.#connection.request({ t: WIRE.transfer, to, kind });
    if (kind === KIND.blind && this.#open) this.toggle();
  }

  // Up and down walk through the list, Enter in the field asks first, Escape closes.
  #key(event) {
    if (!this.#open || !byId(ID.transfer).contains(event.target)) return;
    if (event.key === "Escape") this.toggle();
    else if (event.key === "ArrowDown") this.#step(event.target, 1);
    else if (event.key === "ArrowUp") this.#step(event.target, -1);
    else if (event.key === "Enter" && event.target.id === ID.transferTo) this.#first()?.click();
    else return;
    event.preventDefault();
  }

  #first() {
    return byId(ID.transferAttended) ?? byId(ID.transferBlind);
  }

  #step(from, by) {
    const places = [byId(ID.transferTo), ...rows().filter((row) => !row.hidden)];
    const place = places.indexOf(from) + by;
    places[Math.min(Math.max(place, 0), places.length - 1)].focus();
  }
}

function rows() {
  return [...document.querySelectorAll(`#${ID.colleagues} [data-account]`)];
}

// Without case and accents, as people type.
function folded(text) {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .trim();
}
