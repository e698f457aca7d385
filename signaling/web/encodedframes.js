/**
 * The RTP timestamps of the pictures that are sent, where the browser lets a worker see encoded frames (WebRTC encoded
 * transform). No DOM.
 */

/**
 * Tells of every frame `sender` sends, until the function returned is called; elsewhere of none.
 * @param {RTCRtpSender} sender @param {(ticks: number, at: number) => void} onFrame  RTP timestamp, and when: ms as performance.now()
 * @returns {() => void}
 */
export function watchEncoded(sender, onFrame) {
  const Transform = /** @type {any} */ (globalThis).RTCRtpScriptTransform;
  if (!Transform) return () => {};
  const worker = new Worker(new URL("encodedframes.worker.js", import.meta.url));
  worker.onmessage = ({ data }) => {
    // Only now: a worker that did not load would let no picture pass.
    if (data === "ready") /** @type {any} */ (sender).transform = new Transform(worker);
    else onFrame(data.ticks, data.at - performance.timeOrigin);
  };
  return () => worker.terminate();
}
