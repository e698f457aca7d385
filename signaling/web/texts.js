/** Every word the page says, in one place. `{name}` is filled in by `say`. */

/** @type {Record<string, string>} */
const TEXTS = {
  "product": "CoachDesk",
  "nobody": "Your agent",

  "loading.title": "Opening your invitation",
  "loading.body": "This takes a moment.",
  "loading.back": "Coming back to your call",
  "loading.unreachable": "The service can't be reached. Trying again by itself.",
  "loading.offline": "You are offline. This goes on by itself once you have a connection.",

  "invitation.title": "{agent} invites you to a call",
  "invitation.team": "{team}",
  "invitation.about": "About: {label}",
  "invitation.uses": "What the call uses",
  "invitation.camera": "Your camera",
  "invitation.camera_why": "So that {agent} can see what you are looking at. You can switch it off at any time.",
  "invitation.microphone": "Your microphone",
  "invitation.microphone_why": "So that you can talk to each other. You can mute it at any time.",
  "invitation.announcement": "Please note",
  "invitation.name": "Your name (optional)",
  "invitation.promise": "Nothing is switched on until you agree. Your browser then asks you once more.",
  "invitation.agree": "Agree and join",
  "invitation.no_camera": "Join without camera",
  "invitation.joining": "Waiting for your permission…",

  "lobby.title": "You're in line",
  "lobby.body": "{agent} will be with you shortly. Please keep this page open.",
  "lobby.away": "{agent} is not at their desk at the moment. You keep your place: please keep this page open.",
  "lobby.hint": "Only you see this picture until the call begins.",

  "status.in_line": "In line",
  "status.connecting": "Connecting…",
  "status.connected": "Connected",
  "status.held": "On hold",
  "status.service_away": "Connected. Reconnecting to the service…",
  "status.restarting_talking": "Connected. The service is restarting…",
  "status.restarting": "The service is restarting…",
  "status.unreachable": "Reconnecting…",
  "status.network_gone": "No network",
  "status.media_lost": "Reconnecting…",
  "status.agent_away": "Waiting for {agent}",

  "notice.connecting": "Connecting you with {agent}…",
  "notice.held": "On hold. You and {agent} can't hear each other for now. The call goes on here by itself.",
  "notice.held_camera": "On hold. You and {agent} can't hear each other for now. Your camera is still on.",
  "notice.restarting": "The service is restarting. Keep this page open: it reconnects by itself.",
  "notice.unreachable": "The connection was lost. Keep this page open: it reconnects by itself.",
  "notice.network_gone": "Your device has no network. The call goes on by itself once it is back.",
  "notice.media_lost": "The connection to {agent} was lost. It is being set up again.",
  "notice.agent_away": "{agent} has lost the connection. Please stay: the call goes on once they are back.",
  "notice.sound": "Your browser keeps the sound off until you tap here.",
  "notice.microphone_lost": "Your microphone has stopped. Plug it in again, or choose another one in your browser.",
  "notice.no_microphone": "You joined without a microphone: you can hear {agent}, but they can't hear you.",
  "notice.suspended": "The connection is slow. Single pictures are sent instead of your video, which comes back by itself.",
  "notice.camera_denied": "The camera is blocked. Allow it in your browser's settings for this site, then try again.",
  "notice.camera_missing": "No camera was found.",
  "notice.camera_busy": "The camera is in use by another app. Close that app, then try again.",

  "call.with": "Call with {agent}",
  "call.camera_off": "Your camera is off",
  "call.camera_off_hint": "Start it to show {agent} something.",
  "call.mute": "Mute",
  "call.unmute": "Unmute",
  "call.camera_stop": "Stop camera",
  "call.camera_start": "Start camera",
  "call.flip": "Flip",
  "call.flip_name": "Flip between front and back camera",
  "call.hang_up": "Hang up",
  "call.leave": "Leave",
  "call.sound": "Turn sound on",
  "call.time": "Time in call",
  "call.controls": "Call controls",
  "call.own_picture": "Your camera, as {agent} sees it",
  "call.agent_picture": "Camera of {agent}",
  "call.muted": "You are muted",
  "call.key": "{action} (key {key})",

  "call.share": "Share screen",
  "call.share_stop": "Stop sharing",

  "screen.whose": "The screen of {agent}",
  "screen.shown": "{agent} shows you their screen.",
  "screen.over": "{agent} doesn't show their screen any more.",
  "screen.place": "The screen of {agent}. Plus and minus zoom, the arrow keys move it, 0 shows all of it, 1 each of its pixels.",
  "screen.closer": "Enlarge",
  "screen.fit": "Show all",
  "screen.exact": "1:1",
  "screen.exact_name": "1:1, pixel for pixel",
  "screen.full": "Full screen",
  "screen.not_full": "Exit full screen",

  "share.strip": "Your screen",
  "share.asked": "{agent} would like to see your screen.",
  "share.who": "{agent} sees what you choose, as it is, until you stop: close what is not for them first. Your browser asks you what to share.",
  "share.choose": "Choose what to share",
  "share.motion": "It is a video or an animation",
  "share.not_now": "Not now",
  "share.choosing": "Choose in your browser what to share.",
  "share.on": "You are sharing your screen: {agent} sees it.",
  "share.held": "On hold. You are sharing your screen, but {agent} doesn't see it for now.",
  "share.slow": "You are sharing your screen, but it stands still for {agent} while the connection is slow.",
  "share.away": "You are sharing your screen, but {agent} doesn't see it until the connection is back.",
  "share.paused": "Sharing is paused: {agent} sees nothing of your screen.",
  "share.pause": "Pause",
  "share.go_on": "Go on",
  "share.stop": "Stop",
  "own.place": "What you share, with what is drawn on it",
  "own.title": "What {agent} sees of your screen",
  "own.float": "Pop out",
  "own.back": "Bring back",
  "own.larger": "Larger",
  "own.smaller": "Smaller",
  "own.away": "Put away",
  "own.show": "Show it",
  "own.stays": "Your browser can't show this in a window over your others: what is drawn for you is seen here only.",
  "own.floats": "What you share is in a small window over your others.",
  "share.denied": "Nothing is shared: you chose nothing, or your browser or system does not allow it.",
  "share.cannot": "Nothing is shared: your browser could not show it. Try another window or tab.",
  "share.refused": "Your screen is not shown: the service does not allow it, or can't be reached. Try again in a moment.",
  "share.ended": "Nothing is shared any more.",
  "share.ok": "OK",

  "pointer.coach": "Coach",

  "ink.draw": "Draw on the picture",
  "ink.draw_off": "Stop drawing",
  "ink.undo": "Undo",
  "ink.redo": "Redo",
  "ink.again": "Show the marks again as they were drawn",
  "ink.light": "Turn the light on",
  "ink.light_off": "Turn the light off",
  "ink.zoom": "Zoom, now {zoom} times",
  "ink.tools": "Drawing and camera",
  "ink.agent_draws": "{agent} is drawing",
  "ink.how": "Draw with your finger. Everybody on this call sees it.",
  "ink.frozen": "Your picture stands still for now. You may move your phone.",
  "ink.closer": "Please hold your camera a little closer.",
  "ink.more_light": "Please get more light on it.",
  "ink.slower": "Please move your camera more slowly.",

  "photo.announced": "{agent} would like a photo. It is taken in a moment: please hold still.",
  "photo.taking": "Taking the photo. Please hold still.",
  "photo.sending": "Sending the photo to {agent}…",
  "photo.sent": "{agent} has the photo.",
  "photo.declined": "No photo was taken.",
  "photo.camera_off": "No photo was taken, because your camera is off.",
  "photo.cannot": "Your camera could not take the photo.",
  "photo.not_sent": "The photo could not be sent.",
  "photo.no": "Not now",
  "photo.progress": "How much of the photo is sent",

  "confirm.title": "Hang up?",
  "confirm.body": "This ends the call with {agent}.",
  "confirm.leave_title": "Leave the line?",
  "confirm.leave_body": "{agent} has not answered yet. You may need a new link to come back.",
  "confirm.stay": "Stay",

  "copy.label": "Your link",
  "copy.done": "Copied",
  "copy.failed": "Press and hold the link to copy it",

  "action.retry": "Try again",
  "action.reload": "Reload the page",
  "action.no_camera": "Join without camera",
  "action.listen_only": "Join and only listen",
  "action.copy": "Copy link",
  "action.here": "Use this tab",
};

