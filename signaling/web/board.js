/**
 * The marks of a call, as its log's entries add up to them: in whatever order they come and however often, each property of a
 * mark has the value of the entry with the highest `n`. Pure.
 *
 * @typedef {import("./inkwire.js").Entry} Entry
 * @typedef {import("./inkwire.js").InkPoint} InkPoint
 * @typedef {object} Mark
 * @property {string} mark
 * @property {string} author  agent, customer, coach, or a party's id
 * @property {string} tool
 * @property {string} colour
 * @property {number} width  of the line, as a share of the picture's height
 * @property {number | null} frame  RTP timestamp of the picture it was drawn on
 * @property {number} epoch
 * @property {string} surface  camera, screen: the agent's, or customer: their own
 * @property {InkPoint[]} path  empty while it is drawn
 * @property {string} text
 * @property {number} number
 * @property {boolean} ended
 * @property {boolean} removed
 * @property {number} fadesAt  on the log's clock, seconds; Infinity: never, or not ended yet
 * @typedef {{n: number, at: number, value: any}} Value
 */

import { whole4 } from "./inkwire.js";

const MARKS_MOST = 2000;
const FADE_SECONDS = 30;
const FADING_SECONDS = 0.6;
/** @type {Value} */ const NONE = { n: 0, at: 0, value: undefined };

export class Board {
  /** @type {Map<string, Map<string, Value>>} */ #properties = new Map();
  /** @type {Map<string, Mark>} */ #marks = new Map();

  clear() {
    this.#properties.clear();
    this.#marks.clear();
  }

  /** @param {Entry} entry */
  apply(entry) {
    const { mark } = entry.edit;
    if (!this.#properties.has(mark) && this.#properties.size >= MARKS_MOST) return;
    const known = this.#properties.get(mark) ?? new Map();
    this.#properties.set(mark, known);
    for (const [name, value] of set(entry)) {
      if ((known.get(name) ?? NONE).n < entry.n) known.set(name, { n: entry.n, at: entry.at, value });
    }
    if (known.has("begin")) this.#marks.set(mark, build(mark, known));
  }

  /** @param {string} mark */
  mark(mark) {
    return this.#marks.get(mark);
  }

  /** Those to be seen at `now`, on the log's clock, in the order they came. @param {number} now @returns {Mark[]} */
  visible(now) {
    return [...this.#marks.values()].filter((mark) => !mark.removed && now < mark.fadesAt);
  }
}

/** 1, falling to 0 in the last of a mark's time. @param {Mark} mark @param {number} now */
export function opacity(mark, now) {
  return Math.min(1, Math.max(0, (mark.fadesAt - now) / FADING_SECONDS));
}

const OUTLINE_POINTS = 16;

/**
 * What a mark is about, in the picture it was drawn on: an arrow its tip, all else what it covers or encloses.
 * @param {Mark} mark
 */
export function outline({ tool, path }) {
  const points = path.map(([x, y]) => ({ x, y }));
  const [first, last] = [points[0], points[points.length - 1]];
  if (tool === "arrow") return [last];
  if (tool === "circle" || tool === "rectangle") return [first, { x: last.x, y: first.y }, last, { x: first.x, y: last.y }];
  const every = Math.ceil(points.length / OUTLINE_POINTS);
  return points.filter((_, n) => n % every === 0);
}

/** The properties an entry sets. @param {Entry} entry @returns {[string, any][]} */
function set({ author, edit }) {
  switch (edit.kind) {
    case "begin":
      return [["begin", { author, edit }]];
    case "end":
      return [["end", edit.number ?? 0], ["text", edit.text ?? ""], ["form", { tool: "", path: edit.path }]];
    case "shape":
      return [["form", { tool: edit.tool, path: edit.path }]];
    case "caption":
      return [["text", edit.text]];
    case "remove":
    case "restore":
      return [["removed", edit.kind === "remove"]];
    case "pin":
      return [["pin", edit.on]];
    default:
      return [["show", edit.on]];
  }
}

/** @param {string} mark @param {Map<string, Value>} known @returns {Mark} */
function build(mark, known) {
  const get = (/** @type {string} */ name) => known.get(name) ?? NONE;
  const { author, edit } = get("begin").value;
  const form = get("form").value ?? { tool: "", path: [] };
  const end = get("end");
  const stays = !end.n || get("pin").value;
  return {
    mark,
    author,
    tool: form.tool || edit.tool,
    colour: edit.colour,
    width: edit.width,
    frame: edit.frame ?? null,
    epoch: edit.epoch ?? 0,
    surface: edit.surface ?? "camera",
    path: form.path.map(whole4),
    text: get("text").value ?? "",
    number: end.value ?? 0,
    ended: end.n > 0,
    removed: Boolean(get("removed").value) || get("show").value === false,
    fadesAt: stays ? Infinity : Math.max(end.at, get("pin").at) + (edit.fade ?? FADE_SECONDS),
  };
}
