/**
 * What is drawn in a call, as the customer's page knows it: the board, gestures on their way, pointers, and what the agent's
 * endpoint says of where marks are. No DOM.
 *
 * @typedef {import("./inkwire.js").Edit} Edit
 * @typedef {import("./inkwire.js").Entry} Entry
 * @typedef {import("./inkwire.js").InkMessage} InkMessage
 * @typedef {import("./inkwire.js").InkPoint} InkPoint
 * @typedef {import("./board.js").Mark} Mark
 * @typedef {object} Pose  of an anchor, as the agent's endpoint saw it last
 * @property {"tracked" | "hidden" | "lost" | "off_screen"} state
 * @property {number[] | null} h
 * @property {number} toward  radians, if off screen
 * @property {number} frame  RTP timestamp
 * @property {number} tracked  RTP timestamp of the last frame it was tracked in
 * @typedef {{mark: string, points: InkPoint[], begin: Edit}} Gesture  one's own, while it is drawn
 * @typedef {object} Pointer
 * @property {string} author
 * @property {string} colour
 * @property {number} width  share of the picture's height
 * @property {number} stroke
 * @property {number | null} frame  RTP timestamp
 * @property {string} surface
 * @property {InkPoint[]} points
 * @property {"" | "click" | "spotlight"} sign
 * @property {number} at  when this was told, ms
 * @property {number} clicked  when they clicked last in this stroke, ms; -Infinity: they did not
 */

import { Board } from "./board.js";
import { CaptureClock } from "./captureclock.js";
import { DrawnScreen } from "./drawnscreen.js";
import { IDENTITY } from "./homography.js";
import { InkLink } from "./inklink.js";
import { GESTURE_POINTS_MOST, LIVE_POINTS_MOST, PATH_MOST, whole4 } from "./inkwire.js";
import { SharersPointer } from "./sharerspointer.js";
import { simplify } from "./simplify.js";

const REPEATED = 8;
const FADE_SECONDS = 30;
const LIVE_MOST = 32;
const POINTERS_MOST = 8;
const POINTER_MS = 1200;
const COLOUR = "#f2a900";

/**
 * @typedef {object} InkHandlers
 * @property {() => void} onChange  something to show has changed
 * @property {() => void} onForget  everything known of marks is void
 * @property {(mark: Mark) => void} onEdit
 * @property {(mark: string, path: InkPoint[]) => void} onGrown
 * @property {(marks: Mark[], pose: Pose) => void} onPose  of marks that share an anchor
 */

export class Ink {
  /** @type {InkHandlers} */ handlers = { onChange() {}, onForget() {}, onEdit() {}, onGrown() {}, onPose() {} };
  board = new Board();
  captures = new CaptureClock();
  roundTrip = 0;
  epoch = 0;
  /** What stands still for everybody, by its frame's id; null: nothing. @type {number | null} */ frozen = null;
  /** Whether a picture of that name is none of the video's. @type {(frame: number) => boolean} */ isStill = () => false;
  /** By surface: what the customer sees of the agent's screen, and what they share. @type {Record<string, DrawnScreen>} */
  screens = { screen: new DrawnScreen(), customer: new DrawnScreen() };
  colour = COLOUR;
  /** @type {"" | "closer" | "more_light" | "slower"} */ hint = "";
  /** @type {Map<string, Pose>} */ poses = new Map();
  /** Of the agent, on their screen. */ sharer = new SharersPointer();
  /** @type {Map<string, InkPoint[]>} */ #live = new Map();
  /** @type {Map<string, Gesture>} */ #own = new Map();
  /** @type {Map<string, Pointer>} */ #pointers = new Map();
  /** @type {string[]} */ #undone = [];
  /** @type {{at: number, gestures: Map<string, number>} | null} */ #replay = null;
  #aheadSeconds = 0;

  /** @param {() => number} [clock]  ms */
  constructor(clock = () => performance.now()) {
    this.clock = clock;
    this.link = new InkLink({
      onNewLog: () => this.#forget(),
      onEntries: (entries, now) => this.#entered(entries, now),
      onMessage: (message) => this.#told(message),
    });
  }

  /** From now on these are the channels, on a connection of their own. @param {import("./inklink.js").InkChannels} channels */
  use(channels) {
    this.captures.restart();
    this.poses.clear();
    for (const screen of Object.values(this.screens)) screen.forget();
    this.sharer.forget();
    this.link.use(channels);
  }

  /** Seconds on the log's clock. */
  get now() {
    return this.clock() / 1000 + this.#aheadSeconds;
  }

  /** Marks to be drawn on the camera's picture, with the path as far as it is known; one's own gestures aside. @returns {Mark[]} */
  marks() {
    const others = this.#visible().filter(({ mark }) => !this.#own.has(mark));
    return others.map((mark) => (mark.ended ? mark : { ...mark, path: this.pathSoFar(mark.mark) }));
  }

