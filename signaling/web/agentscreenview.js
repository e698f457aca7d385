/**
 * The agent's screen on the stage: the picture, what is drawn on it, and looking closer: by button, keys, wheel, two fingers and a
 * double tap; pixel for pixel, and over the whole monitor.
 */

import { opacity } from "./board.js";
import { byId, setText, show } from "./dom.js";
import { FullScreen } from "./fullscreen.js";
import { apply, times } from "./homography.js";
import { paint } from "./paint.js";
import { NAME_SIZE, paintPointer, pointedBy } from "./pointer.js";
import { paintArrow } from "./sharerspointer.js";
import { say } from "./texts.js";
import { toScreen } from "./viewport.js";
import { Zoom } from "./zoom.js";

const PIXEL_RATIO_MOST = 2;
const REPAINT_MS = 50;
const STEP = 1.25;
const PUSH = 60; // CSS pixels
const WHEEL = 0.002;
/** @type {Record<string, [number, number]>} */
const PUSHES = { ArrowLeft: [PUSH, 0], ArrowRight: [-PUSH, 0], ArrowUp: [0, PUSH], ArrowDown: [0, -PUSH] };

export class AgentScreenView {
  zoom = new Zoom();
  #timer = 0;
  #repaint = 0;
  #said = "";
  /** @type {Record<string, string>} */ #values = {};
  /** The RTP timestamp of the picture shown, if the browser tells it. @type {number | null} */ #picture = null;
  /** @type {Map<number, {x: number, y: number}>} */ #fingers = new Map();

