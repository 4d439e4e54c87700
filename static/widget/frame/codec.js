// Which of the negotiated codecs a browser sends: it takes the first one of the answer.

const USUAL_PTIME = 20;

/** The answer with this codec before all others, and its packet time; as it was where nothing has to change. */
export function preferring(answer, { name, ptime }) {
  const number = answer.match(new RegExp(`^a=rtpmap:(\\d+) ${name}/`, "im"))?.[1];
  const [, head, formats] = answer.match(/^(m=audio \d+ \S+) (.*)$/m) ?? [];
  const before = Number(answer.match(/^a=ptime:(\d+)/m)?.[1] ?? USUAL_PTIME);
  if (!number || !head || (formats.startsWith(`${number} `) && before === ptime)) return answer;
  const others = formats.split(" ").filter((format) => format !== number);
  const ordered = answer.replace(`${head} ${formats}`, [head, number, ...others].join(" "));
  return `${ordered.replace(/^a=ptime:.*\r\n/m, "")}a=ptime:${ptime}\r\n`;
}

/** Has a connected peer send another codec: a negotiation with itself, as the server takes any of those it answered. */
export async function speak(peer, spoken) {
  const answer = preferring(peer.currentRemoteDescription.sdp, spoken);
  if (answer === peer.currentRemoteDescription.sdp || peer.signalingState !== "stable") return;
  await peer.setLocalDescription();
  await peer.setRemoteDescription({ type: "answer", sdp: answer });
}
