// The browser's audio leg: one RTCPeerConnection to the server, watched, and made anew when it fails.
//
// A new leg is built beside the old one, which plays until the new one is up; so a lost socket or a changed network
// costs as little sound as possible.

import { Backoff } from "./backoff.js";
import { speak } from "./codec.js";
import { LEG, LINK, SECONDS, WIRE } from "./constants.js";
import { until, within } from "./waiting.js";

const TONE_MILLISECONDS = 160;
const TONE_GAP_MILLISECONDS = 70;

/** Fires "leg" (detail: LEG state) on changes and "failed" (detail: CcError) after each failed attempt. */
export class Media extends EventTarget {
  state = LEG.down;
  /** What the server says of TURN: the argument of each RTCPeerConnection. */
  ice = {};
  #connection;
  #microphone;
  #sound;
  #texts;
  #peer = null;
  #attempt = null;
  #generation = 0;
  #serverUp = false;
  #backoff = new Backoff();
  #timer = 0;
  #spoken = null;
  #agreed = Promise.resolve();

  constructor({ connection, microphone, sound, texts }) {
    super();
    this.#connection = connection;
    this.#microphone = microphone;
    this.#sound = sound;
    this.#texts = texts;
    for (const name of ["lost", "changed"]) microphone.addEventListener(name, () => this.#replaceTrack());
    microphone.addEventListener("available", () => this.state === LEG.blocked && this.#retry());
    connection.addEventListener("link", ({ detail: link }) => {
      if (link === LINK.connecting) microphone.prepare();
      else if (link !== LINK.ready) microphone.giveBack();
      this.dispatchEvent(new Event("server"));
    });
  }

  /** Builds the leg, or joins the attempt that is under way; resolves when it is up on both sides. */
  connect() {
    clearTimeout(this.#timer);
    if (this.#attempt) return this.#attempt;
    const attempt = this.#build(this.#generation).finally(() => {
      if (this.#attempt === attempt) this.#attempt = null;
    });
    this.#attempt = attempt;
    return attempt;
  }

  /** Resolves when audio is up, or will not be within a moment: a call that is wanted right after a reconnect waits. */
  async settled() {
    if (this.#attempt && !this.#serverUp) await within(this.#attempt, SECONDS.settling).catch(() => {});
  }

  /** What the server says about the leg. It says changes only, so a leg that replaces a live one is up as the old was. */
  serverSays(state) {
    this.#serverUp = state === "connected";
    this.dispatchEvent(new Event("server"));
    if (!this.#serverUp && !this.#attempt && this.#peer) this.#down();
  }

  /** The codec that the carrier took: sent from now on, also by a leg that comes later in this call. */
  speak(spoken) {
    this.#spoken = spoken;
    this.#agree();
  }

  /** The server has a better place for this leg: a new one is built beside it. */
  renew() {
    this.#retry();
  }

  /** A new socket: the server says the leg's state anew. */
  forgetServer() {
    this.#serverUp = false;
  }

  /** Drops the leg and the microphone: signed out, or in use elsewhere. */
  close() {
    this.#generation += 1;
    this.#attempt = null;
    clearTimeout(this.#timer);
    this.#drop();
    this.#microphone.release();
    this.#enter(LEG.down);
  }

  /** Sends keys as RFC 4733 tones, or has the server send them, where the leg cannot or the carrier takes no tones. */
  async press(digits) {
    if (this.#spoken?.signalsKeys || !this.#sendTones(digits)) await this.#connection.request({ t: WIRE.keys, digits });
  }

  #sendTones(digits) {
    const sender = this.#peer?.getSenders().find((candidate) => candidate.dtmf)?.dtmf;
    if (!sender?.canInsertDTMF) return false;
    sender.insertDTMF(sender.toneBuffer + digits, TONE_MILLISECONDS, TONE_GAP_MILLISECONDS);
    return true;
  }

  /** Sends another track in place of the microphone's, without a new negotiation; null = the microphone again. */
  async send(track) {
    const [sender] = this.#peer?.getSenders() ?? [];
    await sender?.replaceTrack(track ?? (await this.#microphone.track()));
  }

  /** The browser's count of what the microphone gave to this leg, or null where it keeps none. */
  async loudness() {
    const report = await this.#peer?.getSenders()[0].getStats();
    return [...(report?.values() ?? [])].find((one) => one.totalAudioEnergy !== undefined) ?? null;
  }

  /** What comes from the server, or undefined. */
  get received() {
    return this.#peer?.getReceivers()[0]?.track;
  }

  async #build(generation) {
    if (this.state !== LEG.up) this.#enter(LEG.connecting);
    let peer = null;
    try {
      const track = await this.#microphone.track();
      this.#demand(generation);
      peer = new RTCPeerConnection(this.ice);
      peer.addTransceiver(track, { direction: "sendrecv" });
      await within(this.#negotiate(peer), SECONDS.negotiation);
      this.#demand(generation);
      this.#adopt(peer);
    } catch (error) {
      peer?.close();
      throw this.#failed(error, generation);
    }
  }

  // The offer leaves at once and without candidates: the server learns the browser's address from its first packet,
  // and mDNS names (.local) would only make it wait.
  async #negotiate(peer) {
    await peer.setLocalDescription();
    const sdp = peer.localDescription.sdp.replace(/^a=candidate:.*\.local .*\r\n/gm, "");
    const answer = await this.#connection.request({ t: WIRE.offer, sdp }, SECONDS.negotiation);
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await until(peer, "connectionstatechange", () => isConnected(peer));
    // Without a socket nobody can say it: then the leg is up as far as the browser knows, rather than given up.
    await until(this, "server", () => this.#serverUp || this.#connection.state !== LINK.ready);
  }

  #adopt(peer) {
    const old = this.#peer;
    this.#peer = peer;
    this.#backoff.reset();
    peer.addEventListener("connectionstatechange", () => {
      if (peer === this.#peer && peer.connectionState !== "connected") this.#down();
    });
    this.#sound.play(new MediaStream(peer.getReceivers().map((receiver) => receiver.track)));
    old?.close();
    this.#enter(LEG.up);
    this.#agree();
  }

  // One after the other, as a peer takes one negotiation at a time; a peer that went away meanwhile needs none.
  #agree() {
    const peer = this.#peer;
    if (!peer || !this.#spoken) return;
    this.#agreed = this.#agreed.then(() => speak(peer, this.#spoken)).catch(() => {});
  }

  #down() {
    this.#drop();
    this.#enter(LEG.down);
    if (this.#connection.state === LINK.ready) this.#retry();
  }

  #drop() {
    const peer = this.#peer;
    this.#peer = null;
    peer?.close();
  }

  #failed(error, generation) {
    const known = error.reason ? error : this.#texts.error("media_failed");
    if (generation !== this.#generation) return known;
    const microphone = known.reason.startsWith("microphone_");
    this.dispatchEvent(new CustomEvent("failed", { detail: known }));
    if (!this.#peer) this.#enter(microphone ? LEG.blocked : LEG.down);
    if (!microphone && this.#connection.state === LINK.ready) this.#schedule();
    return known;
  }

  #schedule() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#retry(), this.#backoff.next() * 1000);
  }

  #retry() {
    if (this.#connection.state === LINK.ready) this.connect().catch(() => {}); // reported by "failed"
  }

  async #replaceTrack() {
    try {
      await this.send(null);
    } catch (error) {
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    }
  }

  #demand(generation) {
    if (generation !== this.#generation) throw this.#texts.error("not_connected");
  }

  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("leg", { detail: state }));
  }
}

function isConnected(peer) {
  if (["failed", "closed"].includes(peer.connectionState)) throw new Error(`peer connection ${peer.connectionState}`);
  return peer.connectionState === "connected";
}
