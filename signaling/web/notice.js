/** The full-page notice: what happened, what to do, and the buttons that do it. */

import { byId, setIcon, setText, show } from "./dom.js";
import { say } from "./texts.js";

/**
 * @typedef {object} Doing
 * @property {string[]} [steps]
 * @property {string} [link]  offered for copying
 * @property {boolean} [busy]
 * @property {Record<string, () => void>} [act]  what each action does
 *
 * @param {import("./texts.js").Notice} notice @param {Doing} doing
 */
export function renderNotice(notice, { steps = [], link = "", busy = false, act = {} }) {
  setIcon(byId("notice-icon"), notice.icon);
  setText("notice-title", notice.title);
  setText("notice-body", notice.body);
  byId("notice-steps").replaceChildren(...steps.map(step));
  show("notice-steps", steps.length > 0);
  show("notice-link", link !== "");
  byId("notice-link").querySelector("input").value = link;
  renderActions(notice.actions ?? [], busy, { copy: copyLink, ...act });
}

/** @param {string[]} actions @param {boolean} busy @param {Record<string, (button: HTMLButtonElement) => void>} act */
function renderActions(actions, busy, act) {
  const place = byId("notice-actions");
  if (place.dataset.actions !== actions.join()) {
    place.dataset.actions = actions.join();
    place.replaceChildren(...actions.map((action, index) => button(action, index === 0)));
  }
  for (const one of place.children) {
    one.disabled = busy;
    one.onclick = () => act[one.dataset.action]?.(one);
  }
}

/** @param {string} action @param {boolean} main */
function button(action, main) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = main ? "primary" : "secondary";
  element.dataset.action = action;
  element.textContent = say(`action.${action}`);
  return element;
}

/** @param {string} text */
function step(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

/** Small built-in browsers often lack the clipboard; the old way, and at last the marked text, remain. @param {HTMLButtonElement} button */
async function copyLink(button) {
  const input = byId("notice-link").querySelector("input");
  input.focus();
  input.setSelectionRange(0, input.value.length);
  const copied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false);
  const done = copied || document.execCommand("copy");
  button.textContent = say(done ? "copy.done" : "copy.failed");
  byId("announcer").textContent = button.textContent;
}
