/**
 * The customer's own microphone and camera: asked for, muted, switched, flipped, got back after the phone took them
 * away. No DOM.
 *
 * @typedef {"denied" | "missing_camera" | "missing_microphone" | "missing_both" | "busy"} CaptureFault
 * @typedef {{camera: boolean, microphone: boolean}} Wanted
 * @typedef {object} CaptureHandlers
 * @property {(kind: "audio" | "video", track: MediaStreamTrack | null) => void} onTrack  another track (or none) is in use
 * @property {() => void} onChange  something to show has changed
 */

const SETTLE_MS = 1500;
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/** Why nothing could be captured. */
export class CaptureError extends Error {
  /** @param {CaptureFault} fault */
  constructor(fault) {
    super(fault);
    this.fault = fault;
  }
}

export class Capture {
  /** @type {MediaStreamTrack | null} */ audio = null;
  /** @type {MediaStreamTrack | null} */ video = null;
  /** @type {"user" | "environment"} */ facing = "environment";
  muted = false;
  cameraWanted = false;
  cameras = 0;
  /** @type {CaptureFault | ""} */ cameraFault = "";
  microphoneLost = false;
  #held = false;
  #exchanging = false;
  #stopped = true;
  /** @type {Promise<void>} */ #work = Promise.resolve();
  #onDevices = () => void this.#count().then(() => this.refresh());

  /** @param {CaptureHandlers} handlers @param {MediaDevices} [devices] */
  constructor(handlers, devices = navigator.mediaDevices) {
    this.handlers = handlers;
    this.devices = devices;
  }

  /** Whether the picture shows the customer rather than what is before them. */
  get selfie() {
    return this.video?.getSettings().facingMode === "user";
  }

  /** What is in use; a camera that is being exchanged for another counts. @returns {Wanted} */
  get captured() {
    return { camera: this.cameraWanted && (this.video !== null || this.#exchanging), microphone: this.audio !== null };
  }

  /** Asks for what the customer has just agreed to. Rejects with CaptureError. @param {Wanted} wanted */
  async start(wanted) {
    this.#stopped = false;
    if (!wanted.camera && !wanted.microphone) return;
    const stream = await this.#get({ audio: wanted.microphone && AUDIO, video: wanted.camera && this.#picture() });
    this.cameraWanted = wanted.camera;
    this.#use("audio", stream.getAudioTracks()[0] ?? null);
    this.#use("video", stream.getVideoTracks()[0] ?? null);
    this.devices.addEventListener("devicechange", this.#onDevices);
    await this.#count();
  }

  stop() {
    this.#stopped = true;
    this.devices?.removeEventListener("devicechange", this.#onDevices);
    this.audio?.stop();
    this.video?.stop();
    this.audio = this.video = null;
    this.cameraWanted = false;
  }

  /** @param {boolean} on */
  setMuted(on) {
    this.muted = on;
    this.#gate();
    this.handlers.onChange();
  }

  /** On hold nothing is said, whatever the agent's end does with it. @param {boolean} on */
  setHeld(on) {
    this.#held = on;
    this.#gate();
  }

  /** Off means off: the camera is let go, so its light goes out. @param {boolean} on */
  setCamera(on) {
    this.cameraWanted = on;
    this.cameraFault = "";
    this.handlers.onChange();
    return this.#do(() => this.#matchCamera());
  }

  /** The other camera. Phones open one at a time, so the present one goes first. */
  flip() {
    return this.#exchange(async () => {
      const before = this.facing;
      const beforeId = this.video?.getSettings().deviceId;
      this.facing = before === "user" ? "environment" : "user";
      this.#letGo();
      await this.#reopen(beforeId).catch(() => {
        this.facing = before;
        return this.#matchCamera();
      });
    });
  }

