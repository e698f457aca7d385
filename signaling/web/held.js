/**
 * The camera's newest picture, held still while it is looked at: what is followed in it, what is drawn on it and the time it
 * is called by are of one and the same frame, though the video goes on meanwhile.
 */

import { smallSize } from "./pyramid.js";

const SAME_MS = 0.01;

export class Held {
  canvas = document.createElement("canvas");
  /** Of capture, ms; 0: nothing is held. */ time = 0;
  #context;
  #tells = false;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    this.#context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  /**
   * Takes what the video shows, unless that is held already or its time is not known.
   * @param {number} width  of the copy, in pixels; it is never larger than the video, nor smaller than what is followed
   * @param {number} now  ms @param {VideoFrameCallbackMetadata} [frame]  what the browser tells of it, if anything
   * @returns {boolean} whether there is another picture
   */
  take(width, now, frame) {
    const { videoWidth, videoHeight } = this.video;
    const time = frame?.captureTime ?? now;
    if (!videoWidth || time === this.time || (frame && !this.#shows(frame))) return false;
    const scale = Math.min(1, Math.max(width, smallSize(videoWidth, videoHeight).width) / videoWidth);
    const [w, h] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    this.#context.drawImage(this.video, 0, 0, w, h);
    this.time = time;
    return true;
  }

  /**
   * Whether the video is still at the frame told of. On a busy machine a newer one has come by the time this runs; it will be
   * told of next. Only a browser that has once given both times alike is taken at its word.
   * @param {VideoFrameCallbackMetadata} frame
   */
  #shows({ mediaTime }) {
    if (!("VideoFrame" in globalThis) || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return true;
    const shown = new VideoFrame(this.video);
    const same = Math.abs(shown.timestamp / 1000 - mediaTime * 1000) < SAME_MS;
    shown.close();
    this.#tells ||= same;
    return same || !this.#tells;
  }
}
