// The panel "Sound and microphone": three pickers, the microphone's level, test sounds, and the check before the first call.

import { Check } from "./check.js";
import { ID } from "./constants.js";
import { Meter } from "./meter.js";
import { byId } from "./page.js";

export class DevicePanel {
  #check;
  #devices;
  #microphone;
  #sound;
  #texts;
  #meter = null;

  constructor({ connection, devices, media, microphone, sound, texts }) {
    this.#check = new Check({ connection, media, microphone, texts });
    this.#devices = devices;
    this.#microphone = microphone;
    this.#sound = sound;
    this.#texts = texts;
    devices.addEventListener("changed", () => this.#render());
    microphone.addEventListener("changed", () => this.#listen());
    document.addEventListener("change", ({ target }) => target.dataset.device && this.#choose(target));
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  /** Where the check calls; "" = nowhere. */
  set echo(number) {
    this.#check.echo = number;
  }

  /** By the buttons' data-action. */
  get actions() {
    return {
      devices: () => this.#open(),
      devices_close: () => this.close(),
      device_test: ({ kind }) => this.#sound.test(kind, this.#devices.used(kind)),
      device_check: () => this.#run(),
    };
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Writes the panel in another language: its words come with the frame's page. */
  translate(page) {
    this.#dialog.replaceChildren(...page.getElementById(ID.devices).childNodes);
    this.#render();
  }

  get #dialog() {
    return byId(ID.devices);
  }

  async #open() {
    this.#dialog.showModal();
    this.#render();
    await this.#microphone.track().catch((error) => this.#refuse(error));
    await this.#devices.refresh();
    this.#listen();
  }

  #closed() {
    this.#meter?.close();
    this.#meter = null;
    if (document.activeElement === document.body) byId(ID.devicesButton)?.focus();
  }

  #render() {
    if (!this.#dialog.open) return;
    const routes = "setSinkId" in HTMLMediaElement.prototype;
    for (const place of this.#dialog.querySelectorAll("[data-output]"))
      place.hidden = (place.dataset.output === "yes") !== routes;
    for (const select of this.#dialog.querySelectorAll("[data-device]")) this.#fill(select);
  }

  #fill(select) {
    const kind = select.dataset.device;
    const choices = [{ id: "", label: this.#texts.text("device_default") }, ...this.#devices.of(kind)];
    const wanted = choices.map(({ id, label }) => `${id} ${label}`).join();
    if (select.dataset.shown !== wanted) {
      select.dataset.shown = wanted;
      select.replaceChildren(...choices.map(({ id, label }) => new Option(label, id)));
    }
    select.value = this.#devices.used(kind);
  }

  async #choose(select) {
    this.#refuse(null);
    await this.#devices.choose({ [select.dataset.device]: select.value }).catch((error) => this.#refuse(error));
    this.#render();
  }

  #refuse(error) {
    const place = byId(ID.deviceRefusal);
    place.textContent = error ? error.message : "";
  }

  async #listen() {
    if (!this.#dialog.open) return;
    const track = await this.#microphone.track().catch(() => null); // said when the panel was opened
    this.#meter?.close();
    this.#meter = track && this.#dialog.open ? new Meter(track) : null;
    if (this.#meter) this.#show(this.#meter);
  }

  #show(meter) {
    if (meter !== this.#meter) return;
    const place = byId(ID.level);
    const percent = Math.round(meter.level * 100);
    place.style.setProperty("--level", `${percent}%`);
    place.setAttribute("aria-valuenow", String(percent));
    requestAnimationFrame(() => this.#show(meter));
  }

  async #run() {
    const [list, summary] = [byId(ID.checkResults), byId(ID.checkSummary)];
    list.replaceChildren();
    summary.textContent = this.#texts.text("check_running");
    let troubles = 0;
    for await (const { state, text } of this.#check.run()) {
      const item = document.createElement("li");
      item.dataset.state = state;
      item.append(mark(this.#texts.text(`check_${state}`)), ` ${text}`);
      list.append(item);
      if (state === "bad") troubles += 1;
    }
    summary.textContent = this.#texts.text(troubles ? "check_failed" : "check_passed");
  }
}

// The state in words as well: a colour alone says nothing to many.
function mark(text) {
  const place = document.createElement("strong");
  place.textContent = text;
  return place;
}
