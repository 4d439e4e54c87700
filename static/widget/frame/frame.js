// The phone's document: joins the element's port, the socket, the audio leg and the screens that the server renders.

import { actionsOf } from "./actions.js";
import { Attention } from "./attention.js";
import { EVENT, ID, LEG, LINK, PORT, STAGE, WIRE } from "./constants.js";
import { Devices } from "./devices.js";
import { Dialpad } from "./dialpad.js";
import { CcError, Texts } from "./errors.js";
import { Focus } from "./focus.js";
import { Fold } from "./fold.js";
import { Hearing } from "./hearing.js";
import { Language } from "./language.js";
import { Media } from "./media.js";
import { Methods } from "./methods.js";
import { Microphone } from "./microphone.js";
import { Notices, noticesFor } from "./notices.js";
import { byId, root } from "./page.js";
import { DevicePanel } from "./panel.js";
import { Port } from "./port.js";
import { Quality } from "./quality.js";
import { Registration } from "./registration.js";
import { Remark } from "./remark.js";
import { readScreen } from "./screen.js";
import { Search } from "./search.js";
import { Connection } from "./socket.js";
import { Sound } from "./sound.js";
import { PageState } from "./state.js";
import { Status } from "./status.js";
import { Tabs, writeMoments } from "./tabs.js";
import { Theme } from "./theme.js";
import { Timers } from "./timers.js";
import { TransferPanel } from "./transfer.js";

// Of the contract: the agent's status while signed out, and callStatus.
const OFFLINE = 1;
const CALL_BEGINS = 1;
const CALL_RINGS = 2;
const CALL_OVER = 4;
// Within what the page does not show nothing can be measured, and of a frame without height Chromium never tells us that
// it is shown: about a card's height until then.
const CARD_PIXELS = 72;
// Call and Hang up share their place, so the second click of a double click must not end the call it began.
const MAIN_BUTTON_PAUSE_MILLISECONDS = 700;

const data = JSON.parse(byId(ID.data).textContent);

const texts = new Texts();
texts.load(data);
const port = new Port((origin) => data.origins.includes(origin));
const connection = new Connection(texts);
const microphone = new Microphone(texts);
const sound = new Sound({ call: byId(ID.audio), ringback: byId(ID.ringback), ringer: byId(ID.ringer) });
const media = new Media({ connection, microphone, sound, texts });
const hearing = new Hearing(media);
const registration = new Registration({ connection, media, port, texts });
const devices = new Devices({ connection, microphone, sound });
const panel = new DevicePanel({ connection, devices, media, microphone, sound, texts });
const search = new Search(connection, texts);
const dialpad = new Dialpad((key) => media.press(key), search);
const remark = new Remark(connection, texts);
const timers = new Timers();
const notices = new Notices();
const focus = new Focus();
const status = new Status(connection);
const transfer = new TransferPanel(connection, texts);
const pageState = new PageState(port);
const tabs = new Tabs();
const theme = new Theme();
const quality = new Quality(texts);
const attention = new Attention(port, texts);
const fold = new Fold(connection, texts, () => {
  pageState.set({ folded: fold.folded });
  reportSize();
});

const local = { error: null, refusal: "", prompting: false, stageSince: 0 };

window.htmx.createWebSocket = (url) => connection.attach(url);

// ---- screens

const stage = () => byId(ID.stage).dataset.stage;

function showNotices() {
  // Each try is part of one wait: what is shown does not change with it.
  const link = connection.state === LINK.connecting && connection.retryAt ? LINK.waiting : connection.state;
  root.dataset.state = link;
  const state = {
    ...local,
    link,
    retrySeconds: Math.ceil((connection.retryAt - Date.now()) / 1000),
    leg: media.state,
    soundBlocked: sound.blocked,
    silence: quality.silence || hearing.finding,
    missing: devices.missing,
    stage: stage(),
  };
  notices.show(noticesFor(state, texts));
  byId(ID.main)?.setAttribute("aria-disabled", String(connection.state !== LINK.ready));
}

