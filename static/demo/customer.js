// The customer's page: what a web developer writes to embed the softphone, and nothing that knows its insides.
import { fetchCredential } from "./credential.js";
import { logEvent, logPage } from "./log.js";

const RENEW_AFTER_MS = 60_000; // two tabs of one agent would otherwise take the credential from each other for ever
const SEAT = { 1: "offline", 2: "idle", 3: "busy", 4: "post-call", 5: "short break" };
const CALL = { 1: "Calling", 2: "Ringing", 3: "Talking", 4: "Call ended", 5: "Not established" };
const NOT_SIGNED_IN = 100200;

const sdk = document.getElementById("sdk");
const session = document.getElementById("session");
const note = document.getElementById("note");
let renewedAt = Number.NEGATIVE_INFINITY;

function say(text, { problem = false } = {}) {
  note.textContent = text;
  note.classList.toggle("problem", problem);
}

function options() {
  const { account, lang, noWorkMode, isRemark, isInformation } = session.elements;
  return {
    account: account.value,
    lang: lang.value,
    noWorkMode: noWorkMode.checked,
    isRemark: isRemark.checked,
    isInformation: isInformation.checked,
  };
}

async function signIn() {
  const { account, ...chosen } = options();
  say(`Signing in ${account}…`);
  try {
    const token = await fetchCredential(account);
    logPage("register", chosen);
    await window.ccSdk.register({ token, ...chosen });
    say(`${account} is signed in.`);
  } catch (error) {
    logPage("register failed", { code: error.code, message: error.message });
    say(error.message, { problem: true });
  }
}

async function call(phone, info) {
  logPage("callPhone", { phone, info });
  try {
    await sdk.callPhone({ phone, info });
  } catch (error) {
    say(error.message, { problem: true });
  }
}

function showCall({ callStatus, calledNumber }) {
  const live = callStatus <= 3;
  for (const row of document.querySelectorAll("#contacts tr")) {
    row.classList.toggle("live", live && row.dataset.phone === calledNumber);
  }
  say(`${CALL[callStatus]}: ${calledNumber}`);
}

function showLamp(id, value, text) {
  const lamp = document.getElementById(id);
  lamp.dataset.value = value;
  lamp.textContent = text;
}

function onHttp({ code, message }) {
  say(message, { problem: code !== 0 });
  if (code !== NOT_SIGNED_IN || performance.now() - renewedAt < RENEW_AFTER_MS) return;
  renewedAt = performance.now();
  signIn();
}

const reactions = {
  onSeatStatus: (value) => showLamp("seat-lamp", value, SEAT[value] ?? value),
  onWebrtcStatus: (value) => showLamp("webrtc-lamp", value, value === 1 ? "audio" : "no audio"),
  onCall: showCall,
  onHttp,
};

for (const [name, react] of Object.entries(reactions)) {
  sdk.addEventListener(name, (event) => {
    logEvent(name, event.detail[0]);
    react(event.detail[0]);
  });
}

session.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn();
});

document.getElementById("contacts").addEventListener("click", (event) => {
  const row = event.target.closest("button.call")?.closest("tr");
  if (row) call(row.dataset.phone, row.dataset.info);
});

document.getElementById("free-dial").addEventListener("submit", (event) => {
  event.preventDefault();
  call(event.target.elements.phone.value.trim(), "");
});

document.getElementById("hang-up").addEventListener("click", () => {
  sdk.hangupCall((result) => logPage("hangupCall", result));
});

document.getElementById("reconnect").addEventListener("click", async () => {
  logPage("reConnectWebrtc", "…");
  try {
    await sdk.reConnectWebrtc();
    logPage("reConnectWebrtc", "done");
  } catch (error) {
    say(error.message, { problem: true });
  }
});
