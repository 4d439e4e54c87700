// The microphone, and in words that help: why it cannot be had.

const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

const REASONS = {
  NotAllowedError: "microphone_denied",
  SecurityError: "microphone_blocked",
  NotFoundError: "microphone_missing",
  OverconstrainedError: "microphone_missing",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
};

/** Fires "lost" when the device goes, "changed" when another took its place, "available" when a refused one might work now, "prompt" while the browser asks. */
export class Microphone extends EventTarget {
  #track = null;
  #live = false;
  #texts;
  #permission = null;
  #device = {}; // constraint
  #opening = null;
  #ahead = null; // {wanted, stream}: asked for before anybody needed it
  #mayPrepare = false;

  constructor(texts) {
    super();
    this.#texts = texts;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#track || this.#notify("available"));
  }

  /** Resolves with the audio track, asking once; rejects with a CcError that names the cause. */
  async track() {
    if (this.#track?.readyState === "live") return this.#track;
    this.#opening ??= this.#ask().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** Opens the device while the server still looks at the sign-in, where the browser asks nobody for it any more. */
  async prepare() {
    this.#mayPrepare = true;
    await this.#watchPermission();
    const isOpen = this.#track || this.#opening || this.#ahead;
    if (isOpen || !this.#mayPrepare || this.#permission?.state !== "granted") return;
    const audio = this.#wanted();
    const stream = navigator.mediaDevices.getUserMedia({ audio });
    stream.catch(() => {}); // said when it is needed
    this.#ahead = { wanted: JSON.stringify(audio), stream };
  }

  /** Nobody will need what was prepared. */
  giveBack() {
    this.#mayPrepare = false;
    this.#ahead?.stream.then(stopAll, () => {});
    this.#ahead = null;
  }

  /** Which device to open where it is there, "" = the system's default. */
  prefer(device) {
    this.#device = device ? { deviceId: { ideal: device } } : {};
  }

  /** Changes to another device, under a live call as well; the old one goes on where the new one cannot be opened. */
  async use(device) {
    await this.#opening?.catch(() => {}); // who asked for it reports it
    const old = this.#track;
    if (old && old.getSettings().deviceId !== device) await this.#open(device ? { deviceId: { exact: device } } : {});
    this.prefer(device);
    if (!old || old === this.#track) return;
    old.stop();
    this.#notify("changed");
  }

  async #ask() {
    if (!navigator.mediaDevices) throw this.#insecure();
    await this.#watchPermission();
    if (this.#permission?.state === "prompt") this.#notify("prompt");
    try {
      return await this.#open();
    } finally {
      this.#notify("prompted");
    }
  }

  async #open(device = this.#device) {
    try {
      const stream = await this.#stream(this.#wanted(device));
      this.#adopt(stream.getAudioTracks()[0]);
      return this.#track;
    } catch (error) {
      throw this.#texts.error(reasonOf(error));
    }
  }

  #wanted(device = this.#device) {
    return { ...PROCESSING, ...device };
  }

  // What was prepared is taken only if it is the same: the server may have remembered another device.
  #stream(audio) {
    const ahead = this.#ahead;
    if (ahead?.wanted !== JSON.stringify(audio)) {
      this.giveBack();
      return navigator.mediaDevices.getUserMedia({ audio });
    }
    this.#ahead = null;
    return ahead.stream;
  }

  /** Opens the microphone for a call and closes it after: outside calls nothing is sent but silence. */
  live(on) {
    this.#live = on;
    if (this.#track) this.#track.enabled = on;
  }

  /** Gives the device back, so that the browser's recording mark goes out. */
  release() {
    this.giveBack();
    this.#track?.stop();
    this.#track = null;
  }

  #adopt(track) {
    this.#track = track;
    track.enabled = this.#live;
    track.addEventListener("ended", () => {
      if (track !== this.#track) return;
      this.#track = null;
      this.#notify("lost");
    });
  }

  async #watchPermission() {
    if (this.#permission) return;
    try {
      this.#permission = await navigator.permissions.query({ name: "microphone" });
      this.#permission.addEventListener(
        "change",
        () => this.#permission.state === "granted" && this.#notify("available"),
      );
    } catch {
      this.#permission = null; // this browser does not tell; asking still works
    }
  }

  #insecure() {
    const policy = window.isSecureContext ? undefined : this.#texts.text("microphone_insecure");
    return this.#texts.error("microphone_blocked", policy);
  }

  #notify(name) {
    this.dispatchEvent(new Event(name));
  }
}

function stopAll(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function reasonOf(error) {
  const policy = document.permissionsPolicy ?? document.featurePolicy;
  if (error.name === "NotAllowedError" && policy?.allowsFeature("microphone") === false) return "microphone_blocked";
  return REASONS[error.name] ?? "microphone_busy";
}
