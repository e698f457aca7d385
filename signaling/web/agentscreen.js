/** Whether the agent shows their screen to the customer, as the agent's endpoint says on the control channel (coachdesk/screenwire.py). No DOM. */

import { parse } from "./screenshare.js";

export class AgentScreen {
  on = false;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
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
    this.onChange();
  }
}
