/** What the room says of the customer's screen, before and while it is shared, with the buttons for it. */

import { byId, setIcon, setText, show } from "./dom.js";
import { say } from "./texts.js";

const ICONS = { offer: "screen", choosing: "screen", on: "screen", paused: "pause" };

export class ScreenSheet {
  #said = "";

  /** @param {import("./screenshare.js").ScreenShare} share */
  constructor(share) {
    byId("screen").onclick = () => (share.sharing ? share.stop() : share.offer());
    byId("share-yes").onclick = () => void share.choose();
    byId("share-motion").onchange = (event) => (share.motion = /** @type {HTMLInputElement} */ (event.target).checked);
    byId("share-pause").onclick = () => void share.pause(share.stage === "on");
    byId("share-no").onclick = () => share.stop();
  }

  /** @param {import("./visit.js").View} view @param {Record<string, string>} values */
  render(view, values) {
    const { share, screen } = view;
    const { stage, fault, sharing } = share;
    const words = screen === "call" && (stage || fault) ? this.#words(view, values) : "";
    show("screen", screen === "call" && share.options.able);
    show("share", words !== "");
    byId("share").dataset.stage = stage;
    setIcon(byId("share-icon"), ICONS[stage] ?? "alert");
    setText("share-text", words);
    this.#buttons(stage, sharing);
    if (words && words !== this.#said) byId("announcer").textContent = words;
    this.#said = words;
  }

  /** @param {string} stage @param {boolean} sharing */
  #buttons(stage, sharing) {
    setText("share-yes", stage === "offer" ? say("share.choose") : "");
    show("share-smooth", stage === "offer");
    byId("share-smooth").lastElementChild.textContent = say("share.motion");
    setText("share-pause", sharing ? say(stage === "on" ? "share.pause" : "share.go_on") : "");
    byId("share-pause").title = say("call.key", { action: byId("share-pause").textContent, key: "P" });
    setText("share-no", stage === "choosing" ? "" : say(sharing ? "share.stop" : stage === "offer" ? "share.not_now" : "share.ok"));
    this.#stopKey(sharing);
  }

  /** That button has a key while it stops, and else none. @param {boolean} stops */
  #stopKey(stops) {
    const button = byId("share-no");
    if (stops) button.setAttribute("aria-keyshortcuts", "s");
    else button.removeAttribute("aria-keyshortcuts");
    button.title = stops ? say("call.key", { action: say("share.stop"), key: "S" }) : "";
  }

  /** @param {import("./visit.js").View} view @param {Record<string, string>} values */
  #words({ share, phase, media, invitation, call }, values) {
    if (share.fault) return say(`share.${share.fault}`, values);
    if (share.stage === "offer") {
      const who = [share.asked ? say("share.asked", values) : "", say("share.who", values), invitation?.announcement ?? ""];
      return who.filter(Boolean).join(" ");
    }
    if (share.stage !== "on") return say(`share.${share.stage}`, values);
    if (media !== "connected") return say("share.away", values);
    if (phase === "held") return say("share.held", values);
    return say(call?.suspended ? "share.slow" : "share.on", values);
  }
}
