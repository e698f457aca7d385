/**
 * The customer's own screen: shared by nobody but them, by the browser's own picker; paused, stopped; and asked for by the agent.
 * What is said of it on the control channel: coachdesk/screenwire.py. No DOM.
 *
 * @typedef {"" | "offer" | "choosing" | "on" | "paused"} ShareStage  offer: who will see it is told, and nothing is shared yet
 * @typedef {"" | "denied" | "cannot" | "refused" | "ended"} ShareFault  why nothing is shared, where that was not the customer's wish on this page
 * @typedef {{kind: "screen", state: "off" | "on" | "paused", able: boolean, declined: boolean}} Shown
 * @typedef {object} ShareOptions
 * @property {boolean} able  this browser can share a screen
 * @property {(source: string, state: "on" | "blank" | "off") => Promise<unknown>} record  tells the server, which may refuse `on`
 * @property {(track: MediaStreamTrack | null) => void} onTrack  what is to be sent from now on
 * @property {(shown: Shown) => void} tell  the agent's endpoint
 * @property {() => void} onChange
 * @property {Pick<MediaDevices, "getDisplayMedia">} [devices]
 */

/** Larger pictures would be shown at a fraction of their size; what text needs is sharpness, not frames. */
const TEXT_FRAMES = 15;
const MOTION_FRAMES = 30;
const SIZE = { width: { max: 1920 }, height: { max: 1200 } };
const WANTED = {
  audio: false,
  selfBrowserSurface: "exclude",
  surfaceSwitching: "include",
};

/** What the server calls the browsers' kinds of surfaces. @type {Record<string, string>} */
const SOURCES = { monitor: "screen", window: "window", browser: "tab" };

export class ScreenShare {
  /** @type {ShareStage} */ stage = "";
  /** @type {ShareFault} */ fault = "";
  /** The agent would like to see it. */
  asked = false;
  /** What is going to be shared is a video or an animation: smooth before sharp. */
  motion = false;
  /** @type {MediaStreamTrack | null} */ #track = null;
  #declined = false;
  #source = "";

  /** @param {ShareOptions} options */
  constructor(options) {
    this.options = options;
    this.devices = options.devices ?? navigator.mediaDevices;
  }

  get sharing() {
    return this.stage === "on" || this.stage === "paused";
  }

  /** What the agent's endpoint is to know. @returns {Shown} */
  get shown() {
    const state = this.stage === "on" || this.stage === "paused" ? this.stage : "off";
    return { kind: "screen", state, able: this.options.able, declined: this.#declined };
  }

  /** What is sent at present. */
  get track() {
    return this.stage === "on" ? this.#track : null;
  }

  /** The agent's endpoint says something on the control channel; what is not about the screen is ignored. @param {string} text */
  heard(text) {
    const message = parse(text);
    if (message?.kind !== "ask_screen" || typeof message.on !== "boolean") return;
    if (message.on) this.#wanted();
    else this.#unwanted();
  }

  /** The customer would like to share: told who will see it, they choose. */
  offer() {
    if (this.options.able && this.stage === "") this.#enter("offer");
  }

  /** To be called within a click: the browser asks what is to be shared. */
  async choose() {
    if (this.stage !== "offer") return;
    this.#enter("choosing");
    const chosen = await this.#capture();
    if (this.stage !== "choosing") return chosen?.stop(); // the call is over
    if (!chosen) return this.#drop(this.fault);
    this.#source = SOURCES[chosen.getSettings().displaySurface ?? ""] ?? "screen";
    const allowed = await this.#allowed();
    if (!allowed || this.stage !== "choosing") chosen.stop();
    if (this.stage !== "choosing") return undefined;
    if (!allowed) return this.#drop("refused");
    chosen.contentHint = this.motion ? "motion" : "text";
    chosen.onended = () => this.#track === chosen && this.#drop("ended");
    this.#track = chosen;
    this.asked = false;
    this.#enter("on");
    return undefined;
  }

  /** To show it again takes the server's leave, as to begin does. @param {boolean} on */
  async pause(on) {
    if (!on && this.stage === "paused") {
      const allowed = await this.#allowed();
      if (this.stage === "paused") this.#enter(allowed ? "on" : "paused", allowed ? "" : "refused");
    } else if (on && this.sharing) {
      this.#enter("paused");
      this.#tellServer("blank");
    }
  }

  /** Not now, or not any more. */
  stop() {
    if (this.stage !== "choosing") this.#drop("");
  }

  /** The call is over, as the server knows. */
  end() {
    this.asked = false;
    this.#source = "";
    this.#drop("");
  }

  #wanted() {
    this.asked = true;
    this.#declined = false;
    if (!this.options.able || this.sharing) this.options.tell(this.shown);
    else if (this.stage === "") this.#enter("offer");
    else this.options.onChange();
  }

  #unwanted() {
    const only = this.asked && this.stage === "offer";
    this.asked = false;
    if (only) this.#enter("");
    else this.options.onChange();
  }

  /** @param {ShareFault} fault */
  #drop(fault) {
    const track = this.#track;
    this.#track = null;
    this.#declined = this.asked && this.stage !== "";
    this.asked = false;
    this.#enter("", fault);
    track?.stop();
    if (track) this.#tellServer("off");
  }

  /** @returns {Promise<boolean>} */
  #allowed() {
    return this.options.record(this.#source, "on").then(() => true, () => false);
  }

  /** What it does not hear of, it ends with the call. @param {"blank" | "off"} state */
  #tellServer(state) {
    if (this.#source) this.options.record(this.#source, state).catch(() => {});
  }

  /** @returns {Promise<MediaStreamTrack | null>} */
  async #capture() {
    try {
      const frameRate = { max: this.motion ? MOTION_FRAMES : TEXT_FRAMES };
      const stream = await this.devices.getDisplayMedia({ ...WANTED, video: { ...SIZE, frameRate } });
      return stream.getVideoTracks()[0] ?? null;
    } catch (error) {
      this.fault = /** @type {Error} */ (error).name === "NotAllowedError" ? "denied" : "cannot";
      return null;
    }
  }

  /** @param {ShareStage} stage @param {ShareFault} [fault] */
  #enter(stage, fault = "") {
    if (stage === this.stage && fault === this.fault) return;
    this.stage = stage;
    this.fault = fault;
    if (stage) this.#declined = false;
    this.options.tell(this.shown); // before the last pictures, which are not looked at any more then
    this.options.onTrack(this.track);
    this.options.onChange();
  }
}

/** What the agent's endpoint says on the control channel. @param {string} text @returns {any} null where it is no JSON */
export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
