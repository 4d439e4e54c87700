// Three ways to use a page. Each is given an element and does with it what its user would, and nothing that its user cannot.

const GONE = "the element was drawn anew";
const STEPS = 400; // more than the page and the phone have Tab stops, and a list has options

/** Points at things: what is covered, or out of sight for good, cannot be used. */
class Mouse {
  constructor(page) {
    this.page = page;
  }

  async press(element) {
    await element.scrollIntoView();
    const [isGone, isCovered] = await element.evaluate((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [!one.isConnected, !one.contains(document.elementFromPoint(x + width / 2, y + height / 2))];
    });
    if (isGone) throw new Error(GONE);
    if (isCovered) throw new Error("something lies on the element that is to be clicked");
    await element.click();
  }

  async write(element, text) {
    await this.press(element);
    await this.page.keyboard.type(text);
  }

  /** On the phone's own keys, without a keyboard. */
  async dial(desk, number) {
    for (const key of number) await desk.press(key);
  }

  // The list that a click opens is drawn by the browser, outside of the page.
  async choose(element, value) {
    await element.select(value);
  }
}

/** Has no mouse: walks with Tab to what it wants and must see at each stop of the phone where it is. */
class Keyboard {
  presses = 0;

  constructor(page) {
    this.page = page;
  }

  // The two keys by turns: either one presses a button.
  async press(element) {
    await this.reach(element);
    this.presses += 1;
    await this.page.keyboard.press(this.presses % 2 ? "Enter" : " ");
  }

  /** As people type: the phone takes digits wherever its focus is. */
  async dial(desk, number) {
    await this.reach(await desk.find("button", "Call"));
    await this.page.keyboard.type(number);
  }

  async write(element, text) {
    await this.reach(element);
    await this.page.keyboard.type(text);
  }

  async choose(element, value) {
    await this.reach(element);
    for (let step = 0; step < STEPS; step += 1) {
      const [here, there] = await element.evaluate(
        (one, wanted) => [one.selectedIndex, [...one.options].findIndex((option) => option.value === wanted)],
        value,
      );
      if (here === there) return;
      await this.page.keyboard.press(there > here ? "ArrowDown" : "ArrowUp");
    }
    throw new Error(`no way with the arrows to ${value}`);
  }

  async reach(element) {
    for (let step = 0; step < STEPS; step += 1) {
      const { there, backwards, unseen, isGone } = await element.evaluate(look);
      if (isGone) throw new Error(GONE);
      if (unseen) throw new Error(`the focus is not to be seen on ${unseen}`);
      if (there) return;
      await this.tab(backwards);
    }
    throw new Error(`no way with Tab to ${await element.evaluate((one) => one.outerHTML)}`);
  }

  async tab(backwards) {
    if (backwards) await this.page.keyboard.down("Shift");
    await this.page.keyboard.press("Tab");
    if (backwards) await this.page.keyboard.up("Shift");
  }
}

/** Where the keyboard is, as seen from an element's document: from the page, all of the phone is one element. */
function look(one) {
  const at = document.activeElement;
  const here = document.hasFocus() && at !== document.body;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const seen = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
  const isPhone = Boolean(document.getElementById("cc-stage"));
  return {
    there: here && at === one,
    backwards: here && Boolean(at.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING),
    isGone: !one.isConnected,
    unseen: isPhone && here && !seen ? at.outerHTML : "",
  };
}

/** Sees nothing: has roles and names, and the action that the accessibility tree offers for them. */
class ScreenReader {
  constructor(page) {
    this.page = page;
  }

  async press(element) {
    await element.evaluate((one) => {
      if (!one.isConnected) throw new Error("detached");
      one.focus();
      one.click();
    });
  }

  async write(element, text) {
    await element.focus();
    await this.page.keyboard.type(text);
  }

  async dial(desk, number) {
    await desk.use("combobox", "Number or name", (field) => this.write(field, number));
  }

  async choose(element, value) {
    await element.focus();
    await element.select(value);
  }
}

module.exports = { GONE, HANDS: { mouse: Mouse, keyboard: Keyboard, "accessibility tree": ScreenReader } };
