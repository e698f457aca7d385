/**
 * The pointer of the agent who shows their screen, which is in none of its pictures: where it is, as the agent's endpoint says, and
 * the arrow that stands for it.
 */

/** Corners, from its tip, in CSS pixels: coachdesk/arrowshape.py. @type {[number, number][]} */
export const ARROW = [[0, 0], [0, 17], [4, 13], [7, 20], [10, 19], [7, 12], [12, 12]];
const EDGE = 2;

/** Messages may be lost, come twice or late: the newest counts. */
export class SharersPointer {
  onMove = () => {};
  /** x and y, 0 to 1 of the picture; null: it is not on what is shown. @type {[number, number] | null} */ at = null;
  #number = -1;

  /** @param {import("./inkwire.js").InkMessage} message */
  told({ number, at }) {
    if (number <= this.#number) return;
    [this.#number, this.at] = [number, at];
    this.onMove();
  }

  /** It is nowhere, until something newer is told. */
  leave() {
    this.at = null;
    this.onMove();
  }

  /** A new connection, on which it is counted anew. */
  forget() {
    this.#number = -1;
    this.leave();
  }
}

/** Of the same size however large the picture is. @param {CanvasRenderingContext2D} context  in CSS pixels @param {{x: number, y: number}} tip */
export function paintArrow(context, tip) {
  const shape = new Path2D();
  for (const [x, y] of ARROW) shape.lineTo(tip.x + x, tip.y + y);
  shape.closePath();
  context.save();
  context.lineJoin = "round";
  context.lineWidth = EDGE;
  [context.fillStyle, context.strokeStyle] = ["#000000", "#ffffff"];
  context.fill(shape);
  context.stroke(shape);
  context.restore();
}
