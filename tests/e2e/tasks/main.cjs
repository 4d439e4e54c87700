// Does all tasks in one browser in one way: node main.cjs BROWSER EXECUTABLE WAY URL ACCOUNT.
// Prints the tasks that were done as one line of JSON; the first that does not come to pass ends with its error.

const puppeteer = require("puppeteer-core");
const { Desk } = require("./desk.cjs");
const { HANDS } = require("./hands.cjs");
const { TASKS } = require("./tasks.cjs");

const [browserName, executablePath, way, url, account] = process.argv.slice(2);
const LAUNCH = {
  chrome: {
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
    ],
  },
  firefox: {
    extraPrefsFirefox: {
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      "media.autoplay.default": 0,
      // The demo's media is on loopback, which Firefox leaves out otherwise.
      "media.peerconnection.ice.loopback": true,
    },
  },
};

function watchPeers() {
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...values) {
      super(...values);
      window.peers.push(this);
    }
  };
}

async function main() {
  const browser = await puppeteer.launch({ browser: browserName, executablePath, ...LAUNCH[browserName] });
  const done = [];
  try {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(watchPeers);
    await page.setViewport({ width: 1400, height: 1000 });
    await page.goto(url);
    const desk = new Desk(page, new HANDS[way](page), account);
    for (const [name, task] of Object.entries(TASKS)) {
      await task(desk);
      done.push(name);
    }
  } finally {
    process.stdout.write(JSON.stringify(done));
    await browser.close();
  }
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
