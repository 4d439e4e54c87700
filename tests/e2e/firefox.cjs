// One agent's working day in Firefox, against the running demo: node firefox.cjs FIREFOX URL ACCOUNT.
// Prints what was seen as one line of JSON; any step that does not come to pass ends with its error.
const puppeteer = require("puppeteer-core");

const [executablePath, url, account] = process.argv.slice(2);
const SECONDS = 30;
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  // The demo's media is on loopback, which Firefox leaves out otherwise.
  "media.peerconnection.ice.loopback": true,
};

function watchPeers() {
  const Peer = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = function (...values) {
    const peer = new Peer(...values);
    window.peers.push(peer);
    return peer;
  };
}

async function heard() {
  const stats = [...(await window.peers.at(-1).getStats()).values()];
  return stats.find(({ type }) => type === "inbound-rtp")?.totalAudioEnergy ?? 0;
}

async function until(condition, name) {
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name}: not within ${SECONDS} s`);
}

class Agent {
  constructor(page) {
    this.page = page;
  }

  async signIn() {
    await this.page.select("#account", account);
    await this.page.click("#sign-in");
    await until(async () => (await this.noted()).includes("is signed in"), "signing in");
    this.frame = this.page.frames().find((frame) => frame.url().includes("/cc/frame/"));
    await this.stage("idle");
  }

  noted() {
    return this.page.$eval("#note", (note) => note.textContent);
  }

  async press(selector) {
    await (await this.frame.waitForSelector(selector, { visible: true })).click();
  }

  stage(name) {
    return this.frame.waitForSelector(`#cc-stage[data-stage="${name}"]`, { timeout: SECONDS * 1000 });
  }

  /** Presses the main button until the screen changes: within a moment of the last change it is not taken. */
  async pressMain(from) {
    const changed = async () => (await this.frame.$(`#cc-stage[data-stage="${from}"]`)) === null;
    await until(async () => {
      if (!(await changed())) await this.press("#cc-main");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return changed();
    }, `leaving ${from}`);
  }
}

async function work(agent, seen) {
  await agent.signIn();
  for (const key of "12025550100") await agent.press(`[data-action="digit"][data-key="${key}"]`);
  await agent.press("#cc-main");
  await agent.stage("talking");
  const before = await agent.frame.evaluate(heard);
  await until(async () => (await agent.frame.evaluate(heard)) > before, "hearing the echo");
  seen.push("talked");
  await agent.press("#cc-hold");
  await agent.frame.waitForSelector('#cc-stage[data-held="yes"]');
  await agent.press("#cc-resume");
  await agent.frame.waitForSelector('#cc-stage[data-held="no"]');
  seen.push("held");
  await agent.press("#cc-mute");
  await agent.frame.waitForSelector('#cc-stage[data-muted="yes"]');
  seen.push("muted");
  await agent.press("#cc-keypad-toggle");
  await agent.press('[data-action="tone"][data-key="5"]');
  seen.push(`sent ${await agent.frame.$eval("#cc-tones", (tones) => tones.textContent)}`);
  await agent.press("#cc-keypad-toggle");
  await agent.press("#cc-devices-button");
  await agent.frame.waitForSelector("#cc-device-input option:nth-child(2)");
  seen.push("may choose devices");
  await agent.press('[data-action="devices_close"]');
  await agent.pressMain("talking");
  await agent.stage("wrap_up");
  await (await agent.frame.waitForSelector("#cc-remark")).type("Spoke with Firefox.");
  await agent.pressMain("wrap_up");
  await agent.stage("idle");
  seen.push("wrapped up");
  await agent.press("#cc-status-button");
  await agent.press('[data-action="status"][data-value="5"]');
  await agent.frame.waitForSelector('#cc-status[data-status="break"]');
  seen.push("took a break");
  await agent.page.select("#lang", "es");
  await agent.page.click("#sign-in");
  await agent.frame.waitForSelector('html[lang="es"]');
  seen.push("spoke Spanish");
}

async function main() {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, extraPrefsFirefox: PREFERENCES });
  const seen = [];
  try {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(watchPeers);
    await page.setViewport({ width: 1400, height: 1000 });
    await page.goto(url);
    await work(new Agent(page), seen);
  } finally {
    process.stdout.write(JSON.stringify(seen));
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
