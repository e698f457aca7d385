/** Sends a photo to the server in pieces, and goes on where it was cut off; signaling/PROTOCOL.md is the reference. No DOM. */

import { backoff } from "./protocol.js";

const PIECE = 128 * 1024;
const PIECE_WITHIN_MS = 55_000;
const FAILURES_MOST = 8; // in a row
const AGAIN = new Set([409, 429, 500, 502, 503, 504]);

/**
 * Resolves when all of it is there; rejects when the server does not want it (any more), or cannot be reached.
 * @param {string} url  of the photo
 * @param {string} ticket
 * @param {Blob} blob
 * @param {object} how
 * @param {(part: number) => void} how.onProgress  0 to 1
 * @param {AbortSignal} how.signal
 * @param {(ms: number) => Promise<unknown>} [how.pause]
 */
export async function upload(url, ticket, blob, { onProgress, signal, pause = sleep }) {
  let [offset, failures] = [0, 0];
  while (offset < blob.size) {
    const here = failures ? await ask("HEAD", {}) : await ask("PATCH", {
      headers: { "Upload-Offset": `${offset}`, "Upload-Length": `${blob.size}` },
      body: blob.slice(offset, offset + PIECE),
    });
    if (here === null) {
      if (++failures > FAILURES_MOST) throw new Error("the server cannot be reached");
      await pause(backoff(failures - 1));
    } else {
      [offset, failures] = [here, 0];
      onProgress(offset / blob.size);
    }
  }

  /** How much is there after this; null: try again. @param {string} method @param {RequestInit} more */
  async function ask(method, more) {
    const headers = { ...more.headers, Authorization: `Bearer ${ticket}` };
    const late = AbortSignal.timeout(PIECE_WITHIN_MS);
    const answer = await fetch(url, { ...more, method, headers, signal: either(signal, late) }).catch(() => null);
    signal.throwIfAborted();
    if (answer?.ok) return Number(answer.headers.get("Upload-Offset"));
    if (answer && !AGAIN.has(answer.status)) throw new Error(`the server does not want it: ${answer.status}`);
    return null;
  }
}

/** @param {AbortSignal} one @param {AbortSignal} other */
function either(one, other) {
  const both = new AbortController();
  for (const signal of [one, other]) signal.addEventListener("abort", () => both.abort(signal.reason), { once: true });
  if (one.aborted) both.abort(one.reason);
  return both.signal;
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
