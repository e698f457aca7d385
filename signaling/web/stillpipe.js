/**
 * The data channel of stills: pictures in pieces, never more on the way than the line takes at once, so that sound goes first.
 * No DOM; docs/ink.md is the reference.
 *
 * @typedef {{kind: string, frame?: number, size?: number, received?: number, live?: boolean, stills?: boolean}} StillMessage
 * @typedef {object} StillHandlers
 * @property {() => void} onOpen
 * @property {(frame: number) => void} onAsk  for the picture that stands still
 * @property {(frame: number, bytes: Uint8Array) => void} onStill  one that stands still has come
 * @typedef {object} Sending
 * @property {number} frame
 * @property {Uint8Array} bytes
 * @property {number} piece  bytes that are sent at once
 * @property {number} sent  bytes
 * @property {{upTo: number, at: number}[]} onTheWay
 * @property {number} giveUpAt  ms; when it is not worth the wait any more
 * @property {(all: boolean) => void} done
 */

const PIECE = 4096; // four packets
const SMALL_PIECE = 256; // where the line is slow, sound has to wait for so much and no more
const STILL_MOST = 3 << 20;
const MESSAGE_MOST = 512;
const AT_ONCE_MOST = 16;
const QUEUED_MS = 80;
const LATEST = 4; // answers: a queue delays them all, a machine that stands still for a moment only some

/** @param {RTCPeerConnection} pc */
export function stillChannel(pc) {
  const channel = pc.createDataChannel("stills", { negotiated: true, id: 102 });
  channel.binaryType = "arraybuffer";
  return channel;
}

/** How many pieces may be on the way at once: fewer when they begin to queue, as by LEDBAT (RFC 6817). */
export class Pace {
  atOnce = 2;
  #quickest = Infinity;
  /** @type {number[]} */ #latest = [];
  #spare = 0;

  /** @param {number} ms  that one took there and back */
  answered(ms) {
    this.#quickest = Math.min(this.#quickest, ms);
    this.#latest.push(ms);
    this.#latest.splice(0, this.#latest.length - LATEST);
    const soon = this.#quickest + QUEUED_MS;
    if (this.#spare > 0) this.#spare--; // was on the way already when it was halved
    else if (ms <= soon) this.atOnce = Math.min(AT_ONCE_MOST, this.atOnce + 1);
    else if (Math.min(...this.#latest) > soon) [this.#spare, this.atOnce] = [this.atOnce, Math.max(1, this.atOnce >> 1)];
  }
}

export class StillPipe {
  /** @type {RTCDataChannel | null} */ #channel = null;
  /** @type {Sending | null} */ #sending = null;
  /** @type {{frame: number, bytes: Uint8Array, received: number} | null} */ #coming = null;
  #pace = new Pace();

  /** @param {StillHandlers} handlers @param {() => number} [clock]  ms */
  constructor(handlers, clock = () => performance.now()) {
    [this.handlers, this.clock] = [handlers, clock];
  }

  /** From now on this one is used. @param {RTCDataChannel} channel */
  use(channel) {
    if (this.#channel) this.#channel.onopen = this.#channel.onmessage = null;
    this.#end(false);
    [this.#channel, this.#pace, this.#coming] = [channel, new Pace(), null];
    channel.onmessage = ({ data }) => (typeof data === "string" ? this.#told(data) : this.#piece(new Uint8Array(data)));
    if (channel.readyState === "open") this.handlers.onOpen();
    else channel.onopen = () => this.handlers.onOpen();
  }

  /** @param {StillMessage} message */
  say(message) {
    if (this.#channel?.readyState === "open") this.#channel.send(JSON.stringify(message));
  }

  /**
   * Instead of one that is on its way.
   * @param {number} frame @param {Uint8Array} bytes @param {boolean} live @param {number} [patience]  ms, after which the rest is not sent
   * @returns {Promise<boolean>} whether all of it is there
   */
  send(frame, bytes, live, patience = Infinity) {
    if (this.#sending?.frame === frame) return Promise.resolve(false); // it was asked for twice
    this.#end(false);
    if (this.#channel?.readyState !== "open" || bytes.length > STILL_MOST) return Promise.resolve(false);
    this.say({ kind: "still", frame, size: bytes.length, live });
    return new Promise((done) => {
      this.#sending = { frame, bytes, piece: live ? SMALL_PIECE : PIECE, sent: 0, onTheWay: [], giveUpAt: this.clock() + patience, done };
      this.#goOn();
    });
  }

  #goOn() {
    const sending = this.#sending;
    if (!sending || this.#channel?.readyState !== "open") return;
    while (sending.sent < sending.bytes.length && sending.onTheWay.length < this.#pace.atOnce) {
      const piece = sending.bytes.slice(sending.sent, sending.sent + sending.piece);
      this.#channel.send(piece);
      sending.sent += piece.length;
      sending.onTheWay.push({ upTo: sending.sent, at: this.clock() });
    }
  }

  /** @param {boolean} all */
  #end(all) {
    const sending = this.#sending;
    this.#sending = null;
    sending?.done(all);
  }

  /** @param {string} text */
  #told(text) {
    const message = parse(text);
    if (message?.kind === "ask") this.handlers.onAsk(message.frame);
    if (message?.kind === "got") this.#got(message);
    if (message?.kind === "still") this.#coming = { frame: message.frame, bytes: new Uint8Array(message.size), received: 0 };
  }

  /** @param {{frame: number, received: number}} message */
  #got({ frame, received }) {
    const sending = this.#sending;
    if (sending?.frame !== frame) return;
    while (sending.onTheWay.length && sending.onTheWay[0].upTo <= received) {
      this.#pace.answered(this.clock() - /** @type {{at: number}} */ (sending.onTheWay.shift()).at);
    }
    if (received === sending.bytes.length) this.#end(true);
    else if (this.clock() > sending.giveUpAt) this.#end(false);
    else this.#goOn();
  }

  /** @param {Uint8Array} piece */
  #piece(piece) {
    const coming = this.#coming;
    if (!coming || coming.received + piece.length > coming.bytes.length) {
      this.#coming = null;
      return;
    }
    coming.bytes.set(piece, coming.received);
    coming.received += piece.length;
    this.say({ kind: "got", frame: coming.frame, received: coming.received });
    if (coming.received < coming.bytes.length) return;
    this.#coming = null;
    this.handlers.onStill(coming.frame, coming.bytes);
  }
}

/** A message of the hub's, or null: it is none that we know. @param {string} text @returns {any} */
function parse(text) {
  if (text.length > MESSAGE_MOST) return null;
  try {
    const message = JSON.parse(text);
    const { kind, frame, size, received } = message;
    if (!whole(frame, 0xffffffff)) return null;
    if (kind === "ask") return message;
    if (kind === "got" && whole(received, STILL_MOST)) return message;
    return kind === "still" && whole(size, STILL_MOST) && size > 0 ? message : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value @param {number} most */
function whole(value, most) {
  return Number.isInteger(value) && /** @type {number} */ (value) >= 0 && /** @type {number} */ (value) <= most;
}
