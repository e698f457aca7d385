/** The room: the stage with both pictures, the controls, the words on how it goes; in the line and in the call. */

import { AgentScreenView } from "./agentscreenview.js";
import { attach, byId, initials, setIcon, setText, show } from "./dom.js";
import { OwnScreenView } from "./ownscreenview.js";
import { PhotoSheet } from "./photosheet.js";
import { ScreenSheet } from "./screensheet.js";
import { Sketch } from "./sketch.js";
import { status } from "./status.js";
import { say } from "./texts.js";

/** @typedef {import("./visit.js").View} View */
/** @typedef {Record<string, string>} Values */

const BANNER_ICONS = { held: "pause", network_gone: "offline", unreachable: "offline", restarting: "offline", sound: "sound",
  microphone_lost: "mic-off", no_microphone: "mic-off", suspended: "pause" };
const KEYS = { m: "mute", v: "camera", f: "flip", d: "draw", z: "undo", y: "redo", a: "again", l: "light", s: "screen", p: "share-pause", w: "share-float", e: "own-size", h: "own-away", x: "agent-screen-zoom", 1: "agent-screen-exact", u: "agent-screen-full" };

export class Room {
  #inCall = false;
  #startedAt = 0;
  #soundBlocked = false;
  /** @type {WakeLockSentinel | null} */ #awake = null;

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.visit = visit;
    this.sketch = new Sketch(visit);
    this.photo = new PhotoSheet(visit.photographer);
    this.screen = new ScreenSheet(visit.share);
    this.ownScreen = new OwnScreenView(visit);
    this.agentScreen = new AgentScreenView(visit.ink, visit.agentScreen);
    byId("share").setAttribute("aria-label", say("share.strip"));
    const { capture } = visit;
    byId("controls").setAttribute("aria-label", say("call.controls"));
    byId("mute").onclick = () => capture.setMuted(!capture.muted);
    byId("camera").onclick = () => void capture.setCamera(!capture.cameraWanted);
    byId("flip").onclick = () => void capture.flip();
    byId("hang-up").onclick = () => byId("confirm").showModal();
    byId("confirm-no").onclick = () => byId("confirm").close();
    byId("confirm-yes").onclick = () => void this.#leave();
    byId("sound").onclick = () => this.#play();
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#tick(), 1000);
  }

  /** @param {View} view @param {Values} values */
  render(view, values) {
    const open = view.screen === "lobby" || view.screen === "call";
    this.#inCall = view.screen === "call";
    this.#startedAt = view.startedAt;
    this.#pictures(view, open);
    this.sketch.render(view, values);
    this.photo.render(view, values);
    this.screen.render(view, values);
    this.ownScreen.render(view, values);
    this.agentScreen.render(view, values);
    if (!open) return this.#closed();
    void this.#keepAwake();
    this.#head(view, values);
    this.#stage(view, values);
    this.#controls(view, values);
    return undefined;
  }

  /** To be called within a tap: from then on the browser lets this element play. */
  unlockSound() {
    const sound = byId("sound-out");
    sound.srcObject ??= new MediaStream();
    sound.play().catch(() => {}); // there is nothing to play yet
  }

  /** Pictures stop, and the screen lock is gone, after the page was in the background. */
  wake() {
    for (const id of ["preview", "tile", "agent-screen-video", "own-screen-video"]) if (byId(id).srcObject) byId(id).play().catch(() => {});
    if (byId("sound-out").srcObject && this.#inCall) this.#play();
  }

  /** @param {View} view @param {boolean} open */
  #pictures({ capture, call, agentScreen }, open) {
    attach(byId("preview"), open ? capture.video : null);
    attach(byId("agent-screen-video"), open && agentScreen ? (call?.screen ?? null) : null);
    attach(byId("tile"), open && call?.agentVisible ? call.video : null);
    show("tile", Boolean(open && call?.agentVisible));
    if (attach(byId("sound-out"), open ? (call?.audio ?? null) : null) && call?.audio) this.#play();
  }

  /** @param {View} view @param {Values} values */
  #head(view, values) {
    const { key, tone } = status(view, navigator.onLine);
    setText("room-initials", initials(values.agent));
    setText("room-title", this.#inCall ? say("call.with", values) : values.agent);
    const line = byId("room-status");
    line.dataset.tone = tone;
    const words = say(`status.${key}`, values);
    if (line.lastElementChild.textContent !== words) {
      line.lastElementChild.textContent = words;
      byId("announcer").textContent = words;
    }
    this.#tick();
  }

  /** @param {View} view @param {Values} values */
  #stage(view, values) {
    const { capture } = view;
    byId("preview").classList.toggle("mirrored", capture.selfie);
    byId("preview").setAttribute("aria-label", say("call.own_picture", values));
    byId("tile").setAttribute("aria-label", say("call.agent_picture", values));
    show("preview", capture.video !== null);
    show("no-picture", capture.video === null);
    setText("no-picture-hint", this.#inCall ? say("call.camera_off_hint", values) : "");
    show("line", !this.#inCall);
    setText("line-body", say(view.phase === "agent_away" ? "lobby.away" : "lobby.body", values));
    show("line-hint", capture.video !== null);
    show("muted", capture.muted && capture.audio !== null);
    this.#banner(this.#notice(view), values);
  }

  /** What is worth a banner over the picture, most pressing first: a key of texts.js, or "". @param {View} view */
  #notice(view) {
    const { capture } = view;
    const { key } = status(view, navigator.onLine);
    const said = `notice.${key}`;
    if (key === "held") return capture.video ? "held_camera" : "held";
    if (say(said) !== said) return key;
    if (this.#soundBlocked && this.#inCall) return "sound";
    if (capture.microphoneLost) return "microphone_lost";
    if (capture.cameraFault) return capture.cameraFault.replace("missing_camera", "missing").replace(/^/, "camera_");
    if (capture.video && view.call?.suspended) return "suspended";
    return this.#inCall && !capture.audio ? "no_microphone" : "";
  }

  /** @param {string} key @param {Values} values */
  #banner(key, values) {
    const banner = byId("banner");
    banner.hidden = key === "";
    banner.dataset.notice = key;
    if (!key) return;
    setIcon(byId("banner-icon"), BANNER_ICONS[key.replace("_camera", "")] ?? (key.startsWith("camera") ? "camera-off" : "alert"));
    const text = say(`notice.${key}`, values);
    const place = banner.querySelector("span");
    if (place.textContent !== text) {
      place.textContent = text;
      byId("announcer").textContent = text;
    }
    show("sound", key === "sound");
  }

  /** @param {View} view @param {Values} values */
  #controls({ capture, share }, values) {
    toggle("mute", capture.muted, capture.muted ? "call.unmute" : "call.mute", capture.muted ? "mic-off" : "mic");
    const off = !capture.cameraWanted;
    toggle("camera", off, off ? "call.camera_start" : "call.camera_stop", off ? "camera-off" : "camera");
    toggle("screen", share.sharing, share.sharing ? "call.share_stop" : "call.share", share.sharing ? "screen-off" : "screen");
    byId("mute").disabled = capture.audio === null;
    show("flip", capture.cameras > 1);
    byId("flip").disabled = capture.video === null;
    label("flip", say("call.flip"), say("call.flip_name"));
    const leave = say(this.#inCall ? "call.hang_up" : "call.leave");
    label("hang-up", leave, leave);
    setText("confirm-title", say(this.#inCall ? "confirm.title" : "confirm.leave_title"));
    setText("confirm-body", say(this.#inCall ? "confirm.body" : "confirm.leave_body", values));
    setText("confirm-yes", leave);
  }

  #closed() {
    if (byId("confirm").open) byId("confirm").close();
    this.#awake?.release().catch(() => {});
    this.#awake = null;
  }

  async #leave() {
    byId("confirm").close();
    await this.visit.leave();
  }

  #play() {
    byId("sound-out").play().then(
      () => this.#sound(false),
      (error) => error.name === "NotAllowedError" && this.#sound(true), // an interrupted play is none of the user's business
    );
  }

  /** @param {boolean} blocked */
  #sound(blocked) {
    if (this.#soundBlocked === blocked) return;
    this.#soundBlocked = blocked;
    this.visit.onChange();
  }

  /** A phone that goes to sleep takes the camera with it. */
  async #keepAwake() {
    if (document.hidden || (this.#awake && !this.#awake.released) || !navigator.wakeLock) return;
    this.#awake = await navigator.wakeLock.request("screen").catch(() => null);
  }

  #tick() {
    const seconds = Math.max(0, Math.floor((Date.now() - this.#startedAt) / 1000));
    const time = this.#inCall && this.#startedAt ? clock(seconds) : "";
    const element = byId("room-time");
    setText("room-time", time);
    element.setAttribute("aria-label", `${say("call.time")} ${time}`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const typing = event.target instanceof HTMLInputElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (byId("room").hidden || byId("confirm").open) return;
    const button = KEYS[event.key.toLowerCase()];
    if (button && !byId(button).hidden && !byId(button).closest("[hidden]")) byId(button).click();
  }
}

/** @param {string} id @param {boolean} pressed @param {string} key @param {string} icon */
function toggle(id, pressed, key, icon) {
  byId(id).classList.toggle("off", pressed);
  setIcon(byId(id).querySelector("use"), icon);
  label(id, say(key), say(key));
}

/** @param {string} id @param {string} text @param {string} name */
function label(id, text, name) {
  const button = byId(id);
  const key = button.getAttribute("aria-keyshortcuts");
  const words = button.querySelector(".text");
  if (words.textContent !== text) words.textContent = text;
  button.setAttribute("aria-label", name);
  button.title = key ? say("call.key", { action: name, key: key.toUpperCase() }) : name;
}

/** @param {number} seconds */
function clock(seconds) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
