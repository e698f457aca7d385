/**
 * Draws marks on a canvas. Raw points come in; the line is smoothed here. Whatever is written stands upright, however the
 * picture is turned or mirrored.
 *
 * @typedef {import("./inkwire.js").InkPoint} InkPoint
 * @typedef {import("./board.js").Mark} Mark
 * @typedef {import("./homography.js").Matrix} Matrix
 * @typedef {{x: number, y: number, pressure: number}} Dot  in CSS pixels
 * @typedef {object} Brush
 * @property {CanvasRenderingContext2D} context
 * @property {string} colour
 * @property {number} width  of the line, CSS pixels
 * @property {number} unit  a hundredth of the picture's height where the mark is, CSS pixels
 * @property {string} text
 */

import { apply, inFront, slope } from "./homography.js";

export const EDGE = "rgb(8 12 16 / 55%)";
export const EDGE_WIDTH = 1.5;
export const LEAST_WIDTH = 2;
const ROUND_STEPS = 48;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const [SCALE_LEAST, SCALE_MOST] = [0.4, 3];

/** @type {Record<string, {points: number, draw: (brush: Brush, dots: Dot[], number: number) => void}>} */
const TOOLS = {
  pen: { points: 1, draw: (brush, dots) => stroke(brush, dots) },
  highlighter: { points: 1, draw: (brush, dots) => highlight(brush, dots) },
  arrow: { points: 2, draw: (brush, dots) => arrow(brush, dots) },
  circle: { points: 2, draw: (brush, dots) => outline(brush, dots) },
  rectangle: { points: 2, draw: (brush, dots) => outline(brush, dots) },
  stamp: { points: 1, draw: (brush, [at], number) => stamp(brush, at, number) },
  text: { points: 1, draw: (brush, [at]) => label(brush, at, "left") },
  measure: { points: 2, draw: (brush, dots) => measure(brush, dots) },
  reference: { points: 4, draw: (brush, dots) => dashed(brush, dots) },
};

/**
 * One mark. @param {CanvasRenderingContext2D} context  in CSS pixels
 * @param {Pick<Mark, "tool" | "path" | "colour" | "width" | "text" | "number">} mark
 * @param {Matrix} matrix  from the picture it was drawn on (0 to 1) to the screen @param {number} height  of the picture there
 * @param {number} alpha
 */
export function paint(context, mark, matrix, height, alpha) {
  const tool = TOOLS[mark.tool];
  if (!tool || mark.path.length < tool.points || alpha <= 0) return;
  const corners = shape(mark.tool, mark.path);
  if (!corners.every(([x, y]) => inFront(matrix, x, y))) return;
  const dots = corners.map(([x, y, pressure]) => ({ ...apply(matrix, x, y), pressure }));
  const scale = scaleAt(matrix, corners[corners.length - 1], height);
  const width = Math.max(LEAST_WIDTH, mark.width * height * scale);
  const brush = { context, colour: mark.colour, width, unit: (height / 100) * scale, text: mark.text };
  context.save();
  context.globalAlpha = alpha;
  context.lineCap = context.lineJoin = "round";
  tool.draw(brush, dots, mark.number);
  context.restore();
}

/**
 * An arrow at the edge of the picture, towards what is outside.
 * @param {CanvasRenderingContext2D} context @param {import("./viewport.js").Viewport} viewport
 * @param {number} toward  radians @param {string} colour
 */
export function paintEdgeArrow(context, { left, top, width, height, mirrored }, toward, colour) {
  const angle = mirrored ? Math.PI - toward : toward;
  const [across, down] = [Math.cos(angle), Math.sin(angle)];
  const inset = 26;
  const reach = Math.min(
    (width / 2 - inset) / Math.max(Math.abs(across), 1e-6),
    (height / 2 - inset) / Math.max(Math.abs(down), 1e-6),
  );
  context.save();
  context.translate(left + width / 2 + across * reach, top + height / 2 + down * reach);
  context.rotate(angle);
  context.beginPath();
  context.arc(0, 0, 20, 0, 2 * Math.PI);
  context.fillStyle = EDGE;
  context.fill();
  context.beginPath();
  context.moveTo(15, 0);
  context.lineTo(-7, -11);
  context.lineTo(-2, 0);
  context.lineTo(-7, 11);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
  context.restore();
}

