/** Tells when frames leave the encoder, with their RTP timestamps, and passes every one on as it is. */

addEventListener("rtctransform", (event) => {
  const { readable, writable } = event.transformer;
  const tell = new TransformStream({
    transform(frame, out) {
      out.enqueue(frame);
      postMessage({ ticks: frame.timestamp, at: performance.timeOrigin + performance.now() });
    },
  });
  readable.pipeThrough(tell).pipeTo(writable).catch(() => {}); // the connection was closed
});

postMessage("ready");
