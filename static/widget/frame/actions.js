// What the agent's clicks do, by the button's data-action. Each asks the server; the server's next screen is the answer.

import { ID, WIRE } from "./constants.js";

/** @returns {Object<string, (data: DOMStringMap, button: HTMLElement) => unknown>} */
export function actionsOf({
  connection,
  dialpad,
  fold,
  media,
  panel,
  remark,
  registration,
  sound,
  status,
  tabs,
  texts,
  transfer,
}) {
  const ask = (t, fields = {}) => connection.request({ t, ...fields });

  async function askToDial(number) {
    await media.settled();
    await ask(WIRE.dial, { phone: "", info: "", ...number });
  }

  async function dial() {
    const phone = dialpad.take();
    if (!phone) return;
    if (/\p{L}/u.test(phone)) throw texts.error("invalid_number", texts.text("found_nothing"));
    await askToDial({ phone });
    dialpad.dialled();
  }

  const call = ({ number = "", colleague = "" }) => askToDial({ phone: number, colleague });

  async function finishWrapUp() {
    if (remark.missing) {
      if (fold.folded) fold.toggle();
      document.getElementById(ID.remark).focus();
      throw texts.error("remark_required");
    }
    await remark.flush();
    await ask(WIRE.finishWrapUp);
  }

  async function chooseStatus({ value }) {
    await remark.flush();
    await status.choose(Number(value));
  }

  return {
    ...panel.actions,
    ...transfer.actions,
    digit: ({ key }) => dialpad.digit(key),
    erase: () => dialpad.erase(),
    tone: ({ key }) => dialpad.tone(key),
    keypad: () => dialpad.toggleKeypad(),
    dial,
    redial: call,
    found: async (data) => {
      await call(data);
      dialpad.dialled();
    },
    fold: () => fold.toggle(),
    tab: ({ tab }) => tabs.show(tab),
    hang_up: () => ask(WIRE.hangUp),
    answer_call: () => ask(WIRE.answerCall),
    reject_call: () => ask(WIRE.rejectCall),
    mute: ({ on }) => ask(WIRE.mute, { on: on === "yes" }),
    hold: ({ on }) => ask(WIRE.hold, { on: on === "yes" }),
    status: chooseStatus,
    label: (_data, button) => remark.toggle(button),
    extend_wrap_up: () => ask(WIRE.extendWrapUp),
    finish_wrap_up: finishWrapUp,
    retry_link: () => connection.retryNow(),
    use_here: () => connection.retryNow(),
    retry_leg: () => media.connect().catch(() => {}), // reported by "failed"
    enable_sound: () => sound.enable(),
    sign_in_again: () => registration.askAgain(),
  };
}
