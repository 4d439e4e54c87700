// The playground: every option, attribute, method and event of the element, each logged with the code that reproduces it.
import { ask, fetchCredential } from "./credential.js";

const KEPT = 200;
const EVENTS =
  "onSeatStatus onCall onWebrtcStatus onHttp onIncoming onMute onHold onQuality onToken onReattached".split(" ");
const PROPERTIES = ["accent", "background", "surface", "text", "radius"];

const byId = (id) => document.getElementById(id);
const sdk = byId("sdk");
const options = byId("options");
const look = byId("look");
const log = byId("log");
const note = byId("note");
const origin = new URL(document.querySelector('script[src$="/sip-sdk.js"]').src).origin;
let credential = null; // {account, token}

const written = (value) => JSON.stringify(value, null, 1)?.replace(/\n */g, " ") ?? "";

// ---- the log

function part(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function copyButton(text, name) {
  const button = part("button", "Copy", "ghost copy");
  button.type = "button";
  button.setAttribute("aria-label", `Copy the code of ${name}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    note.textContent = "Copied.";
  });
  return button;
}

/** One entry, newest first: what happened, its value, and the code that shows the same in a page. */
function add(kind, name, value, code) {
  const entry = document.createElement("li");
  entry.className = kind;
  entry.dataset.name = name;
  const time = part("time", new Date().toISOString().slice(11, 23));
  entry.append(time, part("b", name), part("code", written(value), "value"), part("code", code, "source"));
  entry.append(copyButton(code, name));
  log.prepend(entry);
  while (log.children.length > KEPT) log.lastElementChild.remove();
}

for (const name of EVENTS)
  sdk.addEventListener(name, (event) =>
    add("event", name, event.detail[0], `sdk.addEventListener("${name}", (event) => console.log(event.detail[0]));`),
  );
byId("clear-log").addEventListener("click", () => log.replaceChildren());

/** Does something and logs it with its code and how it ended. */
async function attempt(name, code, work) {
  try {
    const value = await work();
    add("page", name, value ?? "done", code);
    note.textContent = `${name}: done.`;
  } catch ({ code: number, reason, message }) {
    add("page failed", name, { code: number, reason, message }, code);
    note.textContent = message;
  }
}

// ---- options, language and mode: register() again takes the new ones, under a live call as well

function chosenOptions() {
  const { lang, noWorkMode, isRemark, isInformation } = options.elements;
  return {
    lang: lang.value,
    noWorkMode: noWorkMode.value === "card",
    isRemark: isRemark.checked,
    isInformation: isInformation.checked,
  };
}

async function register({ fresh }) {
  const account = options.elements.account.value;
  const chosen = chosenOptions();
  await attempt("register", `await ccSdk.register({ token, ...${written(chosen)} });`, async () => {
    if (fresh || credential?.account !== account) credential = { account, token: await fetchCredential(account) };
    return window.ccSdk.register({ token: credential.token, ...chosen });
  });
}

options.addEventListener("submit", (event) => {
  event.preventDefault();
  register({ fresh: true });
});
options.addEventListener("change", () => {
  showPage();
  if (credential) register({ fresh: false });
});
sdk.addEventListener("onToken", () => register({ fresh: true }));

// ---- the mode that the admin gives the agent; only the demo lets a page choose it

const adminMode = byId("admin-mode");

function showModes({ modes, mode }) {
  adminMode.replaceChildren(
    ...["", ...modes].map((name) => new Option(name || "as the group says", name, false, name === mode)),
  );
  adminMode.disabled = false;
}

async function agentMode() {
  showModes(await ask("/mode", { account: options.elements.account.value }));
}

// Whoever walks through the list with the arrow keys passes modes that they do not mean: one is given after the other,
// the last one last, and only its answer is shown.
let wishes = 0;
let given = Promise.resolve();

async function giveMode(mode, wish) {
  if (wish !== wishes) return;
  const account = options.elements.account.value;
  await attempt("mode", `// in the admin: Agents, ${account}, Mode: ${mode || "(empty)"}`, async () => {
    const told = await ask("/mode", { account, mode });
    if (wish === wishes) showModes(told);
  });
}

