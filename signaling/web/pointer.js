/**
 * Draws the pointer of somebody else: its trail, where they clicked, what they want looked at, and whose it is. As the desktop does
 * (coachdesk/ui/views/ink_pointer.py).
 *
 * @typedef {object} Label  whose a pointer is
 * @property {string} name  "": it is not said
 * @property {number} size  of its letters, CSS pixels
 * @property {{width: number, height: number}} place  in which it stays, CSS pixels
 */

import { apply, inFront } from "./homography.js";
import { disc, EDGE, EDGE_WIDTH, LEAST_WIDTH, paintWords, trace, widthOf } from "./paint.js";
import { say } from "./texts.js";

export const NAME_SIZE = 13; // CSS pixels
const RIPPLE_MS = 600;
const [RIPPLE_WIDTHS, SPOTLIGHT_WIDTHS] = [5, 8]; // radii, in widths of the pointer
const RING = 4;

/** The name the customer knows an author by. @param {string} author @param {Record<string, string>} values  of texts */
export function pointedBy(author, values) {
  if (author === "customer") return "";
  return author === "agent" ? values.agent : say("pointer.coach");
}

/**
 * @param {CanvasRenderingContext2D} context  in CSS pixels @param {import("./ink.js").Pointer} pointer
 * @param {import("./homography.js").Matrix} matrix  from the picture (0 to 1) to the screen @param {number} height  of the picture there
 * @param {number} now  ms, of the clock of the ink @param {Label | null} [label]
 */
export function paintPointer(context, pointer, matrix, height, now, label = null) {
  const seen = pointer.points.filter(([x, y]) => inFront(matrix, x, y));
  if (!seen.length) return;
  const dots = seen.map(([x, y]) => ({ ...apply(matrix, x, y), pressure: 0.5 }));
  const head = dots[dots.length - 1];
  const { colour, sign, clicked } = pointer;
  const thick = Math.max(LEAST_WIDTH, pointer.width * height);
  context.save();
  context.lineCap = context.lineJoin = "round";
  paintTrail(context, dots, thick, colour);
  const share = (now - clicked) / RIPPLE_MS;
  if (share < 1) paintRing(context, head, thick * (1 + RIPPLE_WIDTHS * share), colour, 1 - share);
  if (sign === "spotlight") paintRing(context, head, thick * SPOTLIGHT_WIDTHS, colour, 1);
  const away = sign === "spotlight" ? 0.75 * thick * SPOTLIGHT_WIDTHS + (label?.size ?? 0) : 2 * thick + 6; // out of the ring
  if (label?.name) paintName(context, label, head, away, colour);
  context.restore();
}

/** Its head bright. @param {CanvasRenderingContext2D} context @param {import("./paint.js").Dot[]} dots @param {number} thick @param {string} colour */
function paintTrail(context, dots, thick, colour) {
  context.save();
  context.strokeStyle = context.fillStyle = colour;
  for (let n = 1; n < dots.length; n++) {
    context.globalAlpha = n / dots.length / 2;
    context.lineWidth = (thick * n) / dots.length;
    trace(context, [dots[n - 1], dots[n]]);
  }
  const head = dots[dots.length - 1];
  context.globalAlpha = 1;
  context.shadowColor = colour;
  context.shadowBlur = 2 * thick;
  disc(context, head, thick * 0.9);
  context.fillStyle = "#ffffff";
  disc(context, head, thick * 0.4);
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} at @param {number} radius @param {string} colour @param {number} alpha */
function paintRing(context, { x, y }, radius, colour, alpha) {
  context.globalAlpha = alpha;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  for (const [ink, width] of /** @type {[string, number][]} */ ([[EDGE, RING + 2 * EDGE_WIDTH], [colour, RING]])) {
    context.strokeStyle = ink;
    context.lineWidth = width;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/**
 * Below it at its right; where there is no room, above or at its left.
 * @param {CanvasRenderingContext2D} context @param {Label} label @param {{x: number, y: number}} at @param {number} away @param {string} colour
 */
function paintName(context, { name, size, place }, at, away, colour) {
  if (at.x < 0 || at.y < 0 || at.x > place.width || at.y > place.height) return; // looked at closely, elsewhere
  const width = widthOf(context, name, size);
  const right = at.x + away + width + size < place.width;
  const below = at.y + away + size < place.height;
  const left = Math.max(size, right ? at.x + away : at.x - away - width);
  paintWords(context, name, { x: left, y: below ? at.y + away : at.y - away }, size, colour);
}
