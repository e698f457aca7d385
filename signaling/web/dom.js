/** Small steps every screen takes with the document. */

/** An element of index.html; a missing one is a mistake of ours. @param {string} id @returns {any} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/** @param {string} id @param {boolean} on */
export function show(id, on) {
  byId(id).hidden = !on;
}

/** Sets a text only when it differs, so that nothing is read out twice. @param {string} id @param {string} text */
export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

/** @param {Element} use  an SVG `use` @param {string} name */
export function setIcon(use, name) {
  const reference = `#i-${name}`;
  if (use.getAttribute("href") !== reference) use.setAttribute("href", reference);
}

/** Shows or plays one track. @param {HTMLMediaElement} element @param {MediaStreamTrack | null} track @returns {boolean} whether it is another */
export function attach(element, track) {
  const present = element.srcObject instanceof MediaStream ? (element.srcObject.getTracks()[0] ?? null) : null;
  if (present === track) return false;
  element.srcObject = track ? new MediaStream([track]) : null;
  return true;
}

/** "Maria Lopez" is ML. @param {string} name */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const last = words.length > 1 ? words[words.length - 1] : "";
  return [words[0] ?? "", last].map((word) => [...word][0] ?? "").join("").toUpperCase();
}