  /** Gets back what the system took while the page was in the background. */
  refresh() {
    return this.#exchange(async () => {
      if ([this.audio, this.video].some((track) => track?.muted)) await settled(this.audio, this.video);
      if (gone(this.audio)) await this.#reopenMicrophone();
      if (this.cameraWanted && gone(this.video)) {
        this.#letGo();
        await this.#matchCamera();
      }
    });
  }

  /** @param {() => unknown} step @returns {Promise<void>} */
  #do(step) {
    const run = async () => {
      if (!this.#stopped) await step();
    };
    this.#work = this.#work.then(run).catch((error) => console.warn("capture:", error.message));
    return this.#work;
  }

  /** A step in which the camera goes, to be back in a moment. @param {() => Promise<unknown>} step */
  #exchange(step) {
    return this.#do(async () => {
      this.#exchanging = true;
      try {
        await step();
      } finally {
        this.#exchanging = false;
        this.handlers.onChange();
      }
    });
  }

  async #matchCamera() {
    if (!this.cameraWanted) return this.#letGo();
    if (this.video) return undefined;
    try {
      return await this.#reopen();
    } catch (error) {
      this.cameraWanted = false;
      this.cameraFault = error instanceof CaptureError ? error.fault : "busy";
      return this.handlers.onChange();
    }
  }

  /** @param {string} [notThis]  the device to turn away from, where cameras have no facing (desktops) */
  async #reopen(notThis) {
    const other = notThis && (await this.#other(notThis));
    const video = other ? { ...PICTURE, deviceId: { exact: other } } : this.#picture();
    const stream = await this.#get({ video });
    this.#use("video", stream.getVideoTracks()[0] ?? null);
  }

  async #reopenMicrophone() {
    const stream = await this.#get({ audio: AUDIO }).catch(() => null);
    this.microphoneLost = stream === null;
    if (!stream) return this.handlers.onChange();
    this.audio?.stop();
    return this.#use("audio", stream.getAudioTracks()[0] ?? null);
  }

  /** The next camera after `id`, if this machine's cameras do not say which way they face. @param {string} id */
  async #other(id) {
    const cameras = (await this.devices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    const facing = cameras.some((camera) => /** @type {any} */ (camera).getCapabilities?.().facingMode?.length);
    if (facing || cameras.length < 2) return "";
    const at = cameras.findIndex((camera) => camera.deviceId === id);
    return cameras[(at + 1) % cameras.length].deviceId;
  }

  #picture() {
    return { ...PICTURE, facingMode: this.facing };
  }

  /** @param {MediaStreamConstraints} constraints */
  async #get(constraints) {
    try {
      return await this.devices.getUserMedia(constraints);
    } catch (error) {
      throw new CaptureError(await this.#fault(/** @type {DOMException} */ (error), constraints));
    }
  }

  /** @param {DOMException} error @param {MediaStreamConstraints} constraints @returns {Promise<CaptureFault>} */
  async #fault(error, constraints) {
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
    if (error.name !== "NotFoundError" && error.name !== "OverconstrainedError") return "busy";
    const kinds = (await this.devices.enumerateDevices()).map((device) => device.kind);
    const noMicrophone = Boolean(constraints.audio) && !kinds.includes("audioinput");
    const noCamera = Boolean(constraints.video) && !kinds.includes("videoinput");
    if (noMicrophone && noCamera) return "missing_both";
    return noMicrophone || !constraints.video ? "missing_microphone" : "missing_camera";
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  #use(kind, track) {
    if (this.#stopped) return track?.stop();
    this[kind] = track;
    track?.addEventListener("ended", () => void this.refresh());
    this.#gate();
    this.handlers.onTrack(kind, track);
    return this.handlers.onChange();
  }

  #letGo() {
    this.video?.stop();
    this.#use("video", null);
  }

  #gate() {
    if (this.audio) this.audio.enabled = !this.muted && !this.#held;
  }

  async #count() {
    const devices = await this.devices.enumerateDevices();
    this.cameras = devices.filter((device) => device.kind === "videoinput").length;
    this.handlers.onChange();
  }
}

/** @param {MediaStreamTrack | null} track */
function gone(track) {
  return track !== null && (track.readyState === "ended" || track.muted);
}

/** A phone gives most tracks back by itself a moment after the page is shown again. @param {(MediaStreamTrack | null)[]} tracks */
async function settled(...tracks) {
  const muted = tracks.filter((track) => track?.muted);
  const unmuted = muted.map((track) => new Promise((resolve) => track?.addEventListener("unmute", resolve, { once: true })));
  await Promise.race([Promise.all(unmuted), new Promise((resolve) => setTimeout(resolve, SETTLE_MS))]);
}
