/** A shared screen as what is drawn on: the agent's, as the customer sees it, or the customer's own. Pure. */

import { ScreenPoses } from "./screenposes.js";

const NOTHING = { frame: 0, width: 16, height: 9 };

export class DrawnScreen {
  /** What is shared: its frame (0: nothing that is drawn on), and its size in pixels. */
  shown = NOTHING;
  poses = new ScreenPoses();

  /** What is shown there now. @param {{frame?: number, width?: number, height?: number}} message */
  told({ frame = 0, width = 16, height = 9 }) {
    if (frame !== this.shown.frame) this.poses.clear();
    this.shown = { frame, width, height };
  }

  /** There is a new connection, on which all is told anew. */
  forget() {
    this.poses.clear();
    this.shown = NOTHING;
  }
}
