// What the server's screen says, read from the stage's attributes.

import { ID, STAGE } from "./constants.js";

export const LIVE = Object.freeze([STAGE.calling, STAGE.ringing, STAGE.incoming, STAGE.talking, STAGE.consulting]);

/** `beside`: the state of the call with somebody who is asked meanwhile, "" = nobody; `held`: of the one that is heard;
 * `heard`: the id of the call in which the two talk, "" = none.
 * @returns {{stage: string, beside: string, live: boolean, muted: boolean, held: boolean, earlyMedia: boolean, callId: string, heard: string, party: string}} */
export function readScreen() {
  const {
    stage,
    beside = "",
    muted,
    held,
    earlyMedia,
    callId = "",
    heard = "",
    party = "",
  } = document.getElementById(ID.stage).dataset;
  return {
    stage,
    beside,
    live: LIVE.includes(stage),
    muted: muted === "yes",
    held: held === "yes",
    earlyMedia: earlyMedia === "yes",
    callId,
    heard,
    party,
  };
}
