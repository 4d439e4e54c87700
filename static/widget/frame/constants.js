// Every name that two modules, the frame and the server, or the frame and the element share.

export const ID = Object.freeze({
  data: "cc-data",
  status: "cc-status",
  local: "cc-local",
  notice: "cc-notice",
  stage: "cc-stage",
  say: "cc-say",
  audio: "cc-audio",
  ringback: "cc-ringback",
  ringer: "cc-ringer",
  statusMenu: "cc-status-menu",
  transfer: "cc-transfer",
  transferToggle: "cc-transfer-toggle",
  transferTo: "cc-transfer-to",
  transferBlind: "cc-transfer-blind",
  transferAttended: "cc-transfer-attended",
  colleagues: "cc-colleagues",
  colleaguesFound: "cc-colleagues-found",
  quality: "cc-quality",
  number: "cc-number",
  erase: "cc-erase",
  main: "cc-main",
  refusal: "cc-refusal",
  remark: "cc-remark",
  remarkMark: "cc-remark-mark",
  keypad: "cc-keypad",
  keypadToggle: "cc-keypad-toggle",
  tones: "cc-tones",
  devices: "cc-devices",
  devicesButton: "cc-devices-button",
  deviceRefusal: "cc-device-refusal",
  level: "cc-level",
  checkResults: "cc-check-results",
  checkSummary: "cc-check-summary",
});

// What an agent speaks and hears with.
export const DEVICE = Object.freeze({ input: "input", output: "output", ringer: "ringer" });

// `t` of the JSON messages on the socket, both ways; anything else from the server is HTML for htmx.
export const WIRE = Object.freeze({
  auth: "auth",
  offer: "offer",
  dial: "dial",
  hangUp: "hang_up",
  mute: "mute",
  hold: "hold",
  keys: "keys",
  transfer: "transfer",
  completeTransfer: "complete_transfer",
  cancelTransfer: "cancel_transfer",
  swapCalls: "swap_calls",
  colleagues: "colleagues",
  answerCall: "answer_call",
  rejectCall: "reject_call",
  extendWrapUp: "extend_wrap_up",
  remark: "remark",
  finishWrapUp: "finish_wrap_up",
  signOut: "sign_out",
  devices: "devices",
  ping: "ping",
  ready: "ready",
  options: "options",
  refused: "refused",
  answer: "answer",
  leg: "leg",
  codec: "codec",
  status: "status",
  call: "call",
  quality: "quality",
  token: "token",
  reattached: "reattached",
  result: "result",
  http: "http",
  pong: "pong",
});

// `t` of the messages on the MessageChannel with the element.
export const PORT = Object.freeze({
  hello: "hello",
  register: "register",
  theme: "theme",
  method: "method",
  state: "state",
  event: "event",
  result: "result",
  since: "since",
  size: "size",
  title: "title",
  notify: "notify",
});

export const EVENT = Object.freeze({
  seatStatus: "onSeatStatus",
  call: "onCall",
  webrtcStatus: "onWebrtcStatus",
  http: "onHttp",
  incoming: "onIncoming",
  mute: "onMute",
  hold: "onHold",
  quality: "onQuality",
  token: "onToken",
  reattached: "onReattached",
});

// How a call is handed over, in transferCall() and on the wire.
export const KIND = Object.freeze({ blind: "blind", attended: "attended" });

// States of the connection to the server.
export const LINK = Object.freeze({
  idle: "idle",
  connecting: "connecting",
  ready: "ready",
  waiting: "waiting",
  refused: "refused",
  elsewhere: "elsewhere",
});

// States of the browser's audio leg.
export const LEG = Object.freeze({ down: "down", connecting: "connecting", up: "up", blocked: "blocked" });

export const CLOSE = Object.freeze({ refused: 4401, elsewhere: 4408, ours: 1000 });

export const STAGE = Object.freeze({
  idle: "idle",
  calling: "calling",
  ringing: "ringing",
  incoming: "incoming",
  talking: "talking",
  consulting: "consulting",
  wrapUp: "wrap_up",
  none: "none",
});

export const SECONDS = Object.freeze({
  command: 15,
  register: 30,
  negotiation: 10,
  ping: 20,
  pong: 10,
  reconnectFirst: 0.5,
  reconnectLast: 15,
  remarkDelay: 0.8,
  longPress: 0.5,
  blink: 1,
});

export const NUMBER_LIMIT = 20;
