/**
 * What the customer shares, as they see it themselves: small, with what is drawn on it; on the page, or floating over all windows.
 *
 * @typedef {{mark: import("./board.js").Mark, matrix: readonly number[]}} Placed
 */

import { opacity, outline } from "./board.js";
import { attach, byId, setText, show } from "./dom.js";
import { FloatingWindow } from "./floating.js";
import { FloatingPicture } from "./floatingpicture.js";
import { apply, times } from "./homography.js";
import { paint } from "./paint.js";
import { NAME_SIZE, paintPointer, pointedBy } from "./pointer.js";
import { HEIGHT, QUIET_MS, QuietPlaces, WIDTH } from "./quietplaces.js";
import { say } from "./texts.js";
import { fitted, toScreen } from "./viewport.js";

const LOOK_MS = 100;
const PIXEL_RATIO_MOST = 2;
const EARLY_MS = 300; // so much sooner than it is noticed here, it may be told that something has moved
const NAME_SHARE = 1 / 30; // of the picture's height: the floating one is shown smaller than it is drawn
const CALL = "✎ "; // before the page's title

export class OwnScreenView {
  #places = new QuietPlaces();
  #timer = 0;
  /** @type {Window} */ #clock = window;
  #calling = false;
  #large = false;
  #away = false;
  /** @type {Record<string, string>} */ #values = {};
  /** Marks that were there while the customer looked. @type {Set<string>} */ #known = new Set();
  /** When marks were seen to lose what they are on, ms. @type {Map<string, number>} */ #moved = new Map();

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.ink = visit.ink;
    [this.place, this.video, this.canvas] = [byId("own-screen"), byId("own-screen-video"), byId("own-screen-ink")];
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const sample = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
    this.sample = /** @type {CanvasRenderingContext2D} */ (sample.getContext("2d", { willReadFrequently: true }));
    const changed = () => visit.onChange();
    this.floats = FloatingWindow.able || FloatingPicture.able;
    this.picture = new FloatingPicture(this.video, changed);
    this.floating = FloatingWindow.able ? new FloatingWindow(this.place, byId("own-screen-home"), changed) : this.picture;
    byId("own-size").onclick = () => {
      this.#large = !this.#large;
      visit.onChange();
    };
    byId("own-away").onclick = () => {
      this.#away = !this.#away;
      visit.onChange();
    };
    byId("share-float").onclick = () => void this.floating.toggle();
    this.place.setAttribute("aria-label", say("own.place"));
  }

  /** @param {import("./visit.js").View} view @param {Record<string, string>} values */
  render({ screen, share, capture }, values) {
    this.#values = values;
    const shared = screen === "call" && share.sharing;
    if (!shared) this.floating.close();
    if (attach(this.video, shared ? share.track : null)) this.#begin();
    const home = byId("own-screen-home");
    show("own-screen-home", shared);
    this.#size(shared && home.contains(this.place) && share.track !== null);
    const note = this.floating.open ? "own.floats" : this.floats ? "" : "own.stays";
    setText("own-screen-note", shared && note ? say(note) : "");
    this.place.classList.toggle("paused", shared && !share.track);
    named("share-float", shared && this.floats ? say(this.floating.open ? "own.back" : "own.float") : "", "W");
    this.floating.label({
      title: say("own.title", values),
      mute: capture.audio ? say(capture.muted ? "call.unmute" : "call.mute") : "",
      "share-pause": byId("share-pause").textContent,
      "share-no": say("share.stop"),
    });
    this.#watch(shared);
  }

  /** Another picture, of which nothing is known yet. */
  #begin() {
    this.#places = new QuietPlaces();
    this.ink.screens.customer.poses.clear();
  }

  /** How large it is on the page. @param {boolean} here */
  #size(here) {
    this.place.classList.toggle("large", this.#large);
    this.place.classList.toggle("away", this.#away);
    named("own-size", here && !this.#away ? say(this.#large ? "own.smaller" : "own.larger") : "", "E");
    named("own-away", here ? say(this.#away ? "own.show" : "own.away") : "", "H");
  }

  /** @param {boolean} shared */
  #watch(shared) {
    this.#clock.clearInterval(this.#timer);
    this.#clock = this.floating.clock;
    if (shared) this.#timer = this.#clock.setInterval(() => this.#look(), LOOK_MS);
    else this.#call([]);
  }

  #look() {
    const { ink, video } = this;
    const { shown } = ink.screens.customer;
    const now = ink.clock();
    if (shown.frame && video.videoWidth) {
      this.sample.drawImage(video, 0, 0, WIDTH, HEIGHT);
      this.#places.look(this.sample.getImageData(0, 0, WIDTH, HEIGHT).data, now);
    }
    const marks = video.srcObject ? ink.onScreen("customer", (poses, mark) => poses.newest(mark)) : [];
    this.#note(marks, now);
    this.#paint(marks.filter(({ mark }) => this.#knows(mark.mark, now)));
    this.#call(marks.map(({ mark }) => mark.mark));
  }

  /** @param {Placed[]} marks @param {number} now */
  #note(marks, now) {
    /** @type {Map<string, number>} */
    const moved = new Map();
    for (const { mark, matrix } of marks) {
      const quiet = !mark.ended || this.#places.quiet(outline(mark).map(({ x, y }) => apply(matrix, x, y)), now);
      const before = quiet ? this.#moved.get(mark.mark) : now;
      if (before !== undefined) moved.set(mark.mark, before);
    }
    this.#moved = moved;
  }

  /** Whether nothing moves under a mark, nor has since it was told where that is. @param {string} mark @param {number} now */
  #knows(mark, now) {
    const moved = this.#moved.get(mark) ?? -Infinity;
    return moved < now && this.ink.screens.customer.poses.toldAt > moved - QUIET_MS - EARLY_MS;
  }

  /** @param {Placed[]} marks */
  #paint(marks) {
    const { place, canvas, context } = this;
    const size = { width: place.clientWidth, height: place.clientHeight };
    this.picture.look((onto, all) => this.#draw(onto, all, marks));
    if (!size.width || !size.height) return;
    const ratio = Math.min(PIXEL_RATIO_MOST, this.#clock.devicePixelRatio);
    const [wide, high] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (wide !== canvas.width || high !== canvas.height) [canvas.width, canvas.height] = [wide, high];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    this.#draw(context, size, marks);
  }

  /** @param {CanvasRenderingContext2D} context @param {{width: number, height: number}} size @param {Placed[]} marks */
  #draw(context, size, marks) {
    const { video, ink } = this;
    const viewport = fitted(size, { width: video.videoWidth || 16, height: video.videoHeight || 9 }, false);
    const screen = toScreen(viewport);
    for (const { mark, matrix } of marks) {
      if (mark.path.length) paint(context, mark, times(screen, matrix), viewport.height, opacity(mark, ink.now));
    }
    const seen = video.srcObject ? ink.pointers("customer") : [];
    for (const pointer of seen) {
      const label = { name: pointedBy(pointer.author, this.#values), size: Math.max(NAME_SIZE, size.height * NAME_SHARE), place: size };
      paintPointer(context, pointer, screen, viewport.height, ink.clock(), label);
    }
  }

  /** The title says that there is something new to be seen here, while the customer looks elsewhere. @param {string[]} marks */
  #call(marks) {
    const looking = this.floating.open || (!document.hidden && document.hasFocus());
    if (looking) for (const mark of marks) this.#known.add(mark);
    const calling = marks.some((mark) => !this.#known.has(mark));
    if (calling === this.#calling) return;
    this.#calling = calling;
    const plain = document.title.startsWith(CALL) ? document.title.slice(CALL.length) : document.title;
    document.title = calling ? CALL + plain : plain;
  }
}

/** @param {string} id @param {string} words @param {string} key */
function named(id, words, key) {
  setText(id, words);
  byId(id).title = say("call.key", { action: words, key });
}
