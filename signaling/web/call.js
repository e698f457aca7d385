/**
 * The media of one call: the peer connection in use, the one being built to replace it, and when to ask for another.
 * No DOM.
 *
 * @typedef {import("./peer.js").Tracks} Tracks
 * @typedef {import("./peer.js").SignalBody} SignalBody
 * @typedef {"connecting" | "connected" | "lost"} MediaState  lost: it was connected before
 * @typedef {object} CallHandlers
 * @property {(body: SignalBody) => Promise<unknown>} send  to the agent; rejects where it cannot be sent now
 * @property {import("./ink.js").Ink} ink  gets the channels of the connection in use
 * @property {import("./stills.js").Stills} stills  gets its channel
 * @property {import("./screenshare.js").ScreenShare} share  what is said of the customer's screen on the control channel
 * @property {import("./agentscreen.js").AgentScreen} agentScreen  and of the agent's
 * @property {() => void} onChange  `state`, `audio`, `video`, `agentVisible` or `suspended` changed
 */

import { Peer } from "./peer.js";

const GRACE_MS = 2000; // a `disconnected` peer often comes back by itself
const ASK_AGAIN_MS = 8000;
const LOOK_EVERY_MS = 1000;
const STALE_LOOKS = 3;

export class Call {
  /** @type {Peer | null} */ #current = null;
  /** @type {Peer | null} */ #next = null;
  /** @type {Promise<void>} */ #work = Promise.resolve();
  /** @type {MediaState} */ state = "connecting";
  agentVisible = false;
  /** The line bears no pictures beside the sound: the customer's are not sent for now. */
  suspended = false;
  #askTimer = 0;
  #lookTimer = 0;
  #pictures = 0;
  #sameLooks = 0;
  #closed = false;

  /** @param {RTCIceServer[]} ice @param {Tracks} tracks @param {CallHandlers} handlers */
  constructor(ice, tracks, handlers) {
    this.ice = ice;
    this.tracks = { ...tracks };
    this.handlers = handlers;
    this.#lookTimer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#askLater(ASK_AGAIN_MS);
  }

  /** The agent's sound. @returns {MediaStreamTrack | null} */
  get audio() {
    return this.#current?.remote("audio") ?? null;
  }

  /** The agent's picture; `agentVisible` says whether there is one to see. @returns {MediaStreamTrack | null} */
  get video() {
    return this.#current?.remote("video") ?? null;
  }

  /** The agent's screen, of which there may be nothing to see. @returns {MediaStreamTrack | null} */
  get screen() {
    return this.#current?.remote("screen") ?? null;
  }

  /** Sends another track (or none) from now on. @param {"audio" | "video" | "screen"} kind @param {MediaStreamTrack | null} track */
  replace(kind, track) {
    this.tracks[kind] = track;
    this.#do(() => Promise.all([this.#current?.replace(kind, track), this.#next?.replace(kind, track)]));
  }

  /** Says something on the control channel, where there is one. @param {object} message */
  tell(message) {
    this.#current?.tell(message);
    this.#next?.tell(message);
  }

  /** A message from the agent's endpoint; they are worked off in order. @param {SignalBody} body */
  signalled(body) {
    if (body.type === "offer") this.#do(() => this.#offered(body));
    if (body.type === "candidate") this.#do(() => this.#peer(body.session)?.candidate(body));
  }

  /** Asks for a new peer connection unless one is in use. Call it when the way to the agent is open again. */
  revive() {
    if (this.#current?.state !== "connected") this.#ask();
  }

  /** Asks for a new peer connection even so: the network underneath has changed. */
  rebuild() {
    this.#ask();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#askTimer);
    clearInterval(this.#lookTimer);
    this.#current?.close();
    this.#next?.close();
    this.#current = this.#next = null;
  }

  /** @param {() => unknown} step */
  #do(step) {
    this.#work = this.#work
      .then(() => (this.#closed ? undefined : step()))
      .then(() => {}, (error) => console.warn("media:", error.message));
  }

  /** @param {string} session */
  #peer(session) {
    return [this.#current, this.#next].find((peer) => peer?.session === session);
  }

  /** @param {SignalBody} body */
  async #offered(body) {
    const known = this.#peer(body.session);
    if (known) return known.accept(body.sdp, this.tracks);
    this.#next?.close();
    this.#next = new Peer(body.session, this.ice, {
      send: (message) => void this.handlers.send(message).catch(() => {}), // #askTimer makes up for what is lost
      onState: (peer) => this.#changed(peer),
      onControl: (peer) => this.#greet(peer),
      onMessage: (text) => [this.handlers.share, this.handlers.agentScreen].forEach((screen) => screen.heard(text)),
      onEncoded: (peer, ticks, at) => peer === this.#current && this.handlers.ink.captures.encoded(ticks, at),
    });
    this.#askLater(ASK_AGAIN_MS);
    await this.#next.accept(body.sdp, this.tracks);
  }

  /** The control channel is open. @param {Peer} peer */
  #greet(peer) {
    const { share, agentScreen } = this.handlers;
    peer.tell(share.shown);
    if (agentScreen.seen) peer.tell(agentScreen.seen);
  }

  /** @param {Peer} peer */
  #changed(peer) {
    if (peer === this.#next && peer.state === "connected") return this.#switch();
    if (peer === this.#next && peer.state === "failed") return this.#ask();
    if (peer !== this.#current) return undefined;
    if (peer.state === "connected") return this.#settled();
    if (peer.state === "disconnected") this.#askLater(GRACE_MS);
    if (peer.state === "failed" || peer.state === "closed") this.#ask();
    return this.#enter("lost");
  }

  /** Make before break: only now does the old connection go. */
  #switch() {
    this.#current?.close();
    this.#current = this.#next;
    this.#next = null;
    this.#pictures = this.#sameLooks = 0;
    if (this.#current) this.handlers.ink.use(this.#current.ink);
    if (this.#current) this.handlers.stills.use(this.#current.stills);
    this.#settled();
  }

  #settled() {
    clearTimeout(this.#askTimer);
    this.#enter("connected");
  }

  #ask() {
    this.#askLater(ASK_AGAIN_MS);
    this.handlers.send({ type: "restart", session: this.#current?.session ?? "" }).catch(() => {});
  }

  /** @param {number} delay */
  #askLater(delay) {
    clearTimeout(this.#askTimer);
    if (!this.#closed) this.#askTimer = setTimeout(() => this.revive(), delay);
  }

  /** Tells how the agent is heard, and finds out whether their pictures keep coming: an m-line or an unmuted track alone promises nothing. */
  async #look() {
    void this.#current?.tellHearing().catch(() => {});
    const roundTrip = await this.#current?.lookAtLine().catch(() => 0);
    this.handlers.ink.roundTrip = roundTrip || this.handlers.ink.roundTrip;
    const pictures = (await this.#current?.pictures().catch(() => 0)) ?? 0;
    this.#sameLooks = pictures === this.#pictures ? this.#sameLooks + 1 : 0;
    this.#pictures = pictures;
    const visible = pictures > 0 && this.#sameLooks < STALE_LOOKS;
    const suspended = this.#current?.suspended ?? false;
    if (this.#closed || (visible === this.agentVisible && suspended === this.suspended)) return;
    this.agentVisible = visible;
    this.suspended = suspended;
    this.handlers.onChange();
  }

  /** @param {MediaState} state */
  #enter(state) {
    this.state = state;
    this.handlers.onChange();
  }
}