/**
 * What is to be mapped to the screen: the corners or the rim of what a path means.
 * @param {string} tool @param {InkPoint[]} path @returns {InkPoint[]}
 */
function shape(tool, path) {
  const [x1, y1] = path[0];
  const [x2, y2] = path[path.length - 1];
  if (tool === "rectangle") return [[x1, y1, 0.5, 0], [x2, y1, 0.5, 0], [x2, y2, 0.5, 0], [x1, y2, 0.5, 0]];
  if (tool !== "circle") return path;
  return Array.from({ length: ROUND_STEPS }, (_, n) => {
    const angle = (2 * Math.PI * n) / ROUND_STEPS;
    return [(x1 + x2) / 2 + (Math.cos(angle) * (x2 - x1)) / 2, (y1 + y2) / 2 + (Math.sin(angle) * (y2 - y1)) / 2, 0.5, 0];
  });
}

/**
 * How much larger the picture drawn on appears there than the picture shown.
 * @param {Matrix} matrix @param {InkPoint} at @param {number} height
 */
function scaleAt(matrix, [x, y], height) {
  const [a, b, c, d] = slope(matrix, x, y);
  const whole = Math.hypot(b, d) / height; // of the direction down: widths are shares of the height
  return Math.min(SCALE_MOST, Math.max(SCALE_LEAST, Number.isFinite(a + c + whole) ? whole : 1));
}

/** Dark, then in colour: to be seen on every ground. @param {Brush} brush @param {(width: number) => void} draw */
function edged({ context, colour, width }, draw) {
  context.strokeStyle = EDGE;
  draw(width + 2 * EDGE_WIDTH);
  context.strokeStyle = colour;
  draw(width);
}

/** @param {CanvasRenderingContext2D} context @param {Dot[]} dots */
export function trace(context, dots) {
  context.beginPath();
  context.moveTo(dots[0].x, dots[0].y);
  for (let n = 1; n < dots.length - 1; n++) {
    const [here, next] = [dots[n], dots[n + 1]];
    context.quadraticCurveTo(here.x, here.y, (here.x + next.x) / 2, (here.y + next.y) / 2);
  }
  const last = dots[dots.length - 1];
  context.lineTo(last.x + 0.01, last.y); // a line of no length is not drawn at all
  context.stroke();
}

/** @param {Brush} brush @param {Dot[]} dots */
function stroke(brush, dots) {
  const { context } = brush;
  const even = dots.every(({ pressure }) => Math.abs(pressure - dots[0].pressure) < 0.05);
  edged(brush, (width) => {
    context.lineWidth = width;
    if (even) return trace(context, dots);
    for (let n = 1; n < dots.length; n++) {
      context.lineWidth = width * (0.5 + (dots[n - 1].pressure + dots[n].pressure) / 2);
      trace(context, [dots[n - 1], dots[n]]);
    }
    return undefined;
  });
}

/** @param {Brush} brush @param {Dot[]} dots */
function highlight({ context, colour, width }, dots) {
  context.globalAlpha *= 0.4;
  context.strokeStyle = colour;
  context.lineWidth = 3 * width;
  trace(context, dots);
}

/** The head points as the last stretch of the line does. @param {Brush} brush @param {Dot[]} dots */
function arrow(brush, dots) {
  const { context, colour, width } = brush;
  const tip = dots[dots.length - 1];
  const length = 4 * width + 6;
  const before = dots.findLast(({ x, y }) => Math.hypot(tip.x - x, tip.y - y) >= length) ?? dots[0];
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  const neck = { x: tip.x - Math.cos(angle) * length * 0.8, y: tip.y - Math.sin(angle) * length * 0.8, pressure: 0.5 };
  const shaft = [...dots.slice(0, Math.max(1, dots.indexOf(before) + 1)), neck];
  const wing = (/** @type {number} */ turn) => ({ x: tip.x - Math.cos(angle + turn) * length, y: tip.y - Math.sin(angle + turn) * length });
  const head = new Path2D();
  head.moveTo(tip.x, tip.y);
  for (const { x, y } of [wing(0.5), neck, wing(-0.5)]) head.lineTo(x, y);
  head.closePath();
  context.strokeStyle = EDGE;
  context.lineWidth = 2 * EDGE_WIDTH;
  context.stroke(head);
  edged(brush, (thick) => {
    context.lineWidth = thick;
    trace(context, shaft);
  });
  context.fillStyle = colour;
  context.fill(head);
}

