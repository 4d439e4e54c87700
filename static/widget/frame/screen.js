// What the server's screen says, read from the stage's attributes.

import { ID, STAGE } from "./constants.js";

export const LIVE = Object.freeze([STAGE.calling, STAGE.ringing, STAGE.incoming, STAGE.talking]);

/** @returns {{stage: string, live: boolean, muted: boolean, held: boolean, earlyMedia: boolean, callId: string, party: string}} */
export function readScreen() {
  const { stage, muted, held, earlyMedia, callId = "", party = "" } = document.getElementById(ID.stage).dataset;
  return {
    stage,
    live: LIVE.includes(stage),
    muted: muted === "yes",
    held: held === "yes",
    earlyMedia: earlyMedia === "yes",
    callId,
    party,
  };
}
