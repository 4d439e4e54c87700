// An agent at the playground's page. Everything is found by role and name in the browser's accessibility tree, the phone's
// parts as well as the page's, and used by the hands that the agent has.

const { GONE } = require("./hands.cjs");

const SECONDS = 30;
const AGAIN_SECONDS = 1; // longer than the phone's main button ignores presses after a change of screen

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function until(condition, name, seconds = SECONDS) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const found = await condition();
    if (found) return found;
    await pause(0.05);
  }
  throw new Error(`${typeof name === "function" ? name() : name}: not within ${seconds} s`);
}

class Desk {
  constructor(page, hands, account) {
    this.page = page;
    this.hands = hands;
    this.account = account;
  }

  get frame() {
    return this.page.frames().find((frame) => frame.url().includes("/cc/frame/"));
  }

  // ---- the phone

  find(role, name) {
    return until(() => there(this.frame, role, name), `${role} "${name}"`);
  }

  /** Uses what has that role and name. The phone is drawn anew with each change: then it is looked for again. */
  async use(role, name, work) {
    await until(async () => {
      const element = await this.find(role, name);
      try {
        await work(element);
        return true;
      } catch (error) {
        if (isGone(error)) return false;
        throw error;
      }
    }, `using ${role} "${name}"`);
  }

  press(name) {
    return this.use("button", name, (element) => this.hands.press(element));
  }

  /** Presses until it is gone: within a moment of a change of screen the main button takes no press. */
  async leave(name) {
    await this.find("button", name);
    await until(async () => {
      const element = await there(this.frame, "button", name);
      if (element) await this.hands.press(element).catch(ifGone);
      return this.isGone("button", name);
    }, `leaving "${name}"`);
  }

  async isGone(role, name) {
    const end = Date.now() + AGAIN_SECONDS * 1000;
    while (Date.now() < end) {
      if (!(await there(this.frame, role, name))) return true;
      await pause(0.05);
    }
    return false;
  }

  async dial(number) {
    await this.hands.dial(this, number);
    await this.leave("Call");
  }

  write(name, text) {
    return this.use("textbox", name, (element) => this.hands.write(element, text));
  }

  choose(name, value) {
    return this.use("combobox", name, (element) => this.hands.choose(element, value));
  }

  /** Waits for an attribute of a button: `desk.state("Hold", "aria-pressed", "true")`. */
  async state(name, attribute, value) {
    await until(async () => {
      const element = await there(this.frame, "button", name);
      const read = (one, wanted) => one.getAttribute(wanted);
      return (await element?.evaluate(read, attribute).catch(ifGone)) === value;
    }, `${attribute}=${value} on "${name}"`);
  }

  /** Waits until a screen reader is told so. */
  async hears(text) {
    const told = () => this.frame.$eval("#cc-say[role=status]", (place) => place.textContent);
    let last = "";
    await until(
      async () => {
        last = await told();
        return last.includes(text);
      },
      () => `being told "${text}" and not "${last}"`,
    );
  }

  /** Waits until the focus is on a button: where it is after a change of screen. */
  async focusIsOn(name) {
    await until(async () => {
      const element = await there(this.frame, "button", name);
      return element?.evaluate((one) => document.activeElement === one).catch(ifGone);
    }, `the focus on "${name}"`);
  }

  /** How much was heard so far. */
  sound() {
    return this.frame.evaluate(async () => {
      const stats = [...(await window.peers.at(-1).getStats()).values()];
      return stats.find(({ type }) => type === "inbound-rtp")?.totalAudioEnergy ?? 0;
    });
  }

  // ---- the page around it

  async pressInPage(name) {
    await this.hands.press(await until(() => there(this.page, "button", name), `button "${name}"`));
  }

  async chooseInPage(name, value) {
    await this.hands.choose(await until(() => there(this.page, "combobox", name), `list "${name}"`), value);
  }

  async pageSays(text) {
    const note = () => this.page.$eval("#note", (place) => place.textContent);
    await until(async () => (await note()) === text, `the page saying "${text}"`);
  }

  height() {
    return this.page.$eval("cc-sdk", (sdk) => sdk.getBoundingClientRect().height);
  }
}

async function there(place, role, name) {
  try {
    return await place?.$(`::-p-aria([name="${name}"][role="${role}"])`);
  } catch (error) {
    return ifGone(error);
  }
}

const isGone = ({ message }) => message === GONE || /detached|no such|not found|destroyed|stale/i.test(message);

function ifGone(error) {
  if (isGone(error)) return null;
  throw error;
}

module.exports = { Desk, until };
