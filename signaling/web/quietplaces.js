/**
 * Which places of a picture have stood still of late, by small samples of it. Pure.
 *
 * The agent's endpoint says where marks are on the customer's screen a moment after it was so; the customer sees their screen as it is
 * now. What has just changed may have been scrolled: a mark there is not to be seen until it is known where it is. A caret, or a
 * word that is typed, is no such change.
 */

/** Of a sample, in pixels; and of the squares that are looked at on their own. */
export const [WIDTH, HEIGHT, TILE] = [192, 112, 8];
const [COLUMNS, ROWS] = [WIDTH / TILE, HEIGHT / TILE];
const CHANGED_SHADES = 4; // on average, of a square's pixels
const PLAIN_SHADES = 12; // between the darkest and the lightest of a square where there is nothing to be seen
const MOST_CHANGED = 0.4; // of the squares in which there is something to be seen
export const QUIET_MS = 1000; // longer than what is told takes

export class QuietPlaces {
  /** Nothing before the first look. */ #before = new Float32Array(WIDTH * HEIGHT).fill(NaN);
  #changed = new Float64Array(COLUMNS * ROWS).fill(-Infinity);
  #plain = new Array(COLUMNS * ROWS).fill(true);

  /** A sample of the picture as it is. @param {Uint8ClampedArray} rgba @param {number} now  ms */
  look(rgba, now) {
    for (let row = 0; row < ROWS; row++) for (let column = 0; column < COLUMNS; column++) this.#lookAt(rgba, column, row, now);
  }

  /**
   * Whether nothing has moved there, and around it, for a while.
   * @param {{x: number, y: number}[]} points  0 to 1 of the picture @param {number} now  ms
   */
  quiet(points, now) {
    const columns = span(points.map(({ x }) => x * COLUMNS), COLUMNS);
    const rows = span(points.map(({ y }) => y * ROWS), ROWS);
    let [seen, changed] = [0, 0];
    for (let row = rows.from; row <= rows.to; row++) {
      for (let column = columns.from; column <= columns.to; column++) {
        const tile = row * COLUMNS + column;
        const moved = now - this.#changed[tile] < QUIET_MS;
        seen += Number(moved || !this.#plain[tile]);
        changed += Number(moved);
      }
    }
    return changed <= seen * MOST_CHANGED;
  }

  /** @param {Uint8ClampedArray} rgba @param {number} column @param {number} row @param {number} now */
  #lookAt(rgba, column, row, now) {
    let [difference, darkest, lightest] = [0, 255, 0];
    const places = pixels(column, row);
    for (const place of places) {
      const shade = rgba[4 * place + 1];
      difference += Math.abs(shade - this.#before[place]);
      [darkest, lightest] = [Math.min(darkest, shade), Math.max(lightest, shade)];
    }
    if (difference < CHANGED_SHADES * places.length) return;
    for (const place of places) this.#before[place] = rgba[4 * place + 1];
    if (!Number.isNaN(difference)) this.#changed[row * COLUMNS + column] = now;
    this.#plain[row * COLUMNS + column] = lightest - darkest < PLAIN_SHADES;
  }
}

/** Squares from the one before the least to the one after the most. @param {number[]} places @param {number} count */
function span(places, count) {
  return {
    from: Math.max(0, Math.floor(Math.min(...places)) - 1),
    to: Math.min(count - 1, Math.floor(Math.max(...places)) + 1),
  };
}

/** @param {number} column @param {number} row */
function pixels(column, row) {
  const first = row * TILE * WIDTH + column * TILE;
  return Array.from({ length: TILE * TILE }, (_, n) => first + Math.floor(n / TILE) * WIDTH + (n % TILE));
}
