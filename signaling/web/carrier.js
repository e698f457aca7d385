/**
 * Where marks are in the newest picture of this phone's own camera. The agent's poses are right for the moment they are of,
 * some tenths of a second ago; from there they are carried on by the motion seen here since. A mark is in the right place or
 * it has no place. Pure.
 *
 * Poses map the picture a mark was drawn on to another one, both in 0 to 1 of the picture's content.
 *
 * @typedef {import("./pyramid.js").Pyramid} Pyramid
 * @typedef {import("./homography.js").Matrix} Matrix
 * @typedef {import("./homography.js").Point} Point
 * @typedef {{time: number, pyramid: Pyramid, shift: Point}} Seen  `shift` of the whole picture since the one before, pixels
 * @typedef {object} Track  a place that is followed
 * @property {Follower} follower
 * @property {Map<number, Matrix>} motions  by time: from the follower's first frame to that one
 * @typedef {object} Anchor
 * @property {Point[]} outline  of what it is about, on the picture it was drawn on
 * @property {Track} track
 * @property {boolean} shares  the track was begun for another mark, close by
 * @property {Matrix} base  from the picture drawn on to the follower's first frame, in pixels of the tracked picture
 * @property {number} told  the time that the last pose was of
 * @property {boolean} drawn  nothing was told since the drawing itself
 * @property {boolean} doubted  what was told last is not what was seen here since it was told before
 */

import { SAME_FRAME_MS } from "./captureclock.js";
import { Follower } from "./follower.js";
import { apply, centre, IDENTITY, inFront, inverse, times } from "./homography.js";
import { pyramid, shiftBetween } from "./pyramid.js";

const KEPT_MS = 2000;
/** Pixels by which pictures may have moved that show the same. */
const STILL = 0.5;
/** For how long what was told last counts, with nothing told since; and the place of a mark of which nothing was told yet:
 * what is followed here alone may be another thing by then, and hidden is better than wrong. */
const TRUSTED_MS = 2000;
const DRAWN_TRUSTED_MS = 10_000;
const MISSED_MOST = 8;
/** Of these each costs some milliseconds a frame: marks closer together than so many pixels share one, and all beyond. */
const TRACKS_MOST = 6;
const TOGETHER = 24;
/** Where the points followed are this far (pixels) from where the mark turns out to be, others are taken. */
const ASTRAY = 8;
/** Where what is told lies this far (pixels) from what was followed, one of them is wrong: the mark is hidden till they agree. */
const DOUBTFUL = 2;

export class Carrier {
  /** @type {Seen[]} */ #seen = [];
  /** @type {Map<string, Anchor>} */ #anchors = new Map();
  #width = 0;
  #height = 0;

  /** How many places are being followed. */
  get count() {
    return this.#anchors.size;
  }

