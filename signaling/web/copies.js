/**
 * Which sound each packet carries again (RED, RFC 2198). The browser puts the frame before into each packet; here that is replaced
 * by what brings back most on the line there is. Pure: it runs in the worker that sees encoded frames.
 *
 * @typedef {object} Plan
 * @property {number} frames  how many are carried again
 * @property {number} ms  how long before the packet's own frame the last of them was; 0: right before
 * @typedef {{at: number, payload: Uint8Array}} Frame  at: RTP timestamp
 */

const CLOCK = 48; // RTP ticks of a millisecond
const KEPT = 32;
const OFFSET_MOST = (1 << 14) - 1;
const LENGTH_MOST = (1 << 10) - 1;
const PACKET_MOST = 1180; // bytes
const MORE = 0x80;

export class Copies {
  /** Null: as the browser does it. @type {Plan | null} */ plan = null;
  /** @type {Frame[]} */ #sent = [];

  /** The packet to send instead of `packet`, which is a RED packet of the browser's. @param {Uint8Array} packet @param {number} at  RTP timestamp */
  instead(packet, at) {
    const own = unwrapped(packet);
    if (!own) return packet;
    const copies = this.plan ? this.#chosen(this.plan, at, PACKET_MOST - 1 - own.payload.length) : null;
    this.#sent.push({ at, payload: own.payload });
    if (this.#sent.length > KEPT) this.#sent.shift();
    return copies ? wrapped(own, copies, at) : packet;
  }

  /** The oldest first. @param {Plan} plan @param {number} at @param {number} room  bytes */
  #chosen({ frames, ms }, at, room) {
    /** @type {Frame[]} */
    const chosen = [];
    for (let n = this.#sent.length - 1; n >= 0; n--) {
      const frame = this.#sent[n];
      const before = ahead(at, frame.at);
      if (chosen.length === frames || before > OFFSET_MOST) break;
      if (before < Math.max(1, ms * CLOCK) || frame.payload.length > LENGTH_MOST) continue;
      room -= frame.payload.length + 4;
      if (room < 0) break;
      chosen.unshift(frame);
    }
    return chosen;
  }
}

/** By how many ticks `at` is after `then`. @param {number} at @param {number} then */
function ahead(at, then) {
  return (at - then) | 0;
}

/** The packet's own frame and what codec it is of; null where it is malformed. @param {Uint8Array} packet */
function unwrapped(packet) {
  let [head, bytes] = [0, 0];
  while (head + 4 < packet.length && packet[head] & MORE) {
    bytes += ((packet[head + 2] & 3) << 8) | packet[head + 3];
    head += 4;
  }
  const start = head + 1 + bytes;
  return packet[head] & MORE || start >= packet.length ? null : { type: packet[head], payload: packet.slice(start) };
}

/** @param {{type: number, payload: Uint8Array}} own @param {Frame[]} copies @param {number} at */
function wrapped(own, copies, at) {
  const heads = copies.flatMap((copy) => {
    const [offset, length] = [ahead(at, copy.at), copy.payload.length];
    return [MORE | own.type, offset >> 6, ((offset & 63) << 2) | (length >> 8), length & 255];
  });
  const parts = [Uint8Array.from([...heads, own.type]), ...copies.map(({ payload }) => payload), own.payload];
  const packet = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    packet.set(part, end);
    end += part.length;
  }
  return packet;
}