/**
 * @typedef {object} Notice  a full page that says what happened and what to do
 * @property {string} icon
 * @property {string} title
 * @property {string} body
 * @property {("retry" | "reload" | "no_camera" | "listen_only" | "copy" | "here")[]} [actions]  the first is the main one
 * @property {boolean} [remedy]  followed by the steps of REMEDIES for this browser
 * @property {boolean} [escape]  followed by the steps of ESCAPES for this app
 */

const NEW_LINK = "Please ask the person who invited you for a new one.";

/** @type {Record<string, Notice>} */
const PROBLEMS = {
  denied: {
    icon: "lock", title: "Your browser blocks the camera or microphone",
    body: "The call needs your permission. It is quickly changed:", remedy: true, actions: ["retry", "no_camera"],
  },
  missing_camera: {
    icon: "camera-off", title: "No camera was found",
    body: "Connect a camera and try again, or join with your voice alone.", actions: ["no_camera", "retry"],
  },
  missing_microphone: {
    icon: "mic-off", title: "No microphone was found",
    body: "Connect a microphone or a headset and try again. You can also join and only listen.",
    actions: ["retry", "listen_only"],
  },
  missing_both: {
    icon: "mic-off", title: "No camera or microphone was found",
    body: "Connect a headset or a camera and try again. You can also join and only listen.",
    actions: ["retry", "listen_only"],
  },
  busy: {
    icon: "alert", title: "The camera or microphone is in use",
    body: "Another app or tab is using it. Close that one, then try again.", actions: ["retry", "no_camera"],
  },
  in_app: {
    icon: "external", title: "Open this page in your browser",
    body: "{app} shows this page in its own small browser, which has no access to your camera and microphone.",
    escape: true, actions: ["copy"],
  },
  insecure: {
    icon: "lock", title: "This address is not secure",
    body: "Browsers allow the camera and microphone on https:// addresses only. Please ask for a link that begins with https://.",
  },
  unsupported: {
    icon: "alert", title: "This browser can't make calls",
    body: "Please open the link in a current version of Chrome, Firefox, Edge or Safari.", actions: ["copy"],
  },
  no_link: {
    icon: "link", title: "The link is not complete",
    body: "Please open the whole link from the message you were sent.",
  },
  no_such_link: { icon: "link", title: "This link is not valid", body: `Part of it may be missing. Open the whole link from the message you were sent, or ask for a new one.` },
  link_used: { icon: "link", title: "This link has been used", body: `It opens one call only. ${NEW_LINK}` },
  link_expired: { icon: "clock", title: "This link has expired", body: `Links are valid for a limited time. ${NEW_LINK}` },
  link_revoked: { icon: "link", title: "This link was withdrawn", body: NEW_LINK },
  lobby_full: {
    icon: "clock", title: "All lines are busy", body: "Many people are waiting at the moment. Please try again in a few minutes.",
    actions: ["retry"],
  },
  replaced: {
    icon: "external", title: "The call is open in another tab",
    body: "It goes on there. This tab can be closed, or take the call over.", actions: ["here"],
  },
  version_mismatch: {
    icon: "alert", title: "The service was updated", body: "Reload the page to go on.", actions: ["reload"],
  },
  not_signed_in: {
    icon: "clock", title: "This call is over", body: `It ended while you were away, or you were away for too long. ${NEW_LINK}`,
  },
  lost: {
    icon: "alert", title: "The call was lost", body: `The service can't bring it back. ${NEW_LINK}`,
  },
  other: {
    icon: "alert", title: "Something went wrong", body: "Please try again. If it stays so, ask the person who invited you for a new link.",
    actions: ["retry"],
  },
};