  /**
   * The newest picture, small.
   * @param {Uint8ClampedArray} rgba @param {number} width @param {number} height @param {number} time  of capture, ms
   */
  see(rgba, width, height, time) {
    if (width !== this.#width || height !== this.#height) this.forget();
    [this.#width, this.#height] = [width, height];
    const picture = pyramid(rgba, width, height);
    const before = this.#seen[this.#seen.length - 1];
    const shift = before ? shiftBetween(before.pyramid, picture) : { x: 0, y: 0 };
    this.#seen.push({ time, pyramid: picture, shift });
    while (this.#seen[0].time < time - KEPT_MS) this.#seen.shift();
    for (const track of this.#tracks()) this.#follow(track, picture, shift, time);
    for (const [id, { track }] of this.#anchors) if (track.follower.missed > MISSED_MOST) this.drop(id);
  }

  /**
   * Where a mark was at `time`, as the agent says. It counts where it is known what was seen here then.
   * @param {string} id @param {Point[]} outline @param {readonly number[]} pose @param {number} time
   * @param {number} uncertainty  ms by which `time` may be off; 0: each picture is known by it
   */
  place(id, outline, pose, time, uncertainty) {
    this.#place(id, outline, pose, this.#frame(time, uncertainty));
    const anchor = this.#anchors.get(id);
    if (anchor) anchor.drawn = false;
  }

  /**
   * It was drawn on the picture of `time`, and that is all that is known.
   * @param {string} id @param {Point[]} outline @param {number} time @param {number} uncertainty
   */
  drawn(id, outline, time, uncertainty) {
    this.#place(id, outline, IDENTITY, this.#frame(time, uncertainty));
  }

  /** @param {string} id @param {Point[]} outline @param {readonly number[]} pose @param {Seen} [frame] */
  #place(id, outline, pose, frame) {
    if (!frame) return;
    const [into, out] = this.#scales();
    const place = times(into, times(pose, out));
    const anchor = this.#anchors.get(id);
    const motion = anchor?.track.motions.get(frame.time);
    if (anchor && frame.time < anchor.told) return; // overtaken on the way
    if (anchor && motion && this.#rebase(anchor, motion, place)) anchor.told = frame.time;
    else if (!anchor || motion || anchor.track.follower.missed) this.#begin(id, outline, place, frame);
  }

  /** Its outline has become known, or another. @param {string} id @param {Point[]} outline */
  outline(id, outline) {
    const anchor = this.#anchors.get(id);
    if (anchor) anchor.outline = outline;
  }

  /** @param {string} id */
  drop(id) {
    this.#anchors.delete(id);
  }

  /** No mark counts any more. */
  clear() {
    this.#anchors.clear();
  }

  /** Everything seen is of another camera, or turned: nothing is known any more. */
  forget() {
    this.#seen = [];
    this.clear();
  }

  /** Where the mark is in the newest picture, or null: not known well enough. @param {string} id @returns {Matrix | null} */
  pose(id) {
    const anchor = this.#anchors.get(id);
    const now = this.#seen[this.#seen.length - 1]?.time ?? 0;
    if (!anchor || anchor.doubted || anchor.track.follower.missed) return null;
    if (now - anchor.told > (anchor.drawn ? DRAWN_TRUSTED_MS : TRUSTED_MS)) return null;
    const [into, out] = this.#scales();
    return times(out, times(times(anchor.track.follower.motion, anchor.base), into));
  }

  /** How the whole picture has moved since `time`, roughly. @param {number} time @returns {Matrix} */
  since(time) {
    const frame = this.#nearest(time);
    const { x, y } = frame ? this.#shiftSince(frame) : { x: 0, y: 0 };
    return [1, 0, x / this.#width, 0, 1, y / this.#height, 0, 0, 1];
  }

  #tracks() {
    return new Set([...this.#anchors.values()].map(({ track }) => track));
  }

  /** @param {Track} track @param {Pyramid} picture @param {Point} shift @param {number} time */
  #follow({ follower, motions }, picture, shift, time) {
    if (follower.see(picture, shift)) motions.set(time, follower.motion);
    for (const old of motions.keys()) {
      if (old >= this.#seen[0].time) break;
      motions.delete(old);
    }
  }

  /**
   * Takes over a pose for a frame the motion to which is known; false: the points followed are not those about the mark.
   * @param {Anchor} anchor @param {Matrix} motion @param {Matrix} place
   */
  #rebase(anchor, motion, place) {
    const back = inverse(motion);
    const { follower } = anchor.track;
    if (!back || follower.missed) return false;
    const before = this.#middle(anchor);
    anchor.base = times(back, place);
    const expected = this.#middle(anchor);
    anchor.doubted = apart(before, expected) > DOUBTFUL;
    return apart(expected, centre(follower.outline)) < (anchor.shares ? 2 * TOGETHER : ASTRAY);
  }

  /** Where in the follower's first frame it is. @param {Anchor} anchor */
  #middle({ base, outline }) {
    const onFirst = times(base, this.#scales()[0]);
    return centre(outline.map(({ x, y }) => apply(onFirst, x, y)));
  }

  /**
   * Follows from that frame on, first of all to the newest.
   * @param {string} id @param {Point[]} outline @param {Matrix} place @param {Seen} frame
   */
  #begin(id, outline, place, frame) {
    const onFrame = times(place, this.#scales()[0]);
    if (!outline.every(({ x, y }) => inFront(onFrame, x, y))) return;
    this.drop(id);
    const region = outline.map(({ x, y }) => apply(onFrame, x, y));
    const shared = this.#nearby(centre(region), frame.time);
    const back = inverse(shared?.motions.get(frame.time) ?? IDENTITY);
    const room = this.#tracks().size < TRACKS_MOST;
    const track = shared ?? (room ? this.#track(region, frame) : null);
    if (!track || !back) return;
    const base = times(back, place);
    this.#anchors.set(id, { outline, track, shares: Boolean(shared), base, told: frame.time, drawn: true, doubted: false });
  }

  /** @param {Point[]} region @param {Seen} frame @returns {Track | null} */
  #track(region, frame) {
    const follower = new Follower(frame.pyramid, region);
    if (!follower.holds) return null;
    const motions = new Map([[frame.time, [...IDENTITY]]]);
    const newest = this.#seen[this.#seen.length - 1];
    const caughtUp = newest !== frame && follower.see(newest.pyramid, this.#shiftSince(frame));
    if (caughtUp) motions.set(newest.time, follower.motion);
    return { follower, motions };
  }

  /** A place close to this one that is followed already; any, if there are as many as there may be. @param {Point} at @param {number} time */
  #nearby(at, time) {
    const tracks = this.#tracks();
    const found = [...tracks].flatMap((track) => {
      const motion = track.motions.get(time);
      if (!motion || track.follower.missed) return [];
      return { track, away: apart(at, centre(track.follower.outline.map(({ x, y }) => apply(motion, x, y)))) };
    });
    const [nearest] = found.sort((a, b) => a.away - b.away);
    return nearest && (nearest.away < TOGETHER || tracks.size >= TRACKS_MOST) ? nearest.track : null;
  }

  /**
   * The picture of that time, or, if all that were seen around it show the same, one of these; undefined: not known. Where the
   * camera turned at 30 degrees a second, the next picture would be 25 pixels off at 1280 x 720.
   * @param {number} time @param {number} uncertainty
   */
  #frame(time, uncertainty) {
    const nearest = this.#nearest(time);
    if (!nearest || (!uncertainty && Math.abs(nearest.time - time) < SAME_FRAME_MS)) return nearest;
    const before = this.#seen.findLastIndex((seen) => seen.time <= time - uncertainty);
    const after = this.#seen.findIndex((seen) => seen.time >= time + uncertainty);
    if (before < 0 || after < 0) return undefined;
    const moved = this.#seen.slice(before + 1, after + 1).some(({ shift }) => Math.hypot(shift.x, shift.y) > STILL);
    return moved ? undefined : nearest;
  }

  /** @param {number} time @returns {Seen | undefined} */
  #nearest(time) {
    let best;
    for (const seen of this.#seen) if (!best || Math.abs(seen.time - time) < Math.abs(best.time - time)) best = seen;
    return best;
  }

  /** @param {Seen} frame @returns {Point} */
  #shiftSince(frame) {
    const later = this.#seen.slice(this.#seen.indexOf(frame) + 1);
    return later.reduce((sum, { shift }) => ({ x: sum.x + shift.x, y: sum.y + shift.y }), { x: 0, y: 0 });
  }

  /** From 0 to 1 to pixels, and back. */
  #scales() {
    const [w, h] = [this.#width, this.#height];
    return [[w, 0, -0.5, 0, h, -0.5, 0, 0, 1], [1 / w, 0, 0.5 / w, 0, 1 / h, 0.5 / h, 0, 0, 1]];
  }
}

/** @param {Point} a @param {Point} b */
function apart(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
