// The log of the page: newest first, everything shown as text.
const KEPT = 200;
const list = document.getElementById("log");

document.getElementById("clear-log").addEventListener("click", () => list.replaceChildren());

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function now() {
  return new Date().toISOString().slice(11, 23);
}

/** One line of JSON with blanks, so that it may wrap. */
function shown(value) {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 1).replace(/\n */g, " ");
}

function add(kind, name, value) {
  const entry = document.createElement("li");
  entry.className = kind;
  entry.dataset.name = name;
  entry.append(part("time", now()), part("b", name), part("code", shown(value)));
  list.prepend(entry);
  while (list.children.length > KEPT) list.lastElementChild.remove();
}

/** Something that the element told the page. */
export function logEvent(name, value) {
  add("event", name, value);
}

/** Something that the page did. */
export function logPage(name, value) {
  add("page", name, value);
}
