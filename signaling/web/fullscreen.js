/** A part of the page over the whole monitor: the Fullscreen API (https://fullscreen.spec.whatwg.org/), which iPhones have for videos alone. */

export class FullScreen {
  /** @param {HTMLElement} part @param {() => void} onChange */
  constructor(part, onChange) {
    this.part = part;
    document.addEventListener("fullscreenchange", onChange);
  }

  static get able() {
    return document.fullscreenEnabled === true;
  }

  get on() {
    return document.fullscreenElement === this.part;
  }

  /** To be called within a click or a key. */
  toggle() {
    if (this.on) this.leave();
    else this.part.requestFullscreen().catch(() => {}); // the browser would not: it stays as it is
  }

  leave() {
    if (this.on) document.exitFullscreen().catch(() => {}); // it has just been left
  }
}
