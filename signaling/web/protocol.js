/**
 * The WebSocket protocol as a customer speaks it: hello, requests with ids, pings, reconnecting. No DOM, no media.
 * signaling/PROTOCOL.md is the reference.
 *
 * @typedef {{type: string, [field: string]: any}} Message
 * @typedef {"connecting" | "ready" | "away" | "closed"} SocketState
 *   connecting: not answered yet; ready: the server knows us; away: lost, being retried; closed: for good.
 * @typedef {object} Handlers
 * @property {() => Message} hello  the first message of every connection, without `version`
 * @property {(message: Message) => void} onMessage  everything but answers to requests
 * @property {(state: SocketState) => void} onState
 * @property {(code: string) => void} onRejected  the server will not have us: it is of no use to try again
 * @property {(code: string) => void} onGoodbye  the server goes away for a while; we keep trying
 */

export const VERSION = 1;
const PING_EVERY_MS = 5000;
const PONG_WITHIN_MS = 5000;
const GREETING_WITHIN_MS = 8000;
const ANSWER_WITHIN_MS = 10000;
const LONGEST_WAIT_MS = 8000;
/** Close codes: the customer has left for good (RFC 6455), or only this socket is given up. */
const LEFT = 1000;
const COMING_BACK = 4000;

/** Codes after which the same hello may well succeed a little later. */
const TRANSIENT = new Set(["shutting_down", "internal", "too_many_messages", "too_many_connections"]);

/** A request that was not carried out. `code` is the server's, or `offline` or `no_answer`. */
export class Refused extends Error {
  /** @param {string} code @param {string} [message] */
  constructor(code, message = code) {
    super(message);
    this.code = code;
  }
}

/**
 * How long to wait before attempt number `attempt` (from 0), in ms: doubling, bounded, spread over half its length
 * so that the clients of a restarted server do not all come back at once.
 * @param {number} attempt @param {() => number} [random]
 */
export function backoff(attempt, random = Math.random) {
  return Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt) * (0.5 + random() / 2);
}

/** One lasting connection to the server, over as many sockets as it takes. */
export class Connection {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {SocketState} */ #state = "closed";
  /** @type {Map<number, {resolve: (value: Message) => void, reject: (reason: Refused) => void, timer: number}>} */
  #pending = new Map();
  #lastId = 0;
  #attempt = 0;
  #retryTimer = 0;
  #pingTimer = 0;
  #greetingTimer = 0;

  /** @param {string} url @param {Handlers} handlers @param {(url: string) => WebSocket} [connect] */
  constructor(url, handlers, connect = (address) => new WebSocket(address)) {
    this.url = url;
    this.handlers = handlers;
    this.connect = connect;
  }

  /** @returns {SocketState} */
  get state() {
    return this.#state;
  }

  open() {
    this.#attempt = 0;
    this.#enter("connecting");
    this.#dial();
  }

  /** Ends it for good; the server reads the close code as "left on purpose". */
  close() {
    this.#enter("closed");
    this.#drop(LEFT);
  }

  /** The network may be back, or the page is looked at again: do not wait out the backoff, and check a live socket. */
  retryNow() {
    if (this.#state === "ready") this.#ping();
    else if (this.#retryTimer) this.#dial();
  }

  /**
   * Sends a request and waits for its answer. Rejects with Refused.
   * @param {Message} message @returns {Promise<Message>}
   */
  request(message) {
    if (this.#state !== "ready") return Promise.reject(new Refused("offline"));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id)?.reject(new Refused("no_answer")), ANSWER_WITHIN_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ ...message, id });
    });
  }

  #dial() {
    this.#drop();
    const socket = this.connect(this.url);
    this.#socket = socket;
    this.#greetingTimer = setTimeout(() => this.#lost(socket), GREETING_WITHIN_MS);
    socket.onopen = () => this.#send({ ...this.handlers.hello(), version: VERSION });
    socket.onmessage = (event) => this.#received(socket, event.data);
    socket.onclose = () => this.#lost(socket);
  }

  /** Lets go of the present socket, with everything that waits on it. @param {number} [code] */
  #drop(code = COMING_BACK) {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#greetingTimer);
    clearInterval(this.#pingTimer);
    this.#retryTimer = 0;
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new Refused("offline"));
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#retryTimer = setTimeout(() => this.#dial(), backoff(this.#attempt++));
    this.#enter("away");
  }

  /** @param {WebSocket} socket @param {unknown} text */
  #received(socket, text) {
    const message = parse(text);
    if (!message || socket !== this.#socket) return;
    const waiting = this.#settle(message.re);
    if (waiting) return message.type === "refused" ? waiting.reject(new Refused(message.code, message.message)) : waiting.resolve(message);
    if (message.type === "ok") return;
    if (message.type === "goodbye") return this.#dismissed(message.code);
    if (message.type === "refused") return this.#state === "ready" ? undefined : this.#dismissed(message.code);
    if (message.type === "invitation" || message.type === "welcome") this.#greeted();
    this.handlers.onMessage(message);
  }

  #greeted() {
    clearTimeout(this.#greetingTimer);
    clearInterval(this.#pingTimer);
    this.#attempt = 0;
    this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#enter("ready");
  }

  /** @param {string} code */
  #dismissed(code) {
    if (TRANSIENT.has(code)) return this.handlers.onGoodbye(code);
    this.close();
    this.handlers.onRejected(code);
  }

  /** A socket whose ping stays unanswered is dead, whatever the browser believes. */
  #ping() {
    const socket = this.#socket;
    const id = ++this.#lastId;
    const timer = setTimeout(() => socket && this.#lost(socket), PONG_WITHIN_MS);
    this.#pending.set(id, { resolve: () => {}, reject: () => {}, timer });
    this.#send({ type: "ping", id });
  }

  /** @param {number} id */
  #settle(id) {
    const waiting = this.#pending.get(id);
    if (!waiting) return undefined;
    clearTimeout(waiting.timer);
    this.#pending.delete(id);
    return waiting;
  }

  /** @param {Message} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** @param {SocketState} state */
  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.handlers.onState(state);
  }
}

/** @param {unknown} text @returns {Message | null} */
function parse(text) {
  try {
    const message = JSON.parse(String(text));
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}
