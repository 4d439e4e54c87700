// Keeps the keyboard's place across swaps: a swapped-out element must not drop the agent to the top of the page.

import { ID } from "./constants.js";
import { byId } from "./page.js";

export class Focus {
  #place = null;

  /** To be called before a swap. Where the host page has the focus, it is left there. */
  remember() {
    const element = document.activeElement;
    this.#place = document.hasFocus() && element && element !== document.body ? placeOf(element) : null;
  }

  /** To be called after it: back to the same element, else to the main button. */
  restore() {
    if (!this.#place || (document.activeElement && document.activeElement !== document.body)) return;
    const { id, start, end } = this.#place;
    const same = id && byId(id);
    focusMain(id);
    if (same && start !== null) same.setSelectionRange?.(start, end);
  }
}

/** Focuses the main button, or `id` where that is there. */
export function focusMain(id) {
  const places = [id, ID.main, ID.barMain, ID.fold].map(byId);
  places.find((place) => place?.checkVisibility())?.focus({ preventScroll: true });
}

function placeOf({ id, selectionStart = null, selectionEnd = null }) {
  return { id, start: selectionStart, end: selectionEnd };
}
