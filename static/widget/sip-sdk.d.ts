// Types of sip-sdk.js: the element <cc-sdk>, its events, and window.ccSdk.
// Reference it from a TypeScript project: /// <reference path="sip-sdk.d.ts" />

/** 1 offline, 2 idle, 3 busy, 4 after-call work, 5 short break. */
type CcSeatStatus = 1 | 2 | 3 | 4 | 5;
/** 1 calling, 2 ringing, 3 talking, 4 call ended, 5 rejected or hung up before it was established. */
type CcCallStatus = 1 | 2 | 3 | 4 | 5;
/** 0 disconnected, 1 connected. */
type CcWebrtcStatus = 0 | 1;

/** What a rejected Promise carries; `code` and `reason` are stable, `message` is for people. */
interface CcError extends Error {
  readonly code: number;
  readonly reason: string;
}

interface CcAnswer {
  readonly code: number;
  readonly message: string;
  readonly reason?: string;
  /** Of hangupCall(): the error's own code, beside 999901. */
  readonly cause?: number;
}

interface CcRegisterOptions {
  /** The credential that createSdkAuthentication gave, with or without "Bearer ". */
  token: string;
  /** true turns the workbench off: the element takes space during a call only. */
  noWorkMode?: boolean;
  /** Show notes (call remarks). */
  isRemark?: boolean;
  /** Show the callee's information. */
  isInformation?: boolean;
  /** Display language, a tag such as "en" or "pt-BR". */
  lang?: string;
}

interface CcAgent {
  readonly account: string;
  readonly name: string;
}

interface CcCall {
  readonly callStatus: CcCallStatus;
  /** As dialled, "+" included. */
  readonly calledNumber: string;
  readonly callId: string;
  readonly direction: "outbound" | "inbound";
  readonly callerNumber: string;
  readonly info: string;
  /** Why it ended, a stable slug; null while it lives. */
  readonly reason: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  /** Whole seconds talked. */
  readonly duration: number | null;
  /** Number or account to which it was handed over. */
  readonly transferredTo: string | null;
}

interface CcDevice {
  /** This browser's id; another browser has another one for the same device. */
  readonly id: string;
  readonly label: string;
}

/** Lists are empty until the microphone is allowed; `input`, `output` and `ringer` are ids in use, "" = the default. */
interface CcDeviceState extends Required<CcDevices> {
  readonly inputs: readonly CcDevice[];
  readonly outputs: readonly CcDevice[];
}

interface CcState {
  readonly signedIn: boolean;
  readonly seatStatus: CcSeatStatus;
  readonly webrtcStatus: CcWebrtcStatus;
  /** The live call. */
  readonly call: CcCall | null;
  readonly muted: boolean;
  readonly held: boolean;
  /** Whether the workbench is folded to a bar. */
  readonly folded: boolean;
  readonly devices: CcDeviceState;
}

/** `mos` 1 to 4.5 (ITU-T G.107), `loss` 0 to 1 of the worst direction, `verdict` where it suffers. */
interface CcQuality {
  readonly mos: number;
  readonly loss: number;
  readonly jitter_ms: number;
  readonly round_trip_ms: number | null;
  readonly verdict:
    | "good"
    | "agent_network"
    | "our_server"
    | "carrier"
    | "agent_silent"
    | "carrier_silent"
    | "both_silent";
}

/** Ids or labels as getState().devices lists them; "" = the system's default. What is left out stays. */
interface CcDevices {
  input?: string;
  output?: string;
  ringer?: string;
}

/** `detail[0]` is the value; an object's fields are there on `detail` itself as well. */
type CcDetail<T> = readonly [T] & (T extends object ? Readonly<T> : unknown);
type CcEvent<T> = CustomEvent<CcDetail<T>>;

interface CcEventMap {
  onSeatStatus: CcEvent<CcSeatStatus>;
  onCall: CcEvent<CcCall>;
  onWebrtcStatus: CcEvent<CcWebrtcStatus>;
  onHttp: CcEvent<CcAnswer>;
  /** An inbound call rings. */
  onIncoming: CcEvent<CcCall>;
  /** The agent's microphone was turned off (true) or on. */
  onMute: CcEvent<boolean>;
  /** The other side was put on hold (true) or taken back. */
  onHold: CcEvent<boolean>;
  /** How the call sounds: early in it, every few seconds when that changed, and at once when a side falls silent. */
  onQuality: CcEvent<CcQuality>;
  /** The credential ends in so many seconds: fetch a new one and call register() again. */
  onToken: CcEvent<{ readonly seconds: number }>;
  /** This page was loaded during a call, which goes on here. */
  onReattached: CcEvent<CcCall>;
}

interface CcSdkElement extends HTMLElement {
  /** Starts a call; resolves with its id. `info` beyond 1,000 characters is cut off. */
  callPhone(options: { phone: string; info?: string }): Promise<string>;
  /** `code` 0 = hung up, 999901 = not. Never rejects. */
  hangupCall(callback?: (answer: CcAnswer) => void): Promise<CcAnswer>;
  /** Makes the audio connection anew; a live call goes on. */
  reConnectWebrtc(): Promise<null>;
  answerCall(): Promise<null>;
  rejectCall(): Promise<null>;
  mute(on?: boolean): Promise<null>;
  hold(on?: boolean): Promise<null>;
  /** 1 to 40 of 0-9, A-D, * and #, to the other side of a call that was answered. */
  sendDtmf(digits: string): Promise<null>;
  /**
   * Hands the call to a number, or to a colleague's account: "blind" at once, "attended" after talking to them in a second
   * call, which "complete" ends by joining the two, "cancel" by going back; "swap" talks to the other one.
   * Resolves when the server has begun; onCall tells the end (reason "transferred"), onHttp why it came to nothing.
   */
  transferCall(
    options: { to: string; type: "blind" | "attended" } | { type: "complete" | "cancel" | "swap" },
  ): Promise<null>;
  /** During a call it waits for the call's end. */
  setSeatStatus(status: 2 | 3 | 5): Promise<null>;
  /** Of the live call, or of the call that is wrapped up; without `labels` they stay. */
  setRemark(text: string, labels?: readonly string[]): Promise<null>;
  /** Chooses by id or label, in a live call as well; the server remembers it for the agent. */
  setDevices(devices: CcDevices): Promise<null>;
  /** Signs the agent out; the widget is empty until the next register(). */
  unregister(): Promise<void>;
  getState(): CcState;
  addEventListener<K extends keyof CcEventMap>(
    type: K,
    listener: (this: CcSdkElement, event: CcEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof CcEventMap>(
    type: K,
    listener: (this: CcSdkElement, event: CcEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

interface CcSdkGlobal {
  /** Resolves when the agent is signed in and the audio is up; rejects with a CcError. Again = renew. */
  register(options: CcRegisterOptions): Promise<CcAgent>;
}

interface Window {
  ccSdk: CcSdkGlobal;
}

declare const ccSdk: CcSdkGlobal;

interface HTMLElementTagNameMap {
  "cc-sdk": CcSdkElement;
}
