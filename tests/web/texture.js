/** A picture of blobs, and what a camera over it sees: for tests that follow things. */

const SIZE = 512;

/** @param {number} seed */
export function texture(seed) {
  let state = seed;
  const random = () => ((state = (state * 16807) % 2147483647) / 2147483647);
  const data = new Float32Array(SIZE * SIZE).fill(110);
  for (let blob = 0; blob < 900; blob++) {
    const [x, y, radius, height] = [random() * SIZE, random() * SIZE, 2 + random() * 7, random() * 160 - 80];
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        if (dx * dx + dy * dy > radius * radius) continue;
        const at = ((Math.round(y + dy) + SIZE) % SIZE) * SIZE + ((Math.round(x + dx) + SIZE) % SIZE);
        data[at] += height * (1 - (dx * dx + dy * dy) / (radius * radius));
      }
    }
  }
  return data;
}

/** RGBA as seen when the picture's pixel (x, y) shows the texture at `map`(x, y). @param {Float32Array} data @param {number[]} map @param {number} width @param {number} height */
export function view(data, map, width, height) {
  const rgba = new Uint8ClampedArray(width * height * 4);
  const pixel = (x, y) => data[((y % SIZE) + SIZE) % SIZE * SIZE + (((x % SIZE) + SIZE) % SIZE)];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const w = map[6] * x + map[7] * y + map[8];
      const [u, v] = [(map[0] * x + map[1] * y + map[2]) / w, (map[3] * x + map[4] * y + map[5]) / w];
      const [iu, iv] = [Math.floor(u), Math.floor(v)];
      const [fu, fv] = [u - iu, v - iv];
      const upper = pixel(iu, iv) * (1 - fu) + pixel(iu + 1, iv) * fu;
      const lower = pixel(iu, iv + 1) * (1 - fu) + pixel(iu + 1, iv + 1) * fu;
      rgba[at] = rgba[at + 1] = rgba[at + 2] = upper * (1 - fv) + lower * fv;
      rgba[at + 3] = 255;
    }
  }
  return rgba;
}
