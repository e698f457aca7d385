/**
 * A customer's visit from the invitation to the goodbye: what is known, what was agreed to, and what comes next.
 * Owns the connection, the capture and the call; the page shows `view()` and calls the methods. No DOM.
 *
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {import("./protocol.js").SocketState} SocketState
 * @typedef {import("./capture.js").Wanted} Wanted
 * @typedef {"" | "waiting" | "live" | "held" | "agent_away"} Phase
 * @typedef {object} View
 * @property {"loading" | "invitation" | "lobby" | "call" | "ended" | "problem"} screen
 * @property {string} problem  a key of texts.js's problems
 * @property {string} over  why the call ended
 * @property {Message | null} invitation
 * @property {string} agent  the agent's name
 * @property {Phase} phase
 * @property {SocketState} socket
 * @property {import("./call.js").MediaState} media
 * @property {boolean} restarting  the server said that it would be back
 * @property {boolean} orphaned  the server no longer knows this call, which goes on as long as its media do
 * @property {boolean} joining
 * @property {Wanted} asked  what the customer last agreed to
 * @property {number} startedAt
 * @property {import("./capture.js").Capture} capture
 * @property {import("./call.js").Call | null} call
 * @property {import("./photographer.js").Photographer} photographer
 * @property {import("./screenshare.js").ScreenShare} share
 * @property {boolean} agentScreen  the agent shows their screen
 */

import { AgentScreen } from "./agentscreen.js";
import { Call } from "./call.js";
import { Capture, CaptureError } from "./capture.js";
import { Consent } from "./consent.js";
import { Ink } from "./ink.js";
import { Photographer } from "./photographer.js";
import { Connection, Refused } from "./protocol.js";
import { ScreenShare } from "./screenshare.js";
import { Stills } from "./stills.js";

const REMEMBERED_WITHIN_MS = 8000;
const FAREWELL_WITHIN_MS = 60_000;

