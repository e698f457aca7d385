/**
 * A part of the page in a small window over all others, with a few of the page's buttons: Document Picture-in-Picture
 * (https://wicg.github.io/document-picture-in-picture/), which browsers on Chromium have at a desk.
 */

const SIZE = { width: 480, height: 330 };
const BUTTONS = ["mute", "share-pause", "share-no"];

export class FloatingWindow {
  /** Null: the part is on the page. @type {Window | null} */ open = null;
  #opening = false;
  /** @type {Record<string, string>} */ #labels = {};

  /** @param {HTMLElement} part @param {HTMLElement} home  where it is on the page @param {() => void} onChange */
  constructor(part, home, onChange) {
    this.part = part;
    this.home = home;
    this.onChange = onChange;
  }

  static get able() {
    return "documentPictureInPicture" in window;
  }

  /** Whose timers run while it is seen: the browser lets a window that is not do little. @returns {Window} */
  get clock() {
    return this.open ?? window;
  }

  /** To be called within a click. */
  async toggle() {
    if (this.open || this.#opening) return this.close();
    this.#opening = true;
    try {
      const floating = await /** @type {any} */ (window).documentPictureInPicture.requestWindow(SIZE);
      if (this.#opening) this.#fill(floating);
      else floating.close(); // it is not wanted any more
    } catch {
      // the browser would not: it stays on the page
    } finally {
      this.#opening = false;
      this.onChange();
    }
    return undefined;
  }

  close() {
    this.#opening = false;
    this.open?.close();
  }

  /** What the window and its buttons are called; a button without words is not there. @param {Record<string, string>} labels */
  label(labels) {
    this.#labels = labels;
    if (!this.open) return;
    this.open.document.title = labels.title;
    for (const name of BUTTONS) {
      const button = /** @type {HTMLButtonElement} */ (this.open.document.getElementById(`floating-${name}`));
      button.textContent = labels[name];
      button.hidden = !labels[name];
    }
  }

  /** @param {Window} floating */
  #fill(floating) {
    const { document: there } = floating;
    there.documentElement.lang = document.documentElement.lang;
    for (const { href } of document.querySelectorAll("link[rel=stylesheet]")) {
      there.head.append(Object.assign(there.createElement("link"), { rel: "stylesheet", href }));
    }
    there.body.className = "floating";
    const buttons = Object.assign(there.createElement("div"), { className: "floating-buttons" });
    buttons.append(...BUTTONS.map((name) => this.#button(there, name)));
    there.body.append(this.part, buttons);
    there.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, repeat }) => {
      document.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, metaKey, altKey, repeat }));
    });
    floating.addEventListener("pagehide", () => this.#bringBack(), { once: true });
    this.open = floating;
    this.#play();
    this.label(this.#labels);
  }

  /** One that taps that of the page. @param {Document} there @param {string} name */
  #button(there, name) {
    const button = Object.assign(there.createElement("button"), { type: "button", id: `floating-${name}` });
    button.onclick = () => document.getElementById(name)?.click();
    return button;
  }

  #bringBack() {
    this.open = null;
    this.home.prepend(this.part);
    this.#play();
    this.onChange();
  }

  /** A picture that is moved to another document stops. */
  #play() {
    for (const video of this.part.querySelectorAll("video")) if (video.srcObject) video.play().catch(() => {});
  }
}
