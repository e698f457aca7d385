/**
 * A picture on a canvas of its own.
 *
 * @param {CanvasImageSource} source @param {{width: number, height: number}} size  of the source
 * @param {number} longest  pixels of the canvas's longer side, at most
 */
export function drawnOn(source, { width, height }, longest) {
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}
