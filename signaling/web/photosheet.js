/** What the room says of a photo that is taken and sent, with the button against it. */

import { byId, setText, show } from "./dom.js";
import { takePhoto } from "./photo.js";
import { say } from "./texts.js";

export class PhotoSheet {
  #said = "";

  /** @param {import("./photographer.js").Photographer} photographer */
  constructor(photographer) {
    photographer.take = (track) => takePhoto(track, byId("preview"));
    byId("photo-no").onclick = () => photographer.decline();
    byId("photo-progress").setAttribute("aria-label", say("photo.progress"));
  }

  /** @param {import("./visit.js").View} view @param {Record<string, string>} values */
  render({ screen, photographer }, values) {
    const { stage, progress, canDecline } = photographer;
    const words = stage && screen === "call" ? say(`photo.${stage}`, values) : "";
    show("photo", words !== "");
    setText("photo-text", words);
    show("photo-no", canDecline);
    show("photo-progress", stage === "sending");
    byId("photo-progress").value = progress;
    if (words && words !== this.#said) byId("announcer").textContent = words;
    this.#said = words;
  }
}
