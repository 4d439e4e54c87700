// Which microphone, speaker and ringer are used. The agent's wish is kept by the server; while its device is away the
// system's default stands in, and the device is taken again as soon as it is back.

import { DEVICE, WIRE } from "./constants.js";

const KINDS = Object.freeze(Object.values(DEVICE));
// Chromium lists the system's choice under these ids as well; ours is "no device chosen".
const ALIASES = ["", "default", "communications"];
const LIMIT = 200;

/** Fires "changed" after devices came or went or were chosen, "back" (detail: label) when a missing one is used again. */
export class Devices extends EventTarget {
  #wish = {}; // kind → {id, label}
  #used = {}; // kind → id in use, "" = the system's default
  #missing = new Map(); // kind → label
  #list = [];
  #work = Promise.resolve();
  #connection;
  #microphone;
  #sound;

  constructor({ connection, microphone, sound }) {
    super();
    this.#connection = connection;
    this.#microphone = microphone;
    this.#sound = sound;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.refresh());
  }

  /** What the server remembers, before anything is opened: the microphone then opens once and is the right one. */
  remembered(devices) {
    this.#wish = devices ?? {};
    this.#microphone.prefer(this.#wish[DEVICE.input]?.id ?? "");
  }

  /** Looks what is there now and uses what is wished for; one look at a time. */
  refresh() {
    this.#work = this.#work.then(() => this.#look()).catch(() => {}); // a device that cannot be opened leaves the old one
    return this.#work;
  }

  /** Changes some kinds, `{kind: id or label, "" = default}`, and has the server remember; throws what the browser says. */
  async choose(wanted) {
    const before = this.#wish;
    this.#wish = { ...before, ...this.#found(wanted) };
    try {
      await this.#work;
      await this.#look();
    } catch (error) {
      this.#wish = before;
      await this.refresh();
      throw error;
    }
    await this.#connection.request({ t: WIRE.devices, devices: this.#wish });
  }

  /** Whether `wanted` names a device of that kind by id or label, or the default. */
  knows(kind, wanted) {
    return wanted === "" || this.of(kind).some(({ id, label }) => id === wanted || label === wanted);
  }

  /** @returns {{id: string, label: string}[]} the devices of a kind; the ringer's are the speaker's */
  of(kind) {
    const wanted = kind === DEVICE.input ? "audioinput" : "audiooutput";
    return this.#list
      .filter((device) => device.kind === wanted && device.label && !ALIASES.includes(device.deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId.slice(0, LIMIT), label: label.slice(0, LIMIT) }));
  }

  /** The id in use, "" = the system's default. */
  used(kind) {
    return this.#used[kind] ?? "";
  }

  /** Labels of devices that were chosen and are away. */
  get missing() {
    return [...new Set(this.#missing.values())];
  }

  /** For getState(). */
  get plain() {
    return {
      inputs: this.of(DEVICE.input),
      outputs: this.of(DEVICE.output),
      ...Object.fromEntries(KINDS.map((kind) => [kind, this.used(kind)])),
    };
  }

  #found(wanted) {
    const entries = Object.entries(wanted).map(([kind, value]) => {
      const device = value && this.of(kind).find(({ id, label }) => id === value || label === value);
      return [kind, device || null];
    });
    return Object.fromEntries(entries);
  }

  async #look() {
    if (!navigator.mediaDevices) return;
    this.#list = await navigator.mediaDevices.enumerateDevices();
    for (const kind of KINDS) await this.#settle(kind);
    this.dispatchEvent(new Event("changed"));
  }

  // The id is this browser's own; on another computer the same headset is found by its name.
  async #settle(kind) {
    const wish = this.#wish[kind];
    const there = this.of(kind);
    const device = wish && (there.find(({ id }) => id === wish.id) ?? there.find(({ label }) => label === wish.label));
    if (wish && !device && !there.length) return; // without leave for the microphone nothing is listed
    await this.#use(kind, device?.id ?? "");
    this.#note(kind, wish, device);
  }

  async #use(kind, id) {
    if (this.used(kind) === id) return;
    if (kind === DEVICE.input) await this.#microphone.use(id);
    else await this.#sound.route(kind, id);
    this.#used[kind] = id;
  }

  #note(kind, wish, device) {
    if (wish && !device) this.#missing.set(kind, wish.label);
    else if (this.#missing.delete(kind) && device)
      this.dispatchEvent(new CustomEvent("back", { detail: device.label }));
  }
}
