/** Tells when pictures leave the encoder, with their RTP timestamps, and puts other copies into packets of sound. */

import { Copies } from "./copies.js";

const copies = new Copies();
let red = -1;

addEventListener("message", ({ data }) => {
  ({ red, plan: copies.plan } = data);
});

addEventListener("rtctransform", (event) => {
  const { readable, writable, options } = event.transformer;
  const pass = new TransformStream({ transform: options.sound ? sound : picture });
  readable.pipeThrough(pass).pipeTo(writable).catch(() => {}); // the connection was closed
});

function picture(frame, out) {
  out.enqueue(frame);
  postMessage({ ticks: frame.timestamp, at: performance.timeOrigin + performance.now() });
}

function sound(frame, out) {
  if (frame.getMetadata().payloadType === red) {
    const packet = new Uint8Array(frame.data);
    const instead = copies.instead(packet, frame.timestamp);
    if (instead !== packet) frame.data = instead.buffer;
  }
  out.enqueue(frame);
}

postMessage("ready");
