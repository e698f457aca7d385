/**
 * The two data channels of ink, over as many peer connections as a call takes: what was received of the log, and what was
 * sent and is not yet in it. No DOM; docs/ink.md is the reference.
 *
 * @typedef {import("./inkwire.js").Edit} Edit
 * @typedef {import("./inkwire.js").Entry} Entry
 * @typedef {import("./inkwire.js").InkMessage} InkMessage
 * @typedef {{ink: RTCDataChannel, live: RTCDataChannel}} InkChannels
 * @typedef {object} InkLinkHandlers
 * @property {() => void} onNewLog  everything known of marks is void
 * @property {(entries: Entry[], now: number) => void} onEntries  `now` on the log's clock, seconds
 * @property {(message: InkMessage) => void} onMessage  whatever else was said
 */

import { parseLive, parseReliable } from "./inkwire.js";

const UNSENT_MOST = 500;
const BUFFERED_MOST = 16 * 1024;

/** @param {RTCPeerConnection} pc @returns {InkChannels} */
export function inkChannels(pc) {
  return {
    ink: pc.createDataChannel("ink", { negotiated: true, id: 100 }),
    live: pc.createDataChannel("ink-live", { negotiated: true, id: 101, ordered: false, maxRetransmits: 0 }),
  };
}

export class InkLink {
  /** @type {InkChannels | null} */ #channels = null;
  /** @type {Edit[]} */ #unconfirmed = [];
  #log = "";
  #seq = 0;
  #asked = false;

  /** @param {InkLinkHandlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
  }

  /** From now on these are used. @param {InkChannels} channels */
  use(channels) {
    const before = this.#channels;
    if (before) before.ink.onopen = before.ink.onmessage = before.live.onmessage = null;
    this.#channels = channels;
    channels.ink.onmessage = ({ data }) => this.#received(parseReliable(data));
    channels.live.onmessage = ({ data }) => this.#receivedLive(parseLive(data));
    if (channels.ink.readyState === "open") this.#greet();
    else channels.ink.onopen = () => this.#greet();
  }

  /** Has everything told once more that may have been missed. */
  renew() {
    this.#ask();
  }

  /** Done by the customer; sent again on the next connection unless it came back in the log. @param {Edit[]} edits */
  edit(...edits) {
    this.#unconfirmed.push(...edits);
    this.#unconfirmed.splice(0, this.#unconfirmed.length - UNSENT_MOST);
    this.say({ kind: "edits", edits });
  }

  /** @param {InkMessage} message */
  say(message) {
    if (this.#channels?.ink.readyState === "open") this.#channels.ink.send(JSON.stringify(message));
  }

  /** What is of use only now. @param {InkMessage} message */
  sayLive(message) {
    const live = this.#channels?.live;
    if (live?.readyState === "open" && live.bufferedAmount < BUFFERED_MOST) live.send(JSON.stringify(message));
  }

  #greet() {
    this.#ask();
    if (this.#unconfirmed.length) this.say({ kind: "edits", edits: this.#unconfirmed });
  }

  #ask() {
    this.#asked = true;
    this.say({ kind: "have", log: this.#log, seq: this.#seq });
  }

  /** @param {InkMessage | null} message */
  #received(message) {
    if (message?.kind === "log") return this.#logged(message);
    if (message?.kind === "refused") this.#unconfirmed = this.#unconfirmed.filter(({ mark }) => mark !== message.mark);
    if (message) this.handlers.onMessage(message);
    return undefined;
  }

  /** @param {InkMessage | null} message */
  #receivedLive(message) {
    if (message) this.handlers.onMessage(message);
  }

  /** @param {InkMessage} message */
  #logged({ log, seq, now, entries }) {
    if (log !== this.#log && seq === 0) this.#begin(log);
    if (log !== this.#log || seq !== this.#seq) {
      if (!this.#asked) this.#ask();
      return;
    }
    this.#asked = false;
    this.#seq += entries.length;
    for (const { author, edit } of entries) if (author === "customer") this.#confirm(edit);
    this.handlers.onEntries(entries, now);
  }

  /** @param {string} log */
  #begin(log) {
    this.#log = log;
    this.#seq = 0;
    this.handlers.onNewLog();
  }

  /** @param {Edit} edit */
  #confirm({ kind, mark }) {
    const at = this.#unconfirmed.findIndex((one) => one.kind === kind && one.mark === mark);
    if (at >= 0) this.#unconfirmed.splice(at, 1);
  }
}
