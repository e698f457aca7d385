/** Drawing and the camera's abilities in the room: what is seen of them, and what is tapped. */

import { byId, setText, show } from "./dom.js";
import { Finger } from "./finger.js";
import { Lens } from "./lens.js";
import { Overlay } from "./overlay.js";
import { cameraOf, StillView } from "./stillview.js";
import { say } from "./texts.js";

/** @typedef {import("./visit.js").View} View */

const LOOK_MS = 250;
const FOCUS_MS = 900;

export class Sketch {
  /** @type {MediaStreamTrack | null} */ #camera = null;
  /** @type {View | null} */ #view = null;
  /** @type {Record<string, string>} */ #values = {};
  #focusTimer = 0;
  #upright = false;

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.ink = visit.ink;
    this.overlay = new Overlay(byId("preview"), byId("ink"), this.ink);
    this.stills = visit.stills;
    this.stillView = new StillView(byId("still"), this.ink);
    this.stills.camera = cameraOf(byId("preview"), () => this.#camera !== null);
    this.lens = new Lens(() => this.#tools());
    this.finger = new Finger(byId("ink"), this.overlay, this.ink, (x, y) => void this.#focus(x, y));
    this.ink.handlers = {
      onChange: () => this.#changes(),
      onForget: () => this.overlay.clear(),
      onEdit: (mark) => (mark.removed || !this.#onStill(mark.frame)) && this.overlay.edited(mark),
      onGrown: (mark, path) => !this.#onStill(this.ink.board.mark(mark)?.frame) && this.overlay.grown(mark, path),
      onPose: (marks, pose) => !this.#onStill(pose.frame) && this.overlay.posed(marks, pose),
    };
    this.#listen();
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** @param {View} view @param {Record<string, string>} values */
  render(view, values) {
    [this.#view, this.#values] = [view, values];
    const camera = view.screen === "call" ? view.capture.video : null;
    this.overlay.mirrored = view.capture.selfie;
    if (camera !== this.#camera) this.#changed(camera);
    if (view.agentScreen && this.finger.on) this.finger.on = false; // the camera's picture is small then
    if (view.screen === "call" && !view.capture.captured.camera) this.stills.cameraOff();
    this.stills.setSlow(camera !== null && Boolean(view.call?.suspended));
    this.#still();
    this.#tools();
  }

  #changes() {
    this.stills.stand(this.ink.frozen);
    this.#still();
    this.#tools();
  }

  /** What stands still lies over the live picture, and is drawn on in its stead: for all, or because it has marks. */
  #still() {
    const { frozen, latest } = this.stills;
    const still = frozen ?? (latest && this.stillView.marked(latest) ? latest : null);
    const surface = still ? this.stillView : this.overlay;
    this.stillView.show(still, this.overlay.mirrored);
    byId("still").classList.toggle("frozen", frozen !== null);
    if (surface === this.finger.overlay) return;
    this.overlay.unfreeze();
    this.finger.overlay = surface;
  }

  /** Whether a picture is none of the video's, where marks are followed. @param {number | null | undefined} frame */
  #onStill(frame) {
    return typeof frame === "number" && this.ink.isStill(frame);
  }

  /** Another camera, or none. @param {MediaStreamTrack | null} camera */
  #changed(camera) {
    this.#camera = camera;
    this.finger.on = false;
    this.overlay.stop();
    this.lens.use(camera);
    if (camera) this.overlay.start();
  }

  #listen() {
    byId("tools").setAttribute("aria-label", say("ink.tools"));
    byId("draw").onclick = () => {
      this.finger.on = !this.finger.on;
      this.#tools();
    };
    byId("undo").onclick = () => this.ink.undo();
    byId("redo").onclick = () => this.ink.redo();
    byId("again").onclick = () => this.ink.again();
    byId("light").onclick = () => void this.lens.light(!this.lens.lit);
    byId("zoom").onclick = () => void this.lens.nextZoom();
    byId("preview").addEventListener("resize", () => this.#rotated());
  }

  /** The phone was turned on its side, or back. */
  #rotated() {
    const upright = byId("preview").videoHeight > byId("preview").videoWidth;
    if (upright !== this.#upright && this.#camera) this.ink.turned();
    this.#upright = upright;
  }

  #tools() {
    const inCall = this.#view?.screen === "call" && this.#camera !== null && !this.#view.agentScreen;
    const drawing = inCall && this.finger.on;
    show("tools", inCall);
    show("undo", drawing && this.ink.canUndo);
    show("redo", drawing && this.ink.canRedo);
    show("again", inCall && !drawing && this.ink.canShowAgain);
    show("light", inCall && this.lens.hasLight);
    show("zoom", inCall && this.lens.hasZoom);
    name("draw", say(drawing ? "ink.draw_off" : "ink.draw"), drawing);
    name("undo", say("ink.undo"));
    name("redo", say("ink.redo"));
    name("again", say("ink.again"));
    name("light", say(this.lens.lit ? "ink.light_off" : "ink.light"), this.lens.lit);
    const zoom = `${Math.round(this.lens.zoom * 10) / 10}`;
    name("zoom", say("ink.zoom", { zoom }), this.lens.zoom > 1);
    if (byId("zoom").textContent !== `${zoom}×`) byId("zoom").textContent = `${zoom}×`;
    this.#advice(inCall, drawing);
  }

  /** What would help, as the key of its words. @param {boolean} inCall @param {boolean} drawing */
  #help(inCall, drawing) {
    if (this.stills.frozen) return "ink.frozen";
    if (!inCall) return "";
    if (this.ink.hint) return `ink.${this.ink.hint}`;
    return drawing && !this.ink.canUndo ? "ink.how" : "";
  }

  /** Said once. @param {boolean} inCall @param {boolean} drawing */
  #advice(inCall, drawing) {
    const key = this.#help(inCall, drawing);
    const words = key && say(key, this.#values);
    if (words && byId("advice").textContent !== words) byId("announcer").textContent = words;
    setText("advice", words);
  }

  /** Marks fade and pointers rest without a word from anybody. */
  #look() {
    this.#still();
    const author = this.#camera ? this.ink.drawing : null;
    show("drawing", author !== null);
    if (!author) return;
    byId("drawing").style.setProperty("--ink", author.colour);
    byId("drawing").dataset.who = say("ink.agent_draws", this.#values);
  }

  /** @param {number} x @param {number} y  in 0 to 1 of the picture */
  async #focus(x, y) {
    if (this.stills.frozen || !(await this.lens.focus(x, y))) return;
    const at = this.overlay.onScreen(x, y);
    const ring = byId("focus");
    ring.hidden = true;
    ring.style.left = `${at.x}px`;
    ring.style.top = `${at.y}px`;
    requestAnimationFrame(() => (ring.hidden = false));
    clearTimeout(this.#focusTimer);
    this.#focusTimer = setTimeout(() => (ring.hidden = true), FOCUS_MS);
  }
}

/** @param {string} id @param {string} words @param {boolean} [pressed] */
function name(id, words, pressed) {
  const button = byId(id);
  const key = button.getAttribute("aria-keyshortcuts");
  button.setAttribute("aria-label", words);
  button.title = key ? say("call.key", { action: words, key: key.toUpperCase() }) : words;
  if (pressed === undefined) return;
  button.setAttribute("aria-pressed", String(pressed));
  button.classList.toggle("on", pressed);
}
