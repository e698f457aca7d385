/** The page: composes the visit with the screens, and passes on what is tapped. The only module that starts anything. */

import { browserOf, inApp, isIos, obstacle } from "./browser.js";
import { byId, initials, setText, show } from "./dom.js";
import { Memory, tabStorage } from "./memory.js";
import { renderNotice } from "./notice.js";
import { Room } from "./room.js";
import { ending, escape, problem, remedy, say } from "./texts.js";
import { Visit } from "./visit.js";

const agent = navigator.userAgent;
const browser = browserOf(agent, navigator.maxTouchPoints);
const app = inApp(agent);
const memory = new Memory(tabStorage());

/** A link opened in a tab that remembers another visit begins anew. */
function takeLink() {
  const link = location.hash.slice(1);
  if (link && link !== memory.kept.link) memory.forget({ link });
}

function socketUrl() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  url.hash = "";
  return url.href;
}

/** The whole link again, for another browser. */
function joinLink() {
  const url = new URL(location.href);
  url.hash = memory.kept.link ?? "";
  return url.href;
}

const visit = new Visit({
  url: socketUrl(),
  memory,
  screens: Boolean(navigator.mediaDevices?.getDisplayMedia) && !/^(ios|android)/.test(browser), // some phones only say they could
  onChange: () => schedule(),
  onSafe: () => history.replaceState(null, "", location.pathname + location.search),
});
const room = new Room(visit);

let scheduled = false;
let shown = "";

/** Many changes in one turn are drawn once. */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    render();
  });
}

function render() {
  const view = visit.view();
  const values = { agent: view.agent || say("nobody"), app: app || "This app" };
  show("loading", view.screen === "loading");
  show("invitation", view.screen === "invitation");
  show("notice", view.screen === "problem" || view.screen === "ended");
  show("room", view.screen === "lobby" || view.screen === "call");
  show("cards", byId("room").hidden);
  if (view.screen === "loading") renderLoading(view);
  if (view.screen === "invitation") renderInvitation(view, values);
  if (view.screen === "problem") renderProblem(view, values);
  if (view.screen === "ended") renderNotice(ending(view.over, values), {});
  room.render(view, values);
  entered(view.screen, view.screen === "problem" ? view.problem : "");
}

/** A screen that has just come is announced by moving the focus to its heading. @param {string} screen @param {string} detail */
function entered(screen, detail) {
  if (shown === screen + detail) return;
  shown = screen + detail;
  document.body.dataset.screen = screen;
  const heading = document.querySelector("section:not([hidden]) h1");
  if (heading instanceof HTMLElement) {
    document.title = `${heading.textContent} – ${say("product")}`;
    heading.focus({ preventScroll: true });
  }
  window.scrollTo(0, 0);
}

/** @param {import("./visit.js").View} view */
function renderLoading(view) {
  const retrying = view.socket === "away" ? (navigator.onLine ? "loading.unreachable" : "loading.offline") : "loading.body";
  setText("loading-title", say(memory.kept.consent ? "loading.back" : "loading.title"));
  setText("loading-body", say(retrying));
}

/** @param {import("./visit.js").View} view @param {Record<string, string>} values */
function renderInvitation({ invitation, joining }, values) {
  setText("invitation-initials", initials(values.agent));
  setText("invitation-title", say("invitation.title", values));
  setText("invitation-team", invitation?.team ?? "");
  setText("invitation-about", invitation?.label ? say("invitation.about", { label: invitation.label }) : "");
  setText("camera-why", say("invitation.camera_why", values));
  const announcement = byId("invitation-announcement");
  announcement.hidden = !invitation?.announcement;
  announcement.lastElementChild.textContent = invitation?.announcement ?? "";
  setText("agree", say(joining ? "invitation.joining" : "invitation.agree"));
  for (const id of ["agree", "agree-no-camera", "name"]) byId(id).disabled = joining;
}

/** @param {import("./visit.js").View} view @param {Record<string, string>} values */
function renderProblem(view, values) {
  const blocked = view.problem === "denied" && app !== null;
  const notice = problem(blocked ? "in_app" : view.problem, values);
  const actions = (notice.actions ?? []).map((action) => (action === "no_camera" && !view.asked.camera ? "listen_only" : action));
  renderNotice({ ...notice, actions }, {
    steps: notice.remedy ? remedy(browser) : notice.escape ? escape(isIos(agent, navigator.maxTouchPoints)) : [],
    link: notice.actions?.includes("copy") ? joinLink() : "",
    busy: view.joining,
    act: {
      retry: () => visit.retry(),
      reload: () => location.reload(),
      no_camera: () => visit.retry({ camera: false, microphone: true }),
      listen_only: () => visit.retry({ camera: false, microphone: false }),
      here: () => visit.retry(),
    },
  });
}

/** @param {boolean} camera */
function agree(camera) {
  room.unlockSound(); // within the tap: phones let a page speak only then
  void visit.join({ camera, microphone: true }, byId("name").value.trim());
}

function listen() {
  byId("agree").addEventListener("click", () => agree(true));
  byId("agree-no-camera").addEventListener("click", () => agree(false));
  document.addEventListener("visibilitychange", () => document.hidden || wake({}));
  window.addEventListener("pageshow", (event) => event.persisted && wake({}));
  window.addEventListener("online", () => wake({ networkChanged: true }));
  window.addEventListener("offline", schedule);
  window.addEventListener("hashchange", () => location.hash.length > 1 && location.reload());
}

/** @param {{networkChanged?: boolean}} what */
function wake(what) {
  visit.wake(what);
  room.wake();
  schedule();
}

function begin() {
  document.body.dataset.running = "true";
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  takeLink();
  const abilities = {
    secure: window.isSecureContext,
    capture: Boolean(navigator.mediaDevices?.getUserMedia),
    calls: "RTCPeerConnection" in window && "replaceTrack" in (window.RTCRtpSender?.prototype ?? {}),
  };
  listen();
  visit.start(obstacle(abilities, app));
}

begin();
