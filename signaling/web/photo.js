/**
 * One photo as good as the camera can: in its full resolution where the browser has W3C's ImageCapture, else the sharpest of the
 * next few frames. Drawn anew as a JPEG, so that nothing of where and with what it was taken goes along.
 */

import { drawnOn } from "./canvas.js";

const TAKE_WITHIN_MS = 8000;
const LONGEST_SIDE = 4096; // browsers on phones draw no larger ones
const QUALITY = 0.92;
const FRAMES = 8;
const FRAME_WITHIN_MS = 200;
const SMALL = 320;

/** Rejects where there is no picture. @param {MediaStreamTrack} track @param {HTMLVideoElement} video  shows the track */
export async function takePhoto(track, video) {
  const full = await fullResolution(track);
  const enough = full && full.width * full.height >= video.videoWidth * video.videoHeight;
  return encode(enough ? full : await sharpest(video));
}

/** @param {MediaStreamTrack} track @returns {Promise<ImageBitmap | null>} null where the browser or camera has no such thing */
async function fullResolution(track) {
  const ImageCapture = /** @type {any} */ (globalThis).ImageCapture;
  if (!ImageCapture) return null;
  try {
    return await within(new ImageCapture(track).takePhoto().then(createImageBitmap), TAKE_WITHIN_MS);
  } catch {
    return null;
  }
}

/** The sharpest of the next frames. @param {HTMLVideoElement} video @returns {Promise<ImageBitmap>} */
async function sharpest(video) {
  /** @type {ImageBitmap | null} */ let best = null;
  let most = -1;
  for (let n = 0; n < FRAMES; n++) {
    const frame = await createImageBitmap(video);
    const sharp = sharpness(pixels(frame));
    if (sharp > most) {
      best?.close();
      [best, most] = [frame, sharp];
    } else frame.close();
    await nextFrame(video);
  }
  return /** @type {ImageBitmap} */ (best);
}

/**
 * How sharp a picture is: the variance of its Laplacian, which blur takes away (Pech-Pacheco et al., 2000).
 * @param {ImageData} image
 */
export function sharpness({ data, width, height }) {
  const light = Float32Array.from({ length: width * height }, (_, n) => data[4 * n] + 2 * data[4 * n + 1] + data[4 * n + 2]);
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const value = light[at - 1] + light[at + 1] + light[at - width] + light[at + width] - 4 * light[at];
      sum += value;
      squares += value * value;
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  return squares / count - (sum / count) ** 2;
}

/** @param {ImageBitmap} frame @returns {ImageData} */
function pixels(frame) {
  const context = drawnOn(frame, frame, SMALL).getContext("2d");
  if (!context) throw new Error("no canvas");
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}

/** @param {ImageBitmap} frame @returns {Promise<Blob>} */
function encode(frame) {
  const canvas = drawnOn(frame, frame, LONGEST_SIDE);
  frame.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY));
}

/** @param {any} video */
function nextFrame(video) {
  const next = new Promise((resolve) => video.requestVideoFrameCallback?.(resolve));
  return within(next, FRAME_WITHIN_MS).catch(() => {});
}

/** @template T @param {Promise<T>} promise @param {number} ms @returns {Promise<T>} */
function within(promise, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too late")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