/** @param {Brush} brush @param {Dot[]} dots */
function outline(brush, dots) {
  const { context } = brush;
  edged(brush, (width) => {
    context.lineWidth = width;
    context.beginPath();
    dots.forEach(({ x, y }) => context.lineTo(x, y));
    context.closePath();
    context.stroke();
  });
}

/** @param {Brush} brush @param {Dot[]} dots */
function dashed(brush, dots) {
  brush.context.setLineDash([2 * brush.width, 2 * brush.width]);
  outline(brush, dots);
}

/** @param {Brush} brush @param {Dot} at @param {number} number */
function stamp({ context, colour, unit }, at, number) {
  const radius = Math.max(13, 3 * unit);
  context.fillStyle = EDGE;
  disc(context, at, radius + EDGE_WIDTH);
  context.fillStyle = colour;
  disc(context, at, radius);
  context.fillStyle = inkOn(colour);
  context.font = `700 ${radius * 1.15}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), at.x, at.y + radius * 0.06);
}

/** @param {Brush} brush @param {Dot[]} dots  its two ends */
function measure(brush, dots) {
  const [from, to] = [dots[0], dots[dots.length - 1]];
  const { context } = brush;
  const angle = Math.atan2(to.y - from.y, to.x - from.x) + Math.PI / 2;
  const tick = 3 * brush.width;
  const [across, down] = [Math.cos(angle) * tick, Math.sin(angle) * tick];
  edged(brush, (width) => {
    context.lineWidth = width;
    trace(context, [from, to]);
    for (const { x, y } of [from, to]) {
      trace(context, [{ x: x - across, y: y - down, pressure: 0.5 }, { x: x + across, y: y + down, pressure: 0.5 }]);
    }
  });
  label(brush, { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2, pressure: 0.5 }, "center");
}

/** What is written of a mark. @param {Brush} brush @param {Dot} at @param {"left" | "center"} align */
function label({ context, colour, unit, text }, at, align) {
  if (!text) return;
  const size = Math.max(14, 3.4 * unit);
  const left = align === "left" ? at.x : at.x - widthOf(context, text, size) / 2;
  paintWords(context, text, { x: left, y: at.y }, size, colour);
}

/** How wide words are, CSS pixels. @param {CanvasRenderingContext2D} context @param {string} text @param {number} size  of its letters */
export function widthOf(context, text, size) {
  context.font = `600 ${size}px ${FONT}`;
  return context.measureText(text).width;
}

/**
 * Words on a dark ground, with a bar of their colour.
 * @param {CanvasRenderingContext2D} context @param {string} text @param {{x: number, y: number}} at  its left middle
 * @param {number} size  of its letters, CSS pixels @param {string} colour
 */
export function paintWords(context, text, { x, y }, size, colour) {
  const width = widthOf(context, text, size);
  context.fillStyle = "rgb(8 12 16 / 78%)";
  context.beginPath();
  const box = /** @type {const} */ ([x - size * 0.4, y - size * 0.8, width + size * 0.8, size * 1.6]);
  if (context.roundRect) context.roundRect(...box, size * 0.35);
  else context.rect(...box);
  context.fill();
  context.fillStyle = colour;
  context.fillRect(x - size * 0.4, y - size * 0.5, 3, size);
  context.fillStyle = "#ffffff";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x, y);
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} at @param {number} radius */
export function disc(context, { x, y }, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Black or white, whichever is read more easily on a colour. @param {string} colour  #rrggbb */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 150 ? "#101820" : "#ffffff";
}
