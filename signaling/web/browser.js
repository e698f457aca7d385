/**
 * Which browser this is, as far as it decides what a person has to tap. Pure.
 *
 * @typedef {"ios_safari" | "ios_other" | "android_chrome" | "android_samsung" | "android_firefox" | "chrome" | "edge"
 *   | "firefox" | "safari" | "other"} Browser
 * @typedef {object} Abilities
 * @property {boolean} secure  a secure context
 * @property {boolean} capture  navigator.mediaDevices.getUserMedia
 * @property {boolean} calls  RTCPeerConnection with transceivers
 */

/** @type {[RegExp, string][]} */
const APPS = [
  [/FBAN\/Messenger|MessengerForiOS|Orca-Android/, "Messenger"],
  [/FBAN|FBAV|FB_IAB/, "Facebook"],
  [/Instagram/, "Instagram"],
  [/\bLine\//, "LINE"],
  [/MicroMessenger/, "WeChat"],
  [/KAKAOTALK/, "KakaoTalk"],
  [/WhatsApp/, "WhatsApp"],
  [/Telegram/, "Telegram"],
  [/Snapchat/, "Snapchat"],
  [/musical_ly|BytedanceWebview|TikTok/, "TikTok"],
  [/LinkedInApp/, "LinkedIn"],
  [/Pinterest/, "Pinterest"],
  [/\bTwitter/, "X"],
  [/\bGSA\//, "Google"],
  [/; wv\)/, ""],
  [/(iPhone|iPad|iPod)(?!.*Safari\/)/, ""],
];

/**
 * The app whose built-in browser this is; "" where it is one without a name, null in a real browser.
 * @param {string} agent  navigator.userAgent @returns {string | null}
 */
export function inApp(agent) {
  const found = APPS.find(([pattern]) => pattern.test(agent));
  return found ? found[1] : null;
}

/** @param {string} agent  navigator.userAgent @param {number} touchPoints  an iPad calls itself a Mac @returns {Browser} */
export function browserOf(agent, touchPoints) {
  if (isIos(agent, touchPoints)) return /CriOS|FxiOS|EdgiOS|OPT\//.test(agent) ? "ios_other" : "ios_safari";
  if (/Android/.test(agent)) {
    if (/SamsungBrowser/.test(agent)) return "android_samsung";
    return /Firefox/.test(agent) ? "android_firefox" : "android_chrome";
  }
  if (/Edg\//.test(agent)) return "edge";
  if (/Firefox/.test(agent)) return "firefox";
  if (/Chrome\/|Chromium\//.test(agent)) return "chrome";
  return /Safari/.test(agent) ? "safari" : "other";
}

/** @param {string} agent @param {number} touchPoints */
export function isIos(agent, touchPoints) {
  return /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1);
}

/**
 * Why a call cannot work here at all: a key of texts.js's problems, or "".
 * @param {Abilities} abilities @param {string | null} app
 */
export function obstacle(abilities, app) {
  if (!abilities.secure) return "insecure";
  if (!abilities.capture && app !== null) return "in_app";
  return abilities.capture && abilities.calls ? "" : "unsupported";
}