function stageChanged(before) {
  const screen = readScreen();
  if (screen.stage !== before.stage) {
    local.stageSince = performance.now();
    forgetRefusals();
  }
  if (screen.stage === STAGE.incoming) panel.close();
  const talks = screen.stage === STAGE.talking || screen.beside === STAGE.talking;
  const isHeard = talks && !screen.muted && !screen.held;
  microphone.live(isHeard);
  hearing.watch(isHeard);
  ring(screen);
  fold.look(screen);
  quality.restore(screen);
  dialpad.restore();
  transfer.restore();
  remark.restore();
  tabs.restore();
  writeMoments(root.lang);
  timers.tick();
  showNotices();
  reportSize();
}

function ring(screen) {
  if (screen.stage === STAGE.incoming) sound.ring(sound.ringer);
  else sound.ring([screen.stage, screen.beside].includes(STAGE.ringing) && !screen.earlyMedia ? sound.ringback : null);
  attention.look(screen.stage === STAGE.incoming ? screen : null);
}

let screenBefore = readScreen();
document.body.addEventListener("htmx:wsBeforeMessage", () => {
  screenBefore = readScreen();
  focus.remember();
});
document.body.addEventListener("htmx:wsAfterMessage", () => {
  stageChanged(screenBefore);
  focus.restore();
});

// What hangs below a bar or a card needs room as well.
function reportSize() {
  const { workbench, folded } = root.dataset;
  if (workbench === "on" && folded === "no") port.size(null);
  else if (workbench !== "unknown") {
    const lowest = [document.body, ...document.querySelectorAll(":popover-open")].map(bottomOf);
    port.size(workbench === "off" && stage() === STAGE.none ? 0 : Math.ceil(Math.max(...lowest)) || CARD_PIXELS);
  }
}
const bottomOf = (element) => element.getBoundingClientRect().bottom;
new ResizeObserver(reportSize).observe(document.body);
document.addEventListener("toggle", reportSize, true);

function look(options) {
  theme.fromMode(options);
  root.dataset.workbench = options.workbench ? "on" : "off";
  fold.opensForCalls = options.opensForCalls;
  reportSize();
}

const language = new Language((page, found) => {
  texts.load(found);
  document.title = page.title;
  port.name(page.title);
  panel.translate(page);
  showNotices();
});

// ---- server

const onWire = {
  [WIRE.ready]({ agent, options, since, now, devices: chosen, folded, echo, ice, call = null }) {
    media.ice = ice;
    pageState.set({ call });
    devices.remembered(chosen);
    fold.remembered(folded);
    panel.echo = echo;
    timers.serverNow = now;
    port.since(since);
    language.use(options, registration.lang).catch(() => {}); // the old language stays until the next sign-in
    look(options);
    registration.signedIn(agent);
    remark.flush();
  },
  // An admin changed what this agent sees; the texts that the scripts show may be among it.
  [WIRE.options]({ options, echo }) {
    panel.echo = echo;
    look(options);
    root.dir = options.dir;
    language.load(options.lang).catch(() => {}); // the old wording stays until the next sign-in
  },
  [WIRE.refused]({ code, reason, message, stays }) {
    const error = new CcError(code, reason, message);
    if (!stays) local.refusal = message;
    if (registration.pending) registration.fail(error);
    else port.http(error);
    showNotices();
  },
  [WIRE.leg]: ({ state }) => media.serverSays(state),
  [WIRE.codec]: (spoken) => media.speak(spoken),
  [WIRE.renew]: () => media.renew(),
  [WIRE.status]({ value }) {
    pageState.set({ seatStatus: value });
    port.event(EVENT.seatStatus, value);
  },
  [WIRE.call]: ({ id, value }) => connection.isNew(id) && callHappened(value, id),
  [WIRE.mute]({ value }) {
    pageState.set({ muted: value });
    port.event(EVENT.mute, value);
  },
  [WIRE.hold]({ value }) {
    pageState.set({ held: value });
    port.event(EVENT.hold, value);
  },
  // Of somebody who is asked beside the agent's call the page hears nothing.
  [WIRE.quality]({ value, beside }) {
    quality.tell(value);
    if (!beside) port.event(EVENT.quality, value);
    showNotices();
  },
  [WIRE.token]: ({ seconds }) => port.event(EVENT.token, { seconds }),
  [WIRE.reattached]: ({ value }) => port.event(EVENT.reattached, value),
  [WIRE.http]: (error) => port.http(error),
};

