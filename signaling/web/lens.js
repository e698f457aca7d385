/**
 * What a camera can do besides: light, zoom, focus on a point (W3C image capture). Where a browser or a camera offers none of
 * it, there is none. No DOM.
 */

const ZOOM_STEP = 1.5;

export class Lens {
  lit = false;
  zoom = 1;
  /** @type {MediaStreamTrack | null} */ #track = null;
  /** @type {any} */ #able = {};

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** The camera in use. @param {MediaStreamTrack | null} track */
  use(track) {
    if (track === this.#track) return;
    this.#track = track;
    this.#able = track?.getCapabilities?.() ?? {};
    this.lit = false;
    this.zoom = /** @type {any} */ (track?.getSettings?.())?.zoom ?? 1;
  }

  get hasLight() {
    return this.#able.torch === true;
  }

  get hasZoom() {
    return this.#able.zoom?.max > this.#able.zoom?.min;
  }

  get hasFocus() {
    return Boolean(this.#able.focusMode?.includes("single-shot") || this.#able.focusMode?.includes("continuous"));
  }

  /** @param {boolean} on */
  async light(on) {
    if (await this.#set({ torch: on })) this.lit = on;
    this.onChange();
  }

  /** The next larger picture; after the largest, the smallest. */
  async nextZoom() {
    const { min, max } = this.#able.zoom;
    const larger = Math.min(max, Math.max(min, 1) * 4, this.zoom * ZOOM_STEP);
    const zoom = this.zoom >= larger ? Math.max(min, Math.min(1, max)) : larger;
    if (await this.#set({ zoom })) this.zoom = zoom;
    this.onChange();
  }

  /** Sharp (and well lit) here, in 0 to 1 of the picture. @param {number} x @param {number} y @returns {Promise<boolean>} */
  async focus(x, y) {
    if (!this.hasFocus) return false;
    const once = this.#able.focusMode.includes("single-shot");
    return this.#set({ pointsOfInterest: [{ x, y }], focusMode: once ? "single-shot" : "continuous" });
  }

  /** @param {Record<string, unknown>} constraint @returns {Promise<boolean>} */
  async #set(constraint) {
    const kept = { ...(this.hasLight && { torch: this.lit }), ...(this.hasZoom && { zoom: this.zoom }) };
    try {
      await this.#track?.applyConstraints(/** @type {any} */ ({ advanced: [{ ...kept, ...constraint }] }));
      return this.#track !== null;
    } catch (error) {
      console.info("camera:", /** @type {Error} */ (error).message); // it said that it could
      return false;
    }
  }
}