export class Visit {
  /** @type {Call | null} */ #call = null;
  /** @type {Message | null} */ #invitation = null;
  /** @type {Phase} */ #phase = "";
  /** @type {Wanted | null} */ #wanted = null; // and got
  /** @type {Wanted} */ #asked = { camera: true, microphone: true };
  #problem = "";
  #callId = "";
  #agentId = "";
  #agentName = "";
  #joining = false;
  #name = "";
  #restarting = false;
  #orphaned = false;
  #returning = false;
  #networkChanged = false;
  #leaving = false;
  #resume = "";
  #rememberTimer = 0;
  #thawed = false;
  ink = new Ink();
  stills = new Stills({ ink: this.ink, onChange: () => this.onChange() });
  agentScreen = new AgentScreen(() => this.onChange(), (seen) => this.#call?.tell(seen));

  /**
   * @param {object} options
   * @param {string} options.url  of the WebSocket
   * @param {import("./memory.js").Memory} options.memory
   * @param {boolean} options.screens  this browser can share a screen
   * @param {() => void} options.onChange
   * @param {() => void} options.onSafe  from now on a reload works without the link's secret in the address
   */
  constructor({ url, memory, screens, onChange, onSafe }) {
    this.memory = memory;
    this.onSafe = onSafe;
    this.#resume = memory.kept.resume ?? "";
    this.capture = new Capture({
      onTrack: (kind, track) => this.#captured(kind, track),
      onChange: () => this.onChange(),
    });
    this.consent = new Consent({
      memory,
      captured: () => (this.#wanted && !this.#joining && this.connection.state === "ready" ? this.capture.captured : null),
      tell: (captured) => this.connection.request({ type: "update_consent", ...captured }),
    });
    this.photographer = new Photographer({
      camera: () => this.capture.video,
      fail: (fields) => this.connection.request({ type: "fail_photo", ...fields }),
      onChange: () => this.onChange(),
    });
    this.share = new ScreenShare({
      able: screens,
      onTrack: (track) => this.#call?.replace("screen", track),
      tell: (shown) => this.#call?.tell(shown),
      record: (source, state) => this.connection.request({ type: "share_screen", call: this.#callId, source, state }),
      onChange: () => this.onChange(),
    });
    this.onChange = () => {
      onChange();
      void this.consent.follow();
    };
    this.connection = new Connection(url, {
      hello: () => this.#hello(),
      onMessage: (message) => this.#received(message),
      onState: () => this.onChange(),
      onRejected: (code) => this.#rejected(code),
      onGoodbye: () => this.#note({ restarting: true }),
    });
  }

  /** @returns {View} */
  view() {
    return {
      screen: this.#screen(),
      problem: this.#problem,
      over: this.memory.kept.over ?? "",
      invitation: this.#invitation,
      agent: this.#agentName || this.#invitation?.invited_by || "",
      phase: this.#phase,
      socket: this.connection.state,
      media: this.#call?.state ?? "connecting",
      restarting: this.#restarting,
      orphaned: this.#orphaned,
      joining: this.#joining,
      asked: this.#asked,
      startedAt: this.memory.kept.startedAt ?? 0,
      capture: this.capture,
      call: this.#call,
      photographer: this.photographer,
      share: this.share,
      agentScreen: this.agentScreen.on && this.#call?.state === "connected" && this.#phase !== "held",
    };
  }

  /** Begins, or begins again after a problem. @param {string} [obstacle]  why it cannot work in this browser */
  start(obstacle = "") {
    this.#problem = obstacle;
    const { link, over } = this.memory.kept;
    if (over || obstacle) return this.onChange();
    if (!link && !this.#resume) return this.#fail("no_link");
    return this.connection.open();
  }

  /** The customer agreed to `wanted`: capture it, and get in line. @param {Wanted} wanted @param {string} name */
  async join(wanted, name) {
    if (this.#joining) return;
    this.#problem = "";
    this.#name = name;
    this.#asked = wanted;
    this.#note({ joining: true });
    try {
      await this.#capture(wanted);
      this.#wanted = wanted;
      if (!this.memory.kept.consent) await this.#knock();
    } catch (error) {
      if (error instanceof CaptureError) this.#problem = error.fault;
      else throw error;
    } finally {
      this.#note({ joining: false });
    }
  }

  /** After a problem: the same again, or with less. @param {Partial<Wanted>} [change] */
  retry(change = {}) {
    if (this.#invitation) return this.join({ ...this.#asked, ...change }, this.#name);
    return this.start();
  }

  /** Ends it on the customer's wish; the server is told as soon as it can be. */
  async leave() {
    this.#leaving = true;
    this.#over("customer_left");
    setTimeout(() => this.connection.close(), FAREWELL_WITHIN_MS);
    await this.#farewell();
  }

  /** The page is looked at again, or the network is back. @param {{networkChanged?: boolean}} [what] */
  wake({ networkChanged = false } = {}) {
    this.#networkChanged ||= networkChanged;
    this.connection.retryNow();
    void this.capture.refresh();
  }

  #screen() {
    if (this.memory.kept.over) return "ended";
    if (this.#problem) return "problem";
    if (this.#phase) return this.#callId ? "call" : "lobby";
    if (!this.#invitation || this.#returning) return "loading";
    return this.memory.kept.consent ? "lobby" : "invitation";
  }

  #hello() {
    if (this.#resume) return { type: "hello", resume: this.#resume };
    return { type: "hello", link: this.memory.kept.link ?? "" };
  }

  /** @param {Message} message */
  #received(message) {
    if (this.#leaving) return void this.#farewell();
    if (message.type === "invitation") this.#invited(message);
    if (message.type === "customer_state") this.#customerState(message);
    if (message.type === "fresh_ice") this.#freshIce(message.ice);
    if (message.type === "signalled") this.#signalled(message);
    if (message.type === "photo_wanted") void this.photographer.wanted(message);
    if (message.type === "ended") this.#ended(message.reason);
    return this.onChange();
  }

  /** @param {Message} invitation */
  #invited(invitation) {
    this.#invitation = invitation;
    this.#resume = invitation.resume;
    this.#restarting = false;
    if (this.memory.keep({ resume: invitation.resume })) this.onSafe();
    this.#freshIce(invitation.ice);
    if (this.memory.kept.consent) this.#comeBack(this.memory.kept.consent);
    else if (this.#wanted) void this.#knock();
  }

  /** @param {RTCIceServer[]} ice */
  #freshIce(ice) {
    if (this.#invitation) this.#invitation = { ...this.#invitation, ice };
    if (this.#call) this.#call.ice = ice;
  }

  /** Back on a new socket, perhaps after a reload: nothing is asked twice. @param {Wanted} consent */
  #comeBack(consent) {
    this.#returning = true;
    if (!this.#wanted) void this.join(consent, this.#name);
    clearTimeout(this.#rememberTimer);
    this.#rememberTimer = setTimeout(() => this.#fail("lost"), REMEMBERED_WITHIN_MS);
  }

  /** @param {Message} state */
  #customerState(state) {
    clearTimeout(this.#rememberTimer);
    this.#phase = state.phase;
    this.#callId = state.call;
    this.#agentId = state.agent;
    this.#agentName = state.agent_name;
    this.capture.setHeld(state.phase === "held");
    if (!state.call) return this.#endMedia();
    this.#begin();
    this.#followAgent();
    if (this.#returning) this.#reconnectMedia();
    this.#returning = false;
    return undefined;
  }

  #reconnectMedia() {
    if (this.#networkChanged) this.#call?.rebuild();
    else this.#call?.revive();
    this.#networkChanged = false;
  }

  #begin() {
    if (this.#call) return;
    if (!this.memory.kept.startedAt) this.memory.keep({ startedAt: Date.now() });
    const { audio, video } = this.capture;
    this.#call = new Call(this.#invitation?.ice ?? [], { audio, video, screen: this.share.track }, {
      send: (body) => this.connection.request({ type: "signal", call: this.#callId, to: this.#agentId, body }),
      ink: this.ink,
      stills: this.stills,
      share: this.share,
      agentScreen: this.agentScreen,
      onChange: () => this.#mediaChanged(),
    });
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  #captured(kind, track) {
    this.#call?.replace(kind, track);
    if (kind === "video" && track) this.ink.turned();
  }

  #mediaChanged() {
    this.#followAgent();
    if (this.#orphaned && this.#call?.state === "lost") this.#fail("lost");
    else this.onChange();
  }

  /** What stands still, does so for as long as the agent is there. */
  #followAgent() {
    const gone = this.#call?.state === "lost" && this.#phase === "agent_away";
    if (gone && this.ink.frozen !== null) {
      this.#thawed = true;
      this.ink.thaw();
    } else if (this.#thawed && this.#call?.state === "connected") {
      this.#thawed = false;
      this.ink.link.renew();
    }
  }

  /** @param {Message} message */
  #signalled(message) {
    if (message.sender === this.#agentId && message.call === this.#callId) this.#call?.signalled(message.body);
  }

  /** @param {Wanted} wanted */
  async #capture(wanted) {
    this.capture.stop();
    await this.capture.start(wanted);
  }

  async #knock() {
    const wanted = this.#wanted ?? { camera: false, microphone: false };
    try {
      await this.connection.request({ type: "knock", name: this.#name, ...wanted }).catch(inLineAlready);
      this.memory.keep({ consent: wanted });
      this.onChange();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code !== "offline" && error.code !== "no_answer") this.#fail(error.code); // else: on the next socket
    }
  }

  async #farewell() {
    if (this.connection.state !== "ready") return;
    if (this.#callId) await this.connection.request({ type: "hang_up", call: this.#callId }).catch(() => {});
    this.connection.close();
  }

  /** @param {string} reason */
  #ended(reason) {
    this.#over(reason);
    this.connection.close();
  }

  /** @param {string} reason */
  #over(reason) {
    this.memory.forget({ over: reason });
    this.#endMedia();
    this.capture.stop();
    this.onChange();
  }

  /** The server will not have us. @param {string} code */
  #rejected(code) {
    const { link, consent } = this.memory.kept;
    if (this.#leaving) return;
    if (this.#resume && link && !consent && code === "not_signed_in") {
      this.#resume = "";
      this.memory.keep({ resume: "" });
      return this.connection.open();
    }
    if (this.#call?.state === "connected" && code !== "replaced") return this.#note({ orphaned: true });
    return this.#fail(code);
  }

  /** @param {string} problem */
  #fail(problem) {
    this.#problem = problem;
    this.#endMedia();
    this.capture.stop();
    this.connection.close();
    this.#wanted = null;
    this.#phase = "";
    this.#invitation = null;
    this.#orphaned = false;
    this.onChange();
  }

  #endMedia() {
    this.photographer.stop();
    this.share.end();
    this.agentScreen.end();
    this.ink.thaw();
    this.stills.stop();
    this.#call?.close();
    this.#call = null;
  }

  /** @param {{joining?: boolean, restarting?: boolean, orphaned?: boolean}} change */
  #note({ joining = this.#joining, restarting = this.#restarting, orphaned = this.#orphaned }) {
    this.#joining = joining;
    this.#restarting = restarting;
    this.#orphaned = orphaned;
    this.onChange();
  }
}

/** An earlier knock arrived, only its answer did not. @param {unknown} error */
function inLineAlready(error) {
  if (!(error instanceof Refused && error.code === "busy")) throw error;
}