  /** @param {import("./ink.js").Ink} ink @param {import("./agentscreen.js").AgentScreen} screen */
  constructor(ink, screen) {
    this.ink = ink;
    this.screen = screen;
    [this.place, this.video, this.canvas] = [byId("agent-screen-place"), byId("agent-screen-video"), byId("agent-screen-ink")];
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.full = new FullScreen(byId("room"), () => this.#followFull());
    byId("agent-screen-zoom").onclick = () => this.#look((zoom) => zoom.toggle(zoom.place.width / 2, zoom.place.height / 2));
    byId("agent-screen-exact").onclick = () => this.#look((zoom) => zoom.toggleExact(zoom.place.width / 2, zoom.place.height / 2));
    byId("agent-screen-full").onclick = () => this.full.toggle();
    new ResizeObserver(() => this.#look(() => {})).observe(this.place);
    this.video.addEventListener("resize", () => this.#look(() => {}));
    document.addEventListener("visibilitychange", () => this.#look(() => {}));
    ink.sharer.onMove = () => {
      this.#repaint ||= requestAnimationFrame(() => this.#paint());
    };
    this.#listen();
    this.#watch();
  }

  /** @param {import("./visit.js").View} view @param {Record<string, string>} values */
  render({ agentScreen }, values) {
    this.#values = values;
    const words = agentScreen ? say("screen.shown", values) : "";
    if (words !== this.#said) byId("announcer").textContent = words || say("screen.over", values);
    this.#said = words;
    setText("agent-screen-text", words);
    byId("agent-screen").setAttribute("aria-label", say("screen.whose", values));
    this.place.setAttribute("aria-label", say("screen.place", values));
    byId("stage").classList.toggle("with-screen", agentScreen);
    show("agent-screen", agentScreen);
    clearInterval(this.#timer);
    if (!agentScreen) return this.#over();
    this.#timer = setInterval(() => this.#paint(), REPAINT_MS);
    return this.#look(() => {});
  }

  /** It is not shown any more. */
  #over() {
    this.full.leave();
    this.zoom.fit();
  }

  /** The monitor is this screen's, or not any more. It may have been over before the browser was ready. */
  #followFull() {
    if (this.#said) this.#name();
    else this.full.leave();
  }

  /** With each picture, what is drawn on it. */
  #watch() {
    this.video.requestVideoFrameCallback?.((/** @type {number} */ now, /** @type {VideoFrameCallbackMetadata} */ { rtpTimestamp }) => {
      this.#watch();
      this.#picture = rtpTimestamp ?? null;
      this.#paint();
    });
  }

  #listen() {
    const { place } = this;
    place.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    place.addEventListener("dblclick", (event) => this.#look((zoom) => zoom.toggle(...this.#at(event))));
    place.addEventListener("keydown", (event) => this.#key(event));
    place.addEventListener("pointerdown", (event) => this.#down(event));
    place.addEventListener("pointermove", (event) => this.#move(event));
    for (const over of ["pointerup", "pointercancel"]) place.addEventListener(over, (event) => this.#fingers.delete(event.pointerId));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    this.#look((zoom) => zoom.by(Math.exp(-event.deltaY * WHEEL), ...this.#at(event)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [x, y] = [this.zoom.place.width / 2, this.zoom.place.height / 2];
    if (event.key in PUSHES) this.#look((zoom) => zoom.push(...PUSHES[event.key]));
    else if (event.key === "+" || event.key === "=") this.#look((zoom) => zoom.by(STEP, x, y));
    else if (event.key === "-") this.#look((zoom) => zoom.by(1 / STEP, x, y));
    else if (event.key === "0") this.#look((zoom) => zoom.fit());
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || this.#fingers.size >= 2) return;
    this.place.setPointerCapture(event.pointerId);
    const [x, y] = this.#at(event);
    this.#fingers.set(event.pointerId, { x, y });
  }

  /** One finger pushes; two do, and zoom by how they move apart. @param {PointerEvent} event */
  #move(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) return;
    const before = spread([...this.#fingers.values()]);
    [finger.x, finger.y] = this.#at(event);
    const now = spread([...this.#fingers.values()]);
    this.#look((zoom) => {
      if (before.apart > 0 && now.apart > 0) zoom.by(now.apart / before.apart, before.x, before.y);
      zoom.push(now.x - before.x, now.y - before.y);
    });
  }

  /** @param {MouseEvent} event @returns {[number, number]} */
  #at({ clientX, clientY }) {
    const { left, top } = this.place.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  /** Looks at another part of it, perhaps, in whatever room there is now. @param {(zoom: Zoom) => void} change */
  #look(change) {
    const { zoom, video, ink } = this;
    const { clientWidth: width, clientHeight: height } = this.place;
    zoom.place = { width, height };
    zoom.ratio = devicePixelRatio;
    zoom.picture = ink.screens.screen.shown.frame ? ink.screens.screen.shown : { width: video.videoWidth || 16, height: video.videoHeight || 9 };
    change(zoom);
    const at = zoom.viewport;
    for (const side of /** @type {const} */ (["left", "top", "width", "height"])) video.style[side] = `${at[side]}px`;
    this.place.classList.toggle("zoomed", !zoom.whole);
    this.#name();
    this.#paint();
    const ratio = document.hidden ? 0 : devicePixelRatio;
    const known = ink.screens.screen.shown.frame || video.videoWidth; // not while another connection has no picture yet
    if (this.#said && known) this.screen.show(at.width * ratio, at.height * ratio);
  }

  #name() {
    const words = say(this.zoom.whole ? "screen.closer" : "screen.fit");
    named("agent-screen-zoom", words, words, "X");
    named("agent-screen-exact", say("screen.exact"), say("screen.exact_name"), "1");
    byId("agent-screen-exact").setAttribute("aria-pressed", String(this.zoom.exact));
    const full = say(this.full.on ? "screen.not_full" : "screen.full");
    named("agent-screen-full", FullScreen.able ? full : "", full, "U");
  }

  #paint() {
    cancelAnimationFrame(this.#repaint);
    this.#repaint = 0;
    const ratio = Math.min(PIXEL_RATIO_MOST, devicePixelRatio);
    const { width, height } = this.zoom.place;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (wide !== this.canvas.width || high !== this.canvas.height) [this.canvas.width, this.canvas.height] = [wide, high];
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    if (!this.#said) return;
    const viewport = this.zoom.viewport;
    const screen = toScreen(viewport);
    const { at } = this.ink.sharer;
    if (at && this.ink.screens.screen.shown.frame) paintArrow(this.context, apply(screen, ...at));
    for (const { mark, matrix } of this.ink.onScreen("screen", (poses, name) => poses.matrix(name, this.#picture, this.ink.clock()))) {
      if (mark.path.length) paint(this.context, mark, times(screen, matrix), viewport.height, opacity(mark, this.ink.now));
    }
    for (const pointer of this.ink.pointers("screen")) {
      const label = { name: pointedBy(pointer.author, this.#values), size: NAME_SIZE, place: this.zoom.place };
      paintPointer(this.context, pointer, screen, viewport.height, this.ink.clock(), label);
    }
  }
}

/** @param {string} id @param {string} words  "": it is not there @param {string} name @param {string} key */
function named(id, words, name, key) {
  setText(id, words);
  byId(id).setAttribute("aria-label", name);
  byId(id).title = say("call.key", { action: name, key });
}

/** Their middle, and how far apart two are. @param {{x: number, y: number}[]} fingers */
function spread([first, second = first]) {
  return { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2, apart: Math.hypot(first.x - second.x, first.y - second.y) };
}
