// Banners that the frame shows by itself, for what the server cannot know: the connection, the microphone, the sound.

import { ID, LEG, LINK } from "./constants.js";
import { focusMain } from "./focus.js";
import { byId } from "./page.js";
import { LIVE } from "./screen.js";

/**
 * What to show in a state of the frame.
 * @returns {{key: string, kind: string, title: string, text: string, action: string, label: string}[]}
 */
export function noticesFor(
  { link, retrySeconds, leg, error, refusal, prompting, soundBlocked, silence, missing, stage },
  texts,
) {
  const text = (key, values) => texts.text(key, values);
  const calm = LIVE.includes(stage) && leg === LEG.up ? text("call_continues") : "";
  if (link === LINK.refused)
    return [notice("refused", "error", text("signed_out"), refusal, "sign_in_again", text("sign_in_again"))];
  if (link === LINK.elsewhere)
    return [notice("elsewhere", "warning", text("elsewhere"), text("elsewhere_why"), "use_here", text("use_here"))];
  if (link === LINK.waiting) {
    const title = retrySeconds > 0 ? text("reconnecting_in", { seconds: retrySeconds }) : text("reconnecting");
    return [
      notice(
        "link",
        "warning",
        title,
        calm || (navigator.onLine ? "" : text("no_network")),
        "retry_link",
        text("retry_now"),
      ),
    ];
  }
  if (prompting) return [notice("prompt", "info", "", text("microphone_prompt"))];
  return [
    ...legNotices(leg, error, stage, text),
    ...soundNotices(soundBlocked, text),
    ...silenceNotices(leg === LEG.up ? silence : "", text),
    ...deviceNotices(missing, text),
  ];
}

function legNotices(leg, error, stage, text) {
  if (leg === LEG.up) return [];
  if (!error) return leg === LEG.connecting ? [notice("leg", "info", "", text("audio_connecting"))] : [];
  // While it is tried again the reason stays, and the button with the focus.
  if (error.reason.startsWith("microphone_"))
    return [notice("leg", "error", "", error.message, "retry_leg", text("retry"))];
  const calm = LIVE.includes(stage) ? text("call_continues") : error.message;
  return [notice("leg", "warning", text("audio_reconnecting"), calm, "retry_leg", text("retry_now"))];
}

function soundNotices(blocked, text) {
  return blocked
    ? [
        notice(
          "sound",
          "warning",
          text("sound_blocked"),
          text("sound_blocked_why"),
          "enable_sound",
          text("enable_sound"),
        ),
      ]
    : [];
}

// An alert: who talks into a dead line should know it at once.
function silenceNotices(verdict, text) {
  return verdict ? [notice("silence", "error", text(verdict), text(`${verdict}_why`))] : [];
}

// The system's default stands in for a device that was chosen and is away.
function deviceNotices(missing, text) {
  return missing.map((name) => notice(`device-${name}`, "warning", "", text("device_missing", { name })));
}

function notice(key, kind, title, text, action = "", label = "") {
  return { key, kind, title, text, action, label };
}

/** Shows a list of notices; an element that stays is changed in place, so its button keeps the focus. */
export class Notices {
  #shown = new Map();
  #root = document.getElementById(ID.local);

  show(list) {
    const keys = new Set(list.map(({ key }) => key));
    for (const [key, element] of this.#shown) if (!keys.has(key)) this.#remove(key, element);
    for (const item of list) this.#put(item);
  }

  #remove(key, element) {
    const held = element.contains(document.activeElement);
    element.remove();
    this.#shown.delete(key);
    if (held) focusMain();
  }

  #put(item) {
    let element = this.#shown.get(item.key);
    if (!element) {
      element = blank();
      element.dataset.key = item.key;
      this.#shown.set(item.key, element);
      this.#root.append(element);
    }
    fill(element, item);
  }
}

function blank() {
  const element = document.createElement("div");
  element.className = "notice";
  const words = document.createElement("p");
  const title = document.createElement("strong");
  title.className = "notice-title";
  words.append(title, " ", document.createElement("span"));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "notice-button";
  element.append(words, button);
  return element;
}

function fill(element, { kind, title, text, action, label }) {
  // Said once: its title may count seconds. An error is an alert by itself.
  if (kind === "warning" && element.dataset.kind !== kind) byId(ID.say).textContent = `${title} ${text}`;
  element.dataset.kind = kind;
  element.setAttribute("role", kind === "error" ? "alert" : "group");
  write(element.querySelector("strong"), title);
  write(element.querySelector("span"), text);
  const button = element.querySelector("button");
  write(button, label);
  button.hidden = !action;
  button.dataset.action = action;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
