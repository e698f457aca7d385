/**
 * One RTCPeerConnection to the agent, for one session id. The agent's endpoint always offers; we answer. No DOM.
 *
 * @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null, screen?: MediaStreamTrack | null}} Tracks
 * @typedef {keyof Tracks} Kind  video: the camera
 * @typedef {{type: string, session: string, [field: string]: string}} SignalBody
 */

import { EncodedFrames } from "./encodedframes.js";
import { Hearing } from "./hearing.js";
import { inkChannels } from "./inklink.js";
import { BufferWatch, withoutSound } from "./jitterbuffer.js";
import { lineOf, LineWatch } from "./linewatch.js";
import { counters, LossWatch, redType, withRed } from "./redundancy.js";
import { maxBitrate, targetOf } from "./soundrate.js";
import { stillChannel } from "./stillpipe.js";

const VIDEO_BITRATE = 1_500_000;
const BESIDE_BITRATE = 500_000; // of the camera beside a screen, on which there is text to be read
const SCREEN_BITRATE = 2_500_000;
const SOUND_BITRATE = 32_000;
const COPIED_BITRATE = 48_000; // of each copy, where packets are lost but no queue grows
const FRUGAL_BITRATE = 20_000; // with headers some 44 kb/s
const COPIED_PACKETS = 100; // of sound with copies, a second
const LAYERS = "L1T3"; // so that pictures can be left out for those on a slow line
const WATCH_MS = 2000;
const MAX_EARLY_CANDIDATES = 64;

export class Peer {
  /** @type {SignalBody[]} */ #early = [];
  #offer = "";
  #line = new LineWatch();
  #loss = new LossWatch();
  #watch = 0;
  #control;
  #hearing = new Hearing();
  #buffer = new BufferWatch();
  /** @type {Promise<void>} */ #turn = Promise.resolve();

  /**
   * @param {string} session
   * @param {RTCIceServer[]} ice
   * @param {object} handlers
   * @param {(body: SignalBody) => void} handlers.send
   * @param {(peer: Peer) => void} handlers.onState
   * @param {(peer: Peer) => void} [handlers.onControl]  the control channel is open
   * @param {(text: string) => void} [handlers.onMessage]  the agent's endpoint says something on it
   * @param {(peer: Peer, ticks: number, at: number) => void} [handlers.onEncoded]  a picture: its RTP timestamp, and when (ms)
   */
  constructor(session, ice, handlers) {
    this.session = session;
    this.pc = new RTCPeerConnection({ iceServers: ice, bundlePolicy: "max-bundle" });
    this.pc.onconnectionstatechange = () => handlers.onState(this);
    this.pc.onicecandidate = ({ candidate }) =>
      handlers.send({
        type: "candidate",
        session,
        candidate: candidate?.candidate ?? "",
        mid: candidate?.sdpMid ?? "0",
      });
    this.#control = this.pc.createDataChannel("control", { negotiated: true, id: 99 });
    this.#control.binaryType = "arraybuffer";
    this.#control.onmessage = ({ data }) => handlers.onMessage?.(typeof data === "string" ? data : new TextDecoder().decode(data));
    this.#control.onopen = () => handlers.onControl?.(this);
    this.ink = inkChannels(this.pc);
    this.stills = stillChannel(this.pc);
    this.frames = new EncodedFrames((ticks, at) => handlers.onEncoded?.(this, ticks, at));
    this.send = handlers.send;
  }

  get state() {
    return this.pc.connectionState;
  }

  /** Answers an offer, sending `tracks`. @param {string} sdp @param {Tracks} tracks */
  accept(sdp, tracks) {
    return this.#inTurn(() => this.#accept(sdp, tracks));
  }

