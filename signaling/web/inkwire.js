/**
 * What the agent's endpoint says about ink, checked to the last field; docs/ink.md is the reference. Pure.
 *
 * @typedef {[number, number, number, number]} InkPoint  x and y in 0 to 1 of the picture, pressure in 0 to 1, ms since the gesture began
 * @typedef {{kind: string, mark: string, [field: string]: any}} Edit
 * @typedef {{n: number, at: number, author: string, edit: Edit, audience?: string | null}} Entry
 * @typedef {{kind: string, [field: string]: any}} InkMessage
 * @typedef {(value: any) => boolean} Check
 */

const RELIABLE_MOST = 48 * 1024;
const LIVE_MOST = 4 * 1024;
const EDITS_MOST = 500;
export const PATH_MOST = 400;
export const LIVE_POINTS_MOST = 64;
export const GESTURE_POINTS_MOST = 20_000;

const MATRIX_MOST = 1e6;
const TOOLS = ["pen", "highlighter", "arrow", "circle", "rectangle", "stamp", "text", "measure", "reference"];
const AUDIENCES = ["public", "coaching", "learning"];

/** @param {number} least @param {number} most @returns {Check} */
const between = (least, most) => (value) => typeof value === "number" && value >= least && value <= most;
/** @param {number} least @param {number} most @returns {Check} */
const whole = (least, most) => (value) => Number.isInteger(value) && value >= least && value <= most;
/** @param {number} least @param {number} most @returns {Check} */
const text = (least, most) => (value) => typeof value === "string" && value.length >= least && [...value].length <= most;
/** @param {RegExp} pattern @returns {Check} */
const like = (pattern) => (value) => typeof value === "string" && pattern.test(value);
/** @param {any[]} values @returns {Check} */
const oneOf = (values) => (value) => values.includes(value);
/** @param {Check} check @param {number} least @param {number} most @returns {Check} */
const listOf = (check, least, most) => (value) => Array.isArray(value) && value.length >= least && value.length <= most && value.every(check);
/** @param {Check} check @returns {Check} */
const orNull = (check) => (value) => value === null || check(value);

/**
 * Fields that must be there, and fields that may.
 * @param {Record<string, Check>} must @param {Record<string, Check>} [may] @returns {Check}
 */
function fields(must, may = {}) {
  return (value) =>
    value !== null && typeof value === "object" &&
    Object.entries(must).every(([name, check]) => check(value[name])) &&
    Object.keys(value).every((name) => name in must || (name in may && may[name](value[name])));
}

const unit = between(0, 1);
const truth = oneOf([true, false]);
const frame = whole(0, 0xffffffff);
const epoch = whole(0, 2 ** 31);
/** What is drawn on: the customer's picture, the agent's screen, or the customer's. */
const surface = oneOf(["camera", "screen", "customer"]);
const screen = oneOf(["screen", "customer"]);
const sign = oneOf(["", "click", "spotlight"]);
const colour = like(/^#[0-9a-f]{6}$/);
const width = between(0.001, 0.1);
const markId = like(/^[A-Za-z0-9_-]{8,32}$/);
const words = text(0, 200);
const limits = [unit, unit, unit, whole(0, 600_000)];
/** @type {Check} */
const point = (value) => Array.isArray(value) && value.length >= 2 && value.length <= 4 && value.every((part, n) => limits[n](part));
const path = listOf(point, 1, PATH_MOST);
const place = listOf(unit, 2, 2);

/** @type {Record<string, Check>} */
const EDITS = {
  begin: fields(
    { kind: text(1, 9), mark: markId, tool: oneOf(TOOLS), colour, width },
    { fade: between(1, 3600), frame: orNull(frame), epoch, surface, picture: orNull(frame) },
  ),
  end: fields({ kind: text(1, 9), mark: markId, path }, { text: words, number: whole(0, 999) }),
  shape: fields({ kind: text(1, 9), mark: markId, tool: oneOf(TOOLS), path }),
  caption: fields({ kind: text(1, 9), mark: markId, text: words }),
  remove: fields({ kind: text(1, 9), mark: markId }),
  restore: fields({ kind: text(1, 9), mark: markId }),
  pin: fields({ kind: text(1, 9), mark: markId, on: truth }),
  show: fields({ kind: text(1, 9), mark: markId, on: truth }),
};

/** @type {Check} */
const edit = (value) => Object.hasOwn(EDITS, value?.kind) && EDITS[value.kind](value);
const author = text(1, 64);
const entry = fields({ n: whole(1, 2 ** 40), at: between(0, 1e8), author, edit }, { audience: orNull(oneOf(AUDIENCES)) });
const marks = listOf(markId, 1, 64);
const anchor = fields(
  { marks, state: oneOf(["tracked", "hidden", "lost", "off_screen"]) },
  { h: orNull(listOf(between(-MATRIX_MOST, MATRIX_MOST), 9, 9)), toward: orNull(between(-7, 7)) },
);
const kind = text(1, 9);
const points = listOf(point, 1, LIVE_POINTS_MOST);

/** @type {Record<string, Check>} */
const RELIABLE = {
  stage: fields({ kind, epoch, colour }, { offset: frame, frozen: orNull(frame), stills: truth }),
  log: fields({ kind, log: text(0, 32), seq: whole(0, 2 ** 40), now: between(0, 1e8), entries: listOf(entry, 0, EDITS_MOST) }),
  shared: fields({ kind }, { frame, width: whole(1, 2 ** 16), height: whole(1, 2 ** 16), customer: truth, surface: screen }),
  refused: fields({ kind, mark: markId, code: text(1, 32) }),
  replay: fields({ kind, gestures: listOf(fields({ mark: markId, start: whole(0, 600_000) }), 1, 64) }),
  hint: fields({ kind, hint: oneOf(["", "closer", "more_light", "slower"]) }),
  poses: fields({ kind, frame, epoch, anchors: listOf(anchor, 0, 64), surface: screen }),
};

/** @type {Record<string, Check>} */
const LIVE = {
  points: fields({ kind, mark: markId, first: whole(0, GESTURE_POINTS_MOST), points }),
  poses: fields({ kind, frame, epoch, anchors: listOf(anchor, 0, 64) }, { surface: oneOf(["camera"]) }),
  cursor: fields({ kind, number: whole(0, 2 ** 40), at: orNull(place) }, { of: oneOf(["agent"]) }),
  laser: fields({ kind, stroke: whole(0, 2 ** 31), colour, width, points }, { frame: orNull(frame), epoch, author: text(0, 64), surface, sign }),
};

/** A message on `ink`, or null: it is none that we know. @param {unknown} data @returns {InkMessage | null} */
export function parseReliable(data) {
  return parse(data, RELIABLE, RELIABLE_MOST);
}

/** A message on `ink-live`, or null. @param {unknown} data @returns {InkMessage | null} */
export function parseLive(data) {
  return parse(data, LIVE, LIVE_MOST);
}

/** @param {unknown} data @param {Record<string, Check>} kinds @param {number} most  characters @returns {InkMessage | null} */
function parse(data, kinds, most) {
  if (typeof data !== "string" || data.length > most) return null;
  try {
    const message = JSON.parse(data);
    return Object.hasOwn(kinds, message?.kind) && kinds[message.kind](message) ? message : null;
  } catch {
    return null;
  }
}

/** A point with all its parts. @param {number[]} point @returns {InkPoint} */
export function whole4([x, y, pressure = 0.5, ms = 0]) {
  return [x, y, pressure, ms];
}
