// The element's methods beyond the first three: their arguments are checked here, so that the script in the customer's
// page stays small. Each returns a Promise; a wrong argument rejects with invalid_options and says what is needed.

import { DEVICE, KIND, LINK, STAGE, WIRE } from "./constants.js";
import { readScreen } from "./screen.js";

const NEXT = Object.freeze({
  complete: WIRE.completeTransfer,
  cancel: WIRE.cancelTransfer,
  swap: WIRE.swapCalls,
});
const CHOOSABLE = [2, 3, 5];
const DIGITS = /^[0-9A-D*#]{1,40}$/i;
const INFO_LIMIT = 1000;
const REMARK_LIMIT = 2000;
const LABEL_LIMITS = { count: 10, characters: 20 };

export class Methods {
  #connection;
  #devices;
  #media;
  #remark;
  #status;
  #texts;
  #leave;

  /** @param {{leave: () => void}} parts `leave` drops audio and socket after signing out */
  constructor({ connection, devices, media, remark, status, texts, leave }) {
    this.#connection = connection;
    this.#devices = devices;
    this.#media = media;
    this.#remark = remark;
    this.#status = status;
    this.#texts = texts;
    this.#leave = leave;
  }

  async call(name, values) {
    if (!NAMES.has(name)) throw this.#texts.error("not_offered");
    return (await this[name](...values)) ?? null;
  }

  async callPhone(options) {
    const { phone, info } = options ?? {};
    if (typeof phone !== "string" || !phone.trim())
      throw this.#texts.error("invalid_number", "callPhone() needs a phone number as a string.");
    this.#demand(typeof (info ?? "") === "string", 'callPhone(): "info" must be a string.');
    const text = [...(info ?? "")].slice(0, INFO_LIMIT).join("");
    const dial = { t: WIRE.dial, phone, info: text.toWellFormed?.() ?? text };
    await this.#media.settled();
    const { callId } = await this.#connection.request(dial);
    return callId;
  }

  async hangupCall() {
    await this.#connection.request({ t: WIRE.hangUp });
  }

  // Not while the phone is in use elsewhere: a page that answers every 0 with this would fight with the other window.
  async reConnectWebrtc() {
    const { state } = this.#connection;
    if (state !== LINK.ready) throw this.#texts.error(state === LINK.refused ? "not_signed_in" : "unreachable");
    await this.#media.connect();
  }

  async answerCall() {
    await this.#connection.request({ t: WIRE.answerCall });
  }

  async rejectCall() {
    await this.#connection.request({ t: WIRE.rejectCall });
  }

  async mute(on = true) {
    this.#demand(typeof on === "boolean", "mute(on): true or false is needed.");
    await this.#connection.request({ t: WIRE.mute, on });
  }

  async hold(on = true) {
    this.#demand(typeof on === "boolean", "hold(on): true or false is needed.");
    await this.#connection.request({ t: WIRE.hold, on });
  }

  /** Beside the two kinds, "complete", "cancel" and "swap" go on with an attended one. */
  async transferCall({ to, type } = {}) {
    const next = NEXT[type];
    if (next) {
      await this.#connection.request({ t: next });
      return;
    }
    this.#demand(Object.hasOwn(KIND, type ?? ""), 'transferCall({to, type}): type "blind" or "attended" is needed.');
    this.#demand(typeof to === "string" && to.trim(), "transferCall({to, type}): to is a number or an account.");
    await this.#connection.request({ t: WIRE.transfer, to, kind: type });
  }

  async sendDtmf(digits) {
    this.#demand(
      typeof digits === "string" && DIGITS.test(digits),
      "sendDtmf(digits): 1 to 40 of 0-9, A-D, * and # are needed.",
    );
    if (![STAGE.talking, STAGE.consulting].includes(readScreen().stage)) throw this.#texts.error("no_such_call");
    await this.#media.press(digits.toUpperCase());
  }

  async setSeatStatus(status) {
    this.#demand(CHOOSABLE.includes(status), "setSeatStatus(status): 2 (idle), 3 (busy) or 5 (short break) is needed.");
    await this.#status.choose(status);
  }

  async setRemark(text, labels) {
    this.#demand(
      typeof text === "string" && text.length <= REMARK_LIMIT,
      `setRemark(text): at most ${REMARK_LIMIT} characters are needed.`,
    );
    this.#demand(
      labels === undefined || areLabels(labels),
      `setRemark(text, labels): labels are a list of at most ${LABEL_LIMITS.count} strings of ${LABEL_LIMITS.characters} characters.`,
    );
    const { callId } = readScreen();
    if (!callId) throw this.#texts.error("no_such_call");
    await this.#remark.write(callId, text, labels);
  }

  async setDevices(wanted) {
    this.#demand(
      wanted && typeof wanted === "object" && Object.keys(wanted).every((kind) => Object.values(DEVICE).includes(kind)),
      "setDevices({input, output, ringer}): ids or labels of devices are needed.",
    );
    await this.#devices.refresh();
    const unknown = Object.keys(wanted).find((kind) => !this.#devices.knows(kind, wanted[kind]));
    this.#demand(!unknown, `setDevices(): there is no device "${wanted[unknown]}". getState().devices lists them.`);
    await this.#devices.choose(wanted);
  }

  async unregister() {
    await this.#remark.flush();
    await this.#connection.request({ t: WIRE.signOut }).catch(() => {}); // the socket's end signs out as well
    this.#leave();
  }

  #demand(holds, message) {
    if (!holds) throw this.#texts.error("invalid_options", message);
  }
}

const NAMES = new Set(
  Object.getOwnPropertyNames(Methods.prototype).filter((name) => !["constructor", "call"].includes(name)),
);

function areLabels(labels) {
  const { count, characters } = LABEL_LIMITS;
  return (
    Array.isArray(labels) &&
    labels.length <= count &&
    labels.every((label) => typeof label === "string" && label.length <= characters)
  );
}
