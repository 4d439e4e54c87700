// Every name that two modules, the frame and the server, or the frame and the element share.

/** From "hangUp" and "_" to {hangUp: "hang_up"}: what is written like its key, apart from where words meet. */
function named(keys, between = "", before = "") {
  const written = (key) => before + key.replace(/[A-Z]/g, (letter) => between + letter.toLowerCase());
  return Object.freeze(Object.fromEntries(keys.split(" ").map((key) => [key, written(key)])));
}

export const ID = named(
  "data status local notice stage say audio ringback ringer statusMenu transfer transferToggle " +
    "transferTo transferBlind transferAttended colleagues colleaguesFound quality number erase main " +
    "refusal headerRefusal fold bar barMain found foundCount remark remarkMark keypad keypadToggle tones " +
    "devices devicesButton deviceRefusal level checkResults checkSummary",
  "-",
  "cc-",
);

// What an agent speaks and hears with.
export const DEVICE = named("input output ringer");

// `t` of the JSON messages on the socket, both ways; anything else from the server is HTML for htmx.
export const WIRE = named(
  "auth offer dial hangUp mute hold keys transfer completeTransfer cancelTransfer swapCalls colleagues " +
    "answerCall rejectCall extendWrapUp remark finishWrapUp signOut devices fold search ping ready " +
    "options refused answer leg codec renew status call quality token reattached result http pong",
  "_",
);

// `t` of the messages on the MessageChannel with the element.
export const PORT = named("hello register theme method state event result since size name title notify");

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
export const KIND = named("blind attended");

// States of the connection to the server.
export const LINK = named("idle connecting ready waiting refused elsewhere");

// States of the browser's audio leg.
export const LEG = named("down connecting up blocked");

export const CLOSE = Object.freeze({ refused: 4401, elsewhere: 4408, ours: 1000 });

export const STAGE = named("idle calling ringing incoming talking consulting wrapUp none", "_");

export const SECONDS = Object.freeze({
  command: 15,
  register: 30,
  negotiation: 10,
  settling: 3,
  ping: 20,
  pong: 10,
  reconnectFirst: 0.5,
  reconnectLast: 15,
  remarkDelay: 0.8,
  longPress: 0.5,
  search: 0.15,
  blink: 1,
});

export const NUMBER_LIMIT = 20;
export const NAME_LIMIT = 64;
