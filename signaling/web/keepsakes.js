/** Small pictures of marks on their things, for when the thing is lost: what to point the camera at again. */

const SIDE = 64;
const KEPT_MOST = 16;
const RETAKEN_MS = 1000;
const GAP = 8;
const BELOW = 36; // room for a word on who draws

export class Keepsakes {
  /** @type {Map<string, {image: HTMLCanvasElement, at: number}>} */ #kept = new Map();

  clear() {
    this.#kept.clear();
  }

  /**
   * Takes one of a mark that is seen well.
   * @param {string} mark @param {HTMLCanvasElement} canvas @param {number} ratio  its pixels to a CSS pixel
   * @param {{x: number, y: number}} at  CSS pixels
   */
  take(mark, canvas, ratio, at) {
    const known = this.#kept.get(mark);
    const now = performance.now();
    if (known ? now - known.at < RETAKEN_MS : this.#kept.size >= KEPT_MOST) return;
    const image = known?.image ?? document.createElement("canvas");
    const side = SIDE * ratio;
    if (image.width !== side) image.width = image.height = side;
    const context = image.getContext("2d");
    context?.clearRect(0, 0, side, side);
    context?.drawImage(canvas, at.x * ratio - side, at.y * ratio - side, 2 * side, 2 * side, 0, 0, side, side);
    this.#kept.set(mark, { image, at: now });
  }

  /**
   * Those of lost marks, in a row at the lower edge.
   * @param {CanvasRenderingContext2D} context @param {number} width @param {number} height
   * @param {{mark: string, colour: string}[]} lost
   */
  paint(context, width, height, lost) {
    const most = Math.max(1, Math.floor(width / (SIDE + GAP)) - 1);
    const shown = lost.filter(({ mark }) => this.#kept.has(mark)).slice(0, most);
    shown.forEach(({ mark, colour }, n) => {
      const [x, y] = [GAP + n * (SIDE + GAP), height - SIDE - BELOW];
      context.drawImage(/** @type {any} */ (this.#kept.get(mark)).image, x, y, SIDE, SIDE);
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.setLineDash([6, 4]);
      context.strokeRect(x, y, SIDE, SIDE);
      context.setLineDash([]);
    });
  }
}