/** @type {Record<string, Notice>} */
const ENDINGS = {
  customer_left: { icon: "check", title: "You have left the call", body: "Thank you for your time. Camera and microphone are off. You can close this page." },
  hung_up: { icon: "check", title: "The call has ended", body: "Thank you for your time. Camera and microphone are off. You can close this page." },
  agent_lost: {
    icon: "alert", title: "{agent} could not come back",
    body: `The call has ended because their connection was lost. Camera and microphone are off. ${NEW_LINK}`,
  },
  declined: {
    icon: "clock", title: "{agent} can't take your call now",
    body: "We are sorry. Please contact the person who invited you for another time. Camera and microphone are off.",
  },
  agent_gone: {
    icon: "alert", title: "{agent} no longer takes calls",
    body: `We are sorry: nobody will answer here. Camera and microphone are off. ${NEW_LINK}`,
  },
};

const SITE_SETTINGS = ["Tap the icon to the left of the address.", "Open Permissions and allow camera and microphone.", "Come back here and try again."];

/** @type {Record<import("./browser.js").Browser, string[]>} */
const REMEDIES = {
  ios_safari: ["Tap the page menu beside the address, then Website Settings.", "Set Camera and Microphone to Allow.", "Try again. If nothing changes, look in Settings, Apps, Safari."],
  ios_other: ["Open the Settings app and scroll to this browser.", "Switch Camera and Microphone on.", "Come back here and try again."],
  android_chrome: SITE_SETTINGS,
  android_samsung: ["Tap the lock beside the address.", "Open Permissions and allow camera and microphone.", "Come back here and try again."],
  android_firefox: ["Tap the lock in the address bar.", "Allow camera and microphone.", "Come back here and try again."],
  chrome: ["Click the icon to the left of the address.", "Switch camera and microphone on.", "Try again."],
  edge: ["Click the lock to the left of the address.", "Allow camera and microphone.", "Try again."],
  firefox: ["Click the camera or microphone icon to the left of the address.", "Remove the block.", "Try again, and allow when Firefox asks."],
  safari: ["Choose Safari, Settings for This Website.", "Set Camera and Microphone to Allow.", "Try again."],
  other: ["Open your browser's settings for this site.", "Allow camera and microphone.", "Try again."],
};