  /** @param {string} sdp @param {Tracks} tracks */
  async #accept(sdp, tracks) {
    await this.frames.ready;
    const first = !this.pc.remoteDescription;
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    const [video, screen] = [this.#transceiver("video"), this.#transceiver("screen")];
    if (video && first) this.frames.watch(video.sender);
    const sound = this.#transceiver("audio");
    if (sound && first && copiesSound(sdp)) this.frames.carry(sound.sender);
    for (const kind of /** @type {const} */ (["audio", "video", "screen"])) {
      const transceiver = this.#transceiver(kind);
      if (!transceiver) continue;
      transceiver.direction = "sendrecv"; // also without a track: it may be switched on later
      await transceiver.sender.replaceTrack(tracks[kind] ?? null);
    }
    preferVp8(video);
    preferVp8(screen);
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    this.send({ type: "answer", session: this.session, sdp: this.pc.localDescription?.sdp ?? "" });
    await limit(video?.sender, tracks.screen ? BESIDE_BITRATE : VIDEO_BITRATE);
    await limit(screen?.sender, SCREEN_BITRATE);
    this.#offer = sdp;
    if (withRed(sdp, true)) this.#watch = setInterval(() => void this.#protect().catch(() => {}), WATCH_MS);
    for (const body of this.#early.splice(0)) await this.candidate(body);
  }

  /** Sends sound twice while packets are lost: the browser alone takes note of the new order of codecs. */
  async #protect() {
    const report = await this.#transceiver("audio")?.sender.getStats();
    if (!report || this.pc.connectionState !== "connected") return;
    const before = this.#loss.redundant;
    const redundant = this.#loss.look({ ...counters(report), queueing: this.#line.frugal });
    if (redundant !== before) await this.#inTurn(() => this.#answer(this.#worded));
    this.frames.copy(redType(this.#offer), this.#loss.plan);
  }

  /** Throws away what the jitter buffer holds: to the browser alone the agent falls silent, and begins anew at once. */
  #beginAnew() {
    return this.#inTurn(async () => {
      await this.#answer(withoutSound(this.#worded)).catch(() => {});
      await this.#answer(this.#worded);
    });
  }

  /** The agent's offer, worded as suits the line. */
  get #worded() {
    return withRed(this.#offer, this.#loss.redundant) || this.#offer;
  }

  /** The other side hears nothing of it. @param {string} sdp  another wording of the agent's offer */
  async #answer(sdp) {
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    await this.pc.setLocalDescription(await this.pc.createAnswer());
  }

  /** One exchange of descriptions after the other. @param {() => Promise<void>} step */
  #inTurn(step) {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Candidates may overtake the offer they belong to. @param {SignalBody} body */
  async candidate(body) {
    if (!this.pc.remoteDescription) {
      if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(body);
      return;
    }
    if (!body.candidate) return;
    await this.pc.addIceCandidate({ candidate: body.candidate, sdpMid: body.mid });
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  async replace(kind, track) {
    const sender = this.#transceiver(kind)?.sender;
    await sender?.replaceTrack(track);
    if (kind !== "screen") return;
    await prefer(sender, track?.contentHint === "motion" ? "maintain-framerate" : "maintain-resolution");
    await change(this.#transceiver("video")?.sender, { maxBitrate: track ? BESIDE_BITRATE : VIDEO_BITRATE });
  }

  /** Says something on the control channel, once that is open. @param {object} message */
  tell(message) {
    if (this.#control.readyState === "open") this.#control.send(JSON.stringify(message));
  }

  /** What the agent sends. @param {Kind} kind @returns {MediaStreamTrack | null} */
  remote(kind) {
    return this.#transceiver(kind)?.receiver.track ?? null;
  }

  /** How many pictures of the agent were decoded so far. */
  async pictures() {
    const report = await this.#transceiver("video")?.receiver.getStats();
    let decoded = 0;
    report?.forEach((entry) => {
      if (entry.type === "inbound-rtp") decoded = entry.framesDecoded ?? 0;
    });
    return decoded;
  }

  /** The line bears no pictures beside the sound: none are sent for now. */
  get suspended() {
    return this.#line.suspended;
  }

  /** To be called once a second: sends what the line bears. @returns {Promise<number>} ms to the agent and back; 0: not known */
  async lookAtLine() {
    const at = performance.now();
    const report = await this.pc.getStats();
    const line = lineOf(report);
    this.#line.look(line, at);
    for (const kind of /** @type {const} */ (["video", "screen"])) {
      await change(this.#transceiver(kind)?.sender, { active: !this.#line.suspended });
    }
    await this.#limitSound(targetOf(report));
    return line.checked * 1000;
  }

  /** @param {number | undefined} target  bit/s that the encoder has; only with copies is that not what it is limited to */
  async #limitSound(target) {
    const sender = this.#transceiver("audio")?.sender;
    const before = sender?.getParameters().encodings?.[0]?.maxBitrate;
    const told = this.#loss.redundant ? target : undefined;
    await change(sender, { maxBitrate: maxBitrate(this.#soundBitrate, COPIED_PACKETS, told, before) });
  }

  get #soundBitrate() {
    if (this.#line.frugal) return FRUGAL_BITRATE;
    return this.#loss.redundant ? COPIED_BITRATE : SOUND_BITRATE;
  }

  /** To be called once a second: tells the agent's endpoint how its sound plays here, and sees to it that it does not play late. */
  async tellHearing() {
    const report = await this.#transceiver("audio")?.receiver.getStats();
    const heard = report && this.#hearing.read(report);
    if (!heard) return;
    this.tell(heard);
    if (this.#buffer.look(heard.delay_ms, performance.now())) await this.#beginAnew();
  }

  close() {
    clearInterval(this.#watch);
    this.pc.onconnectionstatechange = this.pc.onicecandidate = this.#control.onopen = null;
    this.pc.close();
    this.frames.close();
  }

  /** The second video is the screen's; agents of an older version have none. @param {Kind} kind */
  #transceiver(kind) {
    const media = kind === "audio" ? "audio" : "video";
    return this.pc.getTransceivers().filter((one) => one.receiver.track.kind === media)[kind === "screen" ? 1 : 0];
  }
}

/** Whether both sides have packets of sound with copies. @param {string} sdp */
function copiesSound(sdp) {
  const codecs = RTCRtpSender.getCapabilities?.("audio")?.codecs ?? [];
  return redType(sdp) >= 0 && codecs.some((codec) => codec.mimeType.toLowerCase() === "audio/red");
}

/** @param {RTCRtpTransceiver | undefined} transceiver */
function preferVp8(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs;
  if (!transceiver?.setCodecPreferences || !codecs) return;
  const vp8 = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  const others = codecs.filter((codec) => !vp8.includes(codec));
  if (vp8.length > 0) transceiver.setCodecPreferences([...vp8, ...others]);
}

/** Has no effect where it is so already. @param {RTCRtpSender | undefined} sender @param {RTCRtpEncodingParameters} how */
async function change(sender, how) {
  const parameters = sender?.getParameters();
  const encoding = parameters?.encodings?.[0];
  if (!sender || !parameters || !encoding) return;
  if (Object.entries(how).every(([key, value]) => Reflect.get(encoding, key) === value)) return;
  Object.assign(encoding, how);
  await sender.setParameters(parameters);
}

/** What is kept on a slow line. @param {RTCRtpSender | undefined} sender @param {RTCDegradationPreference} kept */
async function prefer(sender, kept) {
  const parameters = sender?.getParameters();
  if (!sender || !parameters?.encodings?.length || parameters.degradationPreference === kept) return;
  parameters.degradationPreference = kept;
  await sender.setParameters(parameters).catch(() => {}); // a browser that cannot be told still sends
}

/** @param {RTCRtpSender | undefined} sender @param {number} bitrate  at most */
async function limit(sender, bitrate) {
  const parameters = sender?.getParameters();
  if (!sender || !parameters?.encodings?.length) return;
  parameters.encodings[0].maxBitrate = bitrate;
  parameters.degradationPreference = "maintain-resolution"; // what is shown must stay readable
  await sender.setParameters(parameters).catch(() => {}); // a browser that cannot be told still sends
  const layered = sender.getParameters();
  /** @type {any} */ (layered.encodings[0]).scalabilityMode = LAYERS;
  await sender.setParameters(layered).catch(() => {});
}