  /**
   * The same on a screen, as far as the customer sees that and it is in the picture shown, with the map to there; while a mark is
   * drawn, it is where the pen is.
   * @param {string} surface
   * @param {(poses: import("./screenposes.js").ScreenPoses, mark: string) => import("./homography.js").Matrix | null} where
   * @returns {{mark: Mark, matrix: readonly number[]}[]}
   */
  onScreen(surface, where) {
    const { shown, poses } = this.screens[surface];
    const there = this.#visible(surface).filter(({ frame }) => frame === shown.frame);
    return there.flatMap((mark) => {
      if (!mark.ended) return [{ mark: { ...mark, path: this.pathSoFar(mark.mark) }, matrix: IDENTITY }];
      const matrix = where(poses, mark.mark);
      return matrix ? [{ mark, matrix }] : [];
    });
  }

  #visible(surface = "camera") {
    return this.board.visible(this.now).filter((mark) => mark.surface === surface);
  }

  /** One's own gestures, as marks, until these have come back. @returns {Mark[]} */
  gestures() {
    return [...this.#own.values()].map(({ mark, begin: { tool, colour, width, frame, epoch }, points }) => ({
      mark, author: "customer", tool, colour, width, frame, epoch, path: points, text: "", number: 0, ended: false, removed: false,
      fadesAt: Infinity, surface: "camera",
    }));
  }

  /** Pointers moved lately. @returns {Pointer[]} */
  pointers(surface = "camera") {
    const since = this.clock() - POINTER_MS;
    for (const [author, { at }] of this.#pointers) if (at < since) this.#pointers.delete(author);
    const there = [...this.#pointers.values()].filter((pointer) => pointer.surface === surface);
    return there.filter(({ frame }) => surface === "camera" || frame === this.screens[surface].shown.frame);
  }

  /** Marks being shown again, with ms since each began. */
  replayed() {
    if (!this.#replay) return [];
    const since = this.clock() - this.#replay.at;
    const shown = [];
    for (const [mark, start] of this.#replay.gestures) {
      const known = this.board.mark(mark);
      if (known?.ended && since >= start && known.surface === "camera") shown.push({ mark: known, ms: since - start });
    }
    const over = shown.length === this.#replay.gestures.size && shown.every(({ mark, ms }) => ms > lasts(mark) + POINTER_MS);
    if (over) this.#replay = null;
    return shown;
  }

  /** Who is drawing at this moment: an author and their colour, or null. */
  get drawing() {
    const open = this.#visible().find(({ ended, author }) => !ended && author !== "customer");
    return open ?? this.pointers().find(({ author }) => author !== "customer") ?? null;
  }

  /**
   * Pen down.
   * @param {number | null} frame  RTP timestamp of the picture drawn on @param {InkPoint} point @param {string} [tool]
   * @returns {string}
   */
  begin(frame, point, tool = "pen") {
    const mark = newMark();
    /** @type {Edit} */
    const begin = { kind: "begin", mark, tool, colour: this.colour, width: 0.008, fade: FADE_SECONDS, frame, epoch: this.epoch };
    this.#own.set(mark, { mark, points: [point], begin });
    this.#undone = [];
    this.link.edit(begin);
    return mark;
  }

  /** The pen moved. @param {string} mark @param {InkPoint[]} points */
  extend(mark, points) {
    const gesture = this.#own.get(mark);
    if (!gesture || gesture.points.length + points.length > GESTURE_POINTS_MOST) return;
    const before = gesture.points.length;
    gesture.points.push(...points);
    for (let from = Math.max(0, before - REPEATED); from < gesture.points.length; from += LIVE_POINTS_MOST - REPEATED) {
      this.link.sayLive({ kind: "points", mark, first: from, points: gesture.points.slice(from, from + LIVE_POINTS_MOST) });
    }
  }

  /** Pen up. @param {string} mark */
  end(mark) {
    const gesture = this.#own.get(mark);
    if (gesture) this.link.edit({ kind: "end", mark, path: simplify(gesture.points, PATH_MOST) });
  }

  /** It was no gesture after all (a second finger came). @param {string} mark */
  cancel(mark) {
    if (!this.#own.delete(mark)) return;
    this.link.edit({ kind: "remove", mark });
  }

  get canUndo() {
    return this.#latestOwn() !== undefined;
  }

  undo() {
    const mark = this.#latestOwn()?.mark;
    if (!mark) return;
    this.#undone.push(mark);
    this.link.edit({ kind: "remove", mark });
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  redo() {
    const mark = this.#undone.pop();
    if (mark) this.link.edit({ kind: "restore", mark });
  }

  /** Whether there is anything to show again. */
  get canShowAgain() {
    return this.#visible().some(({ ended }) => ended);
  }

  /** Asks for the last gestures once more, as fast as they were drawn. */
  again() {
    this.link.say({ kind: "again" });
  }

  /** Nothing stands still any more: nobody is there who could say so. */
  thaw() {
    if (this.frozen === null) return;
    this.frozen = null;
    this.handlers.onChange();
  }

  /** The picture is another: another camera, or turned. */
  turned() {
    this.link.say({ kind: "turned" });
    this.poses.clear();
  }

  #latestOwn() {
    const own = this.#visible().filter(({ author, ended }) => author === "customer" && ended);
    return own.findLast(({ mark }) => !this.#undone.includes(mark));
  }

  /** Of a mark that is being drawn. @param {string} mark @returns {InkPoint[]} */
  pathSoFar(mark) {
    return this.#own.get(mark)?.points ?? this.#live.get(mark)?.filter(() => true) ?? []; // gaps are what was lost on the way
  }

  #forget() {
    this.handlers.onForget();
    this.board.clear();
    this.poses.clear();
    this.#live.clear();
    this.#pointers.clear();
    this.#replay = null;
  }

  /** @param {Entry[]} entries @param {number} now */
  #entered(entries, now) {
    this.#aheadSeconds = now - this.clock() / 1000;
    for (const entry of entries) {
      this.board.apply(entry);
      const { kind, mark } = entry.edit;
      if (kind === "end" || kind === "remove") this.#live.delete(mark);
      if (kind === "end" || kind === "remove") this.#own.delete(mark);
      const known = this.board.mark(mark);
      if (known?.surface === "camera") this.handlers.onEdit(known);
    }
    this.handlers.onChange();
  }

  /** @param {InkMessage} message */
  #told(message) {
    if (message.kind === "poses") return this.#posed(message);
    if (message.kind === "cursor") return this.sharer.told(message);
    if (message.kind === "points") return this.#extended(message);
    if (message.kind === "laser") return this.#pointed(message);
    if (message.kind === "stage") this.#staged(message);
    if (message.kind === "refused") this.#own.delete(message.mark);
    if (message.kind === "hint") this.hint = message.hint;
    if (message.kind === "shared") this.#shared(message);
    if (message.kind === "replay") this.#again(message);
    return this.handlers.onChange();
  }

  /** @param {InkMessage} message */
  #staged({ epoch, colour, frozen = null }) {
    if (epoch !== this.epoch) this.poses.clear();
    [this.epoch, this.colour, this.frozen] = [epoch, colour, frozen];
  }

  /** @param {InkMessage} message */
  #shared({ surface = "screen", ...shown }) {
    this.screens[surface].told(shown);
    if (surface === "screen" && !shown.frame) this.sharer.leave();
  }

  /** @param {InkMessage} message */
  #posed({ frame, epoch, anchors, surface = "camera" }) {
    if (surface !== "camera") return this.screens[surface].poses.told(frame, anchors, this.clock());
    if (!this.isStill(frame)) this.captures.answered(frame, this.clock(), this.roundTrip);
    if (epoch !== this.epoch) return;
    for (const { marks, state, h = null, toward } of anchors) {
      const known = marks.map((/** @type {string} */ mark) => this.board.mark(mark))
        .filter((/** @type {import("./board.js").Mark | undefined} */ mark) => mark?.path.length); // a pose may overtake the end
      const before = known.length ? this.poses.get(known[0].mark) : undefined;
      if (!known.length || (before && !this.isStill(frame) && ((frame - before.frame) | 0) < 0)) continue;
      const tracked = state === "tracked" && h ? frame : (before?.tracked ?? frame);
      const pose = { state, h, toward: toward ?? 0, frame, tracked };
      for (const { mark } of known) this.poses.set(mark, pose);
      this.handlers.onPose(known, pose);
    }
  }

  /** Points may overtake the beginning. @param {InkMessage} message */
  #extended({ mark, first, points }) {
    const known = this.board.mark(mark);
    if (known?.ended || known?.author === "customer" || first + points.length > GESTURE_POINTS_MOST) return;
    const live = this.#live.get(mark) ?? [];
    if (!this.#live.has(mark) && this.#live.size >= LIVE_MOST) return;
    points.forEach((/** @type {number[]} */ point, /** @type {number} */ n) => {
      live[first + n] = whole4(point);
    });
    this.#live.set(mark, live);
    if (!known || known.surface === "camera") this.handlers.onGrown(mark, this.pathSoFar(mark));
  }

  /** @param {InkMessage} message */
  #pointed({ author = "agent", colour, width, stroke, frame = null, points, surface = "camera", sign = "" }) {
    const before = this.#pointers.get(author);
    if (!before && this.#pointers.size >= POINTERS_MOST) return;
    const at = this.clock();
    const goesOn = before?.stroke === stroke && before?.surface === surface;
    const clicked = sign === "click" ? at : goesOn ? before.clicked : -Infinity;
    this.#pointers.set(author, { author, colour, width, stroke, frame, surface, points: points.map(whole4), sign, at, clicked });
  }

  /** @param {InkMessage} message */
  #again({ gestures }) {
    this.#replay = { at: this.clock(), gestures: new Map(gestures.map((/** @type {any} */ { mark, start }) => [mark, start])) };
  }
}

/** How many ms the drawing of a mark took. @param {Mark} mark */
function lasts({ path }) {
  return path[path.length - 1][3];
}

function newMark() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
