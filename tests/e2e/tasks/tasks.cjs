// What an agent does in a day, written once for mouse, keyboard and accessibility tree, and for every browser.

const { until } = require("./desk.cjs");

const ECHO = "12025550100";
const CALLS_BACK = "12025550115";
const TAKES_TRANSFERS = "12025550107";

const TASKS = {
  async "sign in"(desk) {
    await desk.chooseInPage("Agent", desk.account);
    await desk.pressInPage("Sign in");
    await desk.pageSays("register: done.");
    await desk.find("button", "Call");
  },

  async "choose a microphone"(desk) {
    await desk.press("Sound and microphone");
    const picker = await desk.find("combobox", "Microphone");
    await until(() => picker.evaluate((one) => one.options.length > 1), "a list of microphones");
    const wanted = await picker.evaluate((one) => one.options[1].value);
    await desk.choose("Microphone", wanted);
    await until(() => picker.evaluate((one, value) => one.value === value, wanted), "the chosen microphone");
    await desk.press("Close");
    await desk.focusIsOn("Sound and microphone");
  },

  async dial(desk) {
    await desk.dial(ECHO);
    await desk.focusIsOn("Hang up");
    await desk.hears("Connected with 12025550100.");
    const before = await desk.sound();
    await until(async () => (await desk.sound()) > before, "hearing the echo");
  },

  async "mute and unmute"(desk) {
    for (const on of ["true", "false"]) {
      await desk.press("Mute");
      await desk.state("Mute", "aria-pressed", on);
      await desk.hears(on === "true" ? "Your microphone is off." : "Connected with");
    }
  },

  async "hold and resume"(desk) {
    await desk.press("Hold");
    await desk.state("Hold", "aria-pressed", "true");
    await desk.hears("On hold.");
    await desk.press("Resume");
    await desk.state("Hold", "aria-pressed", "false");
  },

  async "send tones"(desk) {
    await desk.press("Keypad");
    await desk.state("Keypad", "aria-expanded", "true");
    for (const key of ["5", "hash"]) await desk.press(key);
    const sent = await desk.find("status", "Keys sent");
    await until(async () => (await sent.evaluate((one) => one.textContent)) === "5#", "the keys that were sent");
    await desk.press("Keypad");
    await desk.state("Keypad", "aria-expanded", "false");
  },

  async "ask a colleague and hand the call over"(desk) {
    await desk.press("Transfer");
    await desk.write("Transfer to", TAKES_TRANSFERS);
    await desk.press("Ask first");
    await desk.hears("You are talking to 12025550107. 12025550100 waits on hold.");
    await desk.focusIsOn("Complete");
    await desk.leave("Complete");
    await desk.hears("Call ended.");
    await desk.focusIsOn("Save and get ready");
  },

  async "write a remark"(desk) {
    await desk.write("Remark", "Spoke with them.");
    await desk.leave("Save and get ready");
    await desk.focusIsOn("Call");
  },

  async "take a break"(desk) {
    await desk.press("Ready Change status");
    await desk.press("Short break");
    await desk.press("Short break Change status");
    await desk.press("Ready");
    await desk.find("button", "Ready Change status");
  },

  async "answer a call"(desk) {
    await desk.dial(CALLS_BACK);
    await desk.hears("Incoming call from");
    await desk.leave("Answer");
    await desk.hears("Connected with");
    await desk.focusIsOn("Hang up");
    await desk.leave("Hang up");
    await desk.leave("Save and get ready");
    await desk.focusIsOn("Call");
  },

  async "change the language"(desk) {
    await desk.chooseInPage("lang", "es");
    await desk.find("button", "Llamar");
    await desk.chooseInPage("lang", "en");
    await desk.find("button", "Call");
  },

  async "change the mode"(desk) {
    await desk.chooseInPage("Mode of the agent", "Inbound only");
    await until(() => desk.isGone("combobox", "Number or name"), "a phone without a dial pad");
    await desk.chooseInPage("Mode of the agent", "");
    await desk.find("combobox", "Number or name");
    await desk.chooseInPage("noWorkMode", "card");
    await until(async () => (await desk.height()) === 0, "no room taken without a call");
    await desk.chooseInPage("noWorkMode", "workbench");
    await until(async () => (await desk.height()) > 0, "the workbench again");
    await desk.find("button", "Call");
  },
};

module.exports = { TASKS };
