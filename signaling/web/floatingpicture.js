/**
 * A picture that is drawn here, in a small window over all others: video Picture-in-Picture
 * (https://w3c.github.io/picture-in-picture/), for browsers without a window for a part of the page. It has no buttons of the page's.
 */

const LONGEST = 1280;
const PICTURES_PER_SECOND = 10;
const BACKGROUND = "#0a0e13";

export class FloatingPicture {
  open = false;
  #opening = false;
  #canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  #context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
  #window = Object.assign(document.createElement("video"), { muted: true, playsInline: true });

  /** @param {HTMLVideoElement} video  what is shown @param {() => void} onChange */
  constructor(video, onChange) {
    this.video = video;
    this.onChange = onChange;
    this.#window.addEventListener("leavepictureinpicture", () => this.#left());
  }

  static get able() {
    return document.pictureInPictureEnabled === true && "captureStream" in HTMLCanvasElement.prototype;
  }

  /** Whose timers run while it is seen. @returns {Window} */
  get clock() {
    return window;
  }

  /** To be called within a click. */
  async toggle() {
    if (this.open || this.#opening) return this.close();
    this.#opening = true;
    try {
      this.#window.srcObject = this.#canvas.captureStream(PICTURES_PER_SECOND);
      this.look(() => {}); // it plays from its first picture on
      await this.#window.play();
      await this.#window.requestPictureInPicture();
      this.open = true;
      if (!this.#opening) this.close(); // it is not wanted any more
    } catch {
      this.#stop(); // the browser would not: it stays on the page
    } finally {
      this.#opening = false;
      this.onChange();
    }
    return undefined;
  }

  close() {
    this.#opening = false;
    if (this.open) document.exitPictureInPicture().catch(() => this.#left());
  }

  /** What it is called. @param {{title: string}} labels */
  label({ title }) {
    this.#window.title = title;
  }

  /**
   * The newest picture, and what ``paint`` puts on it.
   * @param {(context: CanvasRenderingContext2D, size: {width: number, height: number}) => void} paint
   */
  look(paint) {
    if (!this.open && !this.#opening) return;
    const { videoWidth, videoHeight } = this.video;
    const shown = this.video.srcObject !== null && videoWidth > 0;
    if (shown) this.#fit(videoWidth, videoHeight);
    const { width, height } = this.#canvas;
    this.#context.fillStyle = BACKGROUND;
    this.#context.fillRect(0, 0, width, height);
    if (!shown) return; // paused: not the last of what was shared
    this.#context.drawImage(this.video, 0, 0, width, height);
    paint(this.#context, { width, height });
  }

  /** @param {number} width @param {number} height */
  #fit(width, height) {
    const scale = Math.min(1, LONGEST / Math.max(width, height));
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (wide !== this.#canvas.width || high !== this.#canvas.height) [this.#canvas.width, this.#canvas.height] = [wide, high];
  }

  #left() {
    this.open = false;
    this.#stop();
    this.onChange();
  }

  #stop() {
    for (const track of /** @type {MediaStream | null} */ (this.#window.srcObject)?.getTracks() ?? []) track.stop();
    this.#window.srcObject = null;
  }
}
