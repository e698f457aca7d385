/**
 * Whether the agent shows their screen to the customer, as the agent's endpoint says on the control channel, and how large it is seen,
 * as the page says there: no more pixels need come (coachdesk/screenwire.py). No DOM.
 *
 * @typedef {{kind: "screen_shown", width: number, height: number}} Seen  of the whole of it, in pixels of the monitor; 0: it is not to be seen
 */

import { parse } from "./screenshare.js";

const SAY_MS = 200; // after a change of that size, it is said, as it is then
const MOST = 16384;

export class AgentScreen {
  on = false;
  /** What the agent's endpoint is to know, once there is something. @type {Seen | null} */ seen = null;
  #timer = 0;

  /** @param {() => void} onChange @param {(seen: Seen) => void} tell  the agent's endpoint */
  constructor(onChange, tell) {
    this.onChange = onChange;
    this.tell = tell;
  }

  /** It is shown that large, whole, in pixels of the monitor. @param {number} width @param {number} height */
  show(width, height) {
    const [wide, high] = [width, height].map((side) => Math.min(MOST, Math.round(side)));
    if (wide === this.seen?.width && high === this.seen.height) return;
    this.seen = { kind: "screen_shown", width: wide, height: high };
    this.#timer ||= setTimeout(() => this.#say(), SAY_MS);
  }

  #say() {
    this.#timer = 0;
    if (this.on && this.seen) this.tell(this.seen);
  }

  /** What is not about that screen is ignored. @param {string} text */
  heard(text) {
    const message = parse(text);
    if (message?.kind === "agent_screen" && typeof message.on === "boolean") this.#set(message.on);
  }

  /** The call is over. */
  end() {
    this.#set(false);
  }

  /** @param {boolean} on */
  #set(on) {
    if (on === this.on) return;
    this.on = on;
    this.seen = null;
    this.onChange();
  }
}