adminMode.addEventListener("change", () => {
  const { value } = adminMode;
  wishes += 1;
  const wish = wishes;
  given = given.then(() => giveMode(value, wish));
});
const lookUpMode = () => agentMode().catch(({ message }) => add("page failed", "mode", message, ""));
options.elements.account.addEventListener("change", lookUpMode);
lookUpMode();

// ---- theme and colours: the element follows at once

function chosenLook() {
  const { theme, placement, collapsed } = look.elements;
  const set = PROPERTIES.filter((name) => look.elements[name].value.trim());
  const properties = set.map((name) => [`--cc-${name}`, look.elements[name].value.trim()]);
  return { theme: theme.value, placement: placement.value, collapsed: collapsed.checked, properties };
}

look.addEventListener("input", () => {
  const { theme, placement, collapsed, properties } = chosenLook();
  for (const name of PROPERTIES) sdk.style.removeProperty(`--cc-${name}`);
  for (const [name, value] of properties) sdk.style.setProperty(name, value);
  sdk.setAttribute("theme", theme);
  sdk.setAttribute("placement", placement);
  sdk.toggleAttribute("collapsed", collapsed);
  showPage();
});

// ---- methods

const METHODS = {
  callPhone: ({ phone, info }) => [{ phone, info }],
  hangupCall: () => [],
  reConnectWebrtc: () => [],
  answerCall: () => [],
  rejectCall: () => [],
  mute: () => [!sdk.getState().muted],
  hold: () => [!sdk.getState().held],
  sendDtmf: ({ digits }) => [digits],
  transferCall: ({ phone, type }) => [["blind", "attended"].includes(type) ? { to: phone, type } : { type }],
  setSeatStatus: ({ status }) => [Number(status)],
  setRemark: ({ remark }) => [remark],
  setDevices: () => [{ input: "", output: "", ringer: "" }],
  unregister: () => [],
  getState: () => [],
};

function valuesOf(form) {
  return Object.fromEntries(new FormData(form));
}

for (const name of Object.keys(METHODS)) {
  const button = part("button", `${name}()`, "ghost");
  button.type = "button";
  button.dataset.method = name;
  byId("methods").append(button);
}

byId("methods").addEventListener("click", ({ target }) => {
  const name = target.dataset.method;
  if (!name) return;
  const values = METHODS[name](valuesOf(byId("arguments")));
  attempt(name, `await sdk.${name}(${values.map(written).join(", ")});`, () => sdk[name](...values));
});

// ---- the whole page that does what is chosen here

function attributes({ theme, placement, collapsed }) {
  const shown = { theme: theme === "mode" ? "" : theme, placement };
  const present = Object.entries(shown).filter(([, value]) => value);
  return [...present.map(([name, value]) => ` ${name}="${value}"`), collapsed ? " collapsed" : ""].join("");
}

function page() {
  const chosen = chosenLook();
  const { properties } = chosen;
  const style = properties.map(([name, value]) => `    ${name}: ${value};`).join("\n");
  const lines = [
    `<script src="${origin}/sip-sdk.js"></script>`,
    ...(style ? [`<style>\n  cc-sdk {\n${style}\n  }\n</style>`] : []),
    `<cc-sdk id="sdk"${attributes(chosen)}></cc-sdk>`,
    "<script>",
    '  const sdk = document.getElementById("sdk");',
    '  sdk.addEventListener("onCall", (event) => console.log(event.detail[0]));',
    "  // fetchToken() asks your own back end.",
    `  fetchToken().then((token) => ccSdk.register({ token, ...${written(chosenOptions())} }));`,
    "</script>",
  ];
  return lines.join("\n");
}

function showPage() {
  byId("page-code").textContent = page();
}

byId("copy-page").addEventListener("click", async () => {
  await navigator.clipboard.writeText(page());
  note.textContent = "Copied.";
});
showPage();
