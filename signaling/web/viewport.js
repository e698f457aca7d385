/**
 * Where the camera's picture is on the screen: fitted whole into its place (`object-fit: contain`), mirrored for the front
 * camera. Pure.
 *
 * @typedef {{left: number, top: number, width: number, height: number, mirrored: boolean}} Viewport  in CSS pixels
 * @typedef {import("./homography.js").Matrix} Matrix
 */

/**
 * @param {{width: number, height: number}} place @param {{width: number, height: number}} picture @param {boolean} mirrored
 * @returns {Viewport}
 */
export function fitted(place, picture, mirrored) {
  const scale = Math.min(place.width / picture.width, place.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { left: (place.width - width) / 2, top: (place.height - height) / 2, width, height, mirrored };
}

/** From 0 to 1 of the picture to CSS pixels of the place. @param {Viewport} viewport @returns {Matrix} */
export function toScreen({ left, top, width, height, mirrored }) {
  return mirrored ? [-width, 0, left + width, 0, height, top, 0, 0, 1] : [width, 0, left, 0, height, top, 0, 0, 1];
}

/**
 * Back: a point of the screen in 0 to 1 of the picture, or null beside it.
 * @param {Viewport} viewport @param {number} x @param {number} y
 */
export function toPicture({ left, top, width, height, mirrored }, x, y) {
  const [across, down] = [(x - left) / width, (y - top) / height];
  if (!(across >= 0 && across <= 1 && down >= 0 && down <= 1)) return null;
  return { x: mirrored ? 1 - across : across, y: down };
}