// The contract's order holds for an inbound call too: calling is when it reaches the server, ringing when it rings here.
function callHappened(value, id) {
  const isIncoming = value.direction === "inbound" && value.callStatus === CALL_RINGS;
  pageState.set({ call: value.callStatus < CALL_OVER ? value : null });
  if (isIncoming) port.event(EVENT.call, { ...value, callStatus: CALL_BEGINS }, id);
  port.event(EVENT.call, value, id);
  if (isIncoming) port.event(EVENT.incoming, value);
}

connection.addEventListener("wire", ({ detail }) => onWire[detail.t]?.(detail));
connection.addEventListener("link", ({ detail: link }) => {
  if (link === LINK.ready) {
    local.error = null;
    media.forgetServer();
    media.connect().catch(() => {}); // reported by "failed"
  }
  if (link === LINK.refused || link === LINK.elsewhere) {
    panel.close();
    media.close();
    pageState.set({ call: null, muted: false, held: false });
  }
  pageState.set({ signedIn: link === LINK.ready });
  showNotices();
});
setInterval(() => connection.state === LINK.waiting && showNotices(), 1000);

// ---- audio

media.addEventListener("leg", ({ detail: leg }) => {
  if (leg === LEG.up) port.event(EVENT.webrtcStatus, 1);
  else if (local.wasUp) port.event(EVENT.webrtcStatus, 0);
  local.wasUp = leg === LEG.up;
  pageState.set({ webrtcStatus: local.wasUp ? 1 : 0 });
  if (leg === LEG.down) local.error ??= texts.error("not_connected");
  if (leg === LEG.up) {
    local.error = null;
    devices.refresh();
  }
  showNotices();
});
media.addEventListener("failed", ({ detail: error }) => {
  local.error = error;
  showNotices();
});
for (const name of ["prompt", "prompted"]) {
  microphone.addEventListener(name, () => {
    local.prompting = name === "prompt";
    showNotices();
  });
}
devices.addEventListener("changed", () => {
  pageState.set({ devices: devices.plain });
  showNotices();
});
devices.addEventListener("back", ({ detail: name }) => {
  byId(ID.say).textContent = texts.text("device_back", { name });
});
hearing.addEventListener("changed", showNotices);
sound.addEventListener("blocked", showNotices);
sound.addEventListener("allowed", showNotices);

// ---- page

const methods = new Methods({
  connection,
  devices,
  media,
  remark,
  status,
  texts,
  leave() {
    media.close();
    connection.close();
    onWire[WIRE.status]({ value: OFFLINE });
  },
});

const onPort = {
  [PORT.method]: ({ name, values }) => methods.call(name, values),
  [PORT.theme]({ theme: wanted }) {
    theme.fromPage(wanted);
    fold.fromPage(wanted.collapsed === true);
  },
  [PORT.register]: (message) => registration.begin(message),
};

port.addEventListener("message", ({ detail: message }) => {
  new Promise((resolve) => resolve(onPort[message.t]?.(message))).then(
    (value) => message.t === PORT.method && port.result(message.id, value),
    (error) => port.failure(message.id, error),
  );
});

// ---- agent

// Said next to the button that was pressed, until the next one is.
const refuse = (error, button) => {
  const inHeader = button.closest(`#${ID.status}, #${ID.bar}`);
  const place = button.closest("dialog") ? ID.deviceRefusal : inHeader ? ID.headerRefusal : ID.refusal;
  const text = byId(place);
  if (text) text.textContent = error.message;
};

function forgetRefusals() {
  for (const id of [ID.deviceRefusal, ID.headerRefusal, ID.refusal]) if (byId(id)) byId(id).textContent = "";
}

const onAction = actionsOf({
  connection,
  dialpad,
  fold,
  media,
  panel,
  registration,
  remark,
  sound,
  status,
  tabs,
  texts,
  transfer,
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (!button || button.dataset.busy) return;
  if (
    [ID.main, ID.barMain].includes(button.id) &&
    performance.now() - local.stageSince < MAIN_BUTTON_PAUSE_MILLISECONDS
  )
    return;
  button.dataset.busy = "yes";
  forgetRefusals();
  Promise.resolve(onAction[button.dataset.action]?.(button.dataset, button))
    .catch((error) => refuse(error, button))
    .finally(() => delete button.dataset.busy);
});
