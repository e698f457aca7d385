/**
 * What the state of the connections is in words: a key of texts.js, and how serious it is. Pure.
 *
 * @typedef {"good" | "wait" | "bad"} Tone
 * @param {Pick<import("./visit.js").View, "screen" | "phase" | "socket" | "media" | "restarting" | "orphaned">} view
 * @param {boolean} online  what the browser says of the network
 * @returns {{key: string, tone: Tone}}
 */
export function status({ screen, phase, socket, media, restarting, orphaned }, online) {
  const away = socket !== "ready" && !orphaned;
  if (screen !== "call") return waiting(away, restarting, online);
  if (media === "connected") return talking(phase, away, restarting, orphaned);
  if (away && !online) return { key: "network_gone", tone: "bad" };
  if (away) return { key: restarting ? "restarting" : "unreachable", tone: "bad" };
  if (phase === "agent_away") return { key: "agent_away", tone: "bad" };
  if (media === "lost") return { key: "media_lost", tone: "bad" };
  return { key: "connecting", tone: "wait" };
}

/** @param {boolean} away @param {boolean} restarting @param {boolean} online @returns {{key: string, tone: Tone}} */
function waiting(away, restarting, online) {
  if (!away) return { key: "in_line", tone: "good" };
  if (!online) return { key: "network_gone", tone: "bad" };
  return { key: restarting ? "restarting" : "unreachable", tone: "bad" };
}

/**
 * Sound and picture are fine: whatever else is wrong is worth a word, not an alarm.
 * @param {string} phase @param {boolean} away @param {boolean} restarting @param {boolean} orphaned
 * @returns {{key: string, tone: Tone}}
 */
function talking(phase, away, restarting, orphaned) {
  if (phase === "held") return { key: "held", tone: "wait" };
  if (orphaned || phase === "agent_away") return { key: "service_away", tone: "wait" };
  if (away) return { key: restarting ? "restarting_talking" : "service_away", tone: "wait" };
  return { key: "connected", tone: "good" };
}