const PASTE = "Or copy the link below and paste it into your browser.";

/** How to get out of an app's built-in browser. */
const ESCAPES = {
  ios: ["Tap the menu (••• or the share icon) on this screen.", "Choose Open in Safari or Open in browser.", PASTE],
  android: ["Tap the menu (⋮ or •••) on this screen.", "Choose Open in Chrome or Open in browser.", PASTE],
};

/** @param {string} key @param {Record<string, string>} [values] */
export function say(key, values = {}) {
  return fill(TEXTS[key] ?? key, values);
}

/** @param {string} code @param {Record<string, string>} values */
export function problem(code, values) {
  return filled(PROBLEMS[code] ?? PROBLEMS.other, values);
}

/** @param {string} reason @param {Record<string, string>} values */
export function ending(reason, values) {
  return filled(ENDINGS[reason] ?? ENDINGS.hung_up, values);
}

/** @param {import("./browser.js").Browser} browser */
export function remedy(browser) {
  return REMEDIES[browser];
}

/** @param {boolean} ios */
export function escape(ios) {
  return ios ? ESCAPES.ios : ESCAPES.android;
}

/** @param {Notice} notice @param {Record<string, string>} values @returns {Notice} */
function filled(notice, values) {
  return { ...notice, title: fill(notice.title, values), body: fill(notice.body, values) };
}

/** @param {string} text @param {Record<string, string>} values */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
