/**
 * How the agent's sound plays in this browser, for the numbers the agent's support looks at: counts of packets and of
 * 10 ms of sound (W3C webrtc-stats, `inbound-rtp`), and what the reports on it say of the way here (`remote-outbound-rtp`).
 * The two clocks have nothing in common; what one report took longer than another needs no common clock. No DOM.
 */

const SAMPLES_PER_BLOCK = 480;
const REPORTS_MS = 60_000; // the fastest report of so long is compared with
const STEP_MS = 500; // what seems so much later is a clock that was set, not a way

export class Hearing {
  /** @type {Record<string, number | undefined>} */ #before = {};
  /** @type {{at: number, taken: number}[]} */ #reports = []; // ms: when it came, and by how much that is later than when it was sent

  /** @param {RTCStatsReport} report  of the receiver of the agent's sound @returns {Record<string, number> | null} */
  read(report) {
    const entries = [...report.values()];
    const inbound = entries.find((entry) => entry.type === "inbound-rtp");
    if (!inbound) return null;
    const late = this.#lateMs(entries.find((entry) => entry.type === "remote-outbound-rtp"));
    return { ...this.#heard(inbound), ...(late === null ? {} : { late_ms: late }) };
  }

  /**
   * How much longer the newest sender report was under way than the fastest; null: not known.
   * @param {{timestamp: number, remoteTimestamp?: number} | undefined} report
   */
  #lateMs(report) {
    if (!report?.remoteTimestamp) return null;
    const at = report.timestamp;
    const taken = at - report.remoteTimestamp;
    this.#reports = [...this.#reports.filter((one) => one.at > at - REPORTS_MS && one.at < at), { at, taken }];
    const late = taken - Math.min(...this.#reports.map((one) => one.taken));
    return late < STEP_MS ? late : null;
  }

  /** @param {Record<string, number | undefined>} entry */
  #heard(entry) {
    const blocks = (samples = 0) => samples / SAMPLES_PER_BLOCK;
    const before = this.#before;
    this.#before = entry;
    return {
      received: entry.packetsReceived ?? 0,
      lost: Math.max(0, entry.packetsLost ?? 0),
      played: blocks(entry.totalSamplesReceived),
      concealed: Math.max(0, blocks(entry.concealedSamples) - blocks(entry.silentConcealedSamples)),
      jitter_ms: (entry.jitter ?? 0) * 1000,
      delay_ms: meanMs("jitterBufferDelay", before, entry),
      ...("jitterBufferTargetDelay" in entry ? { target_ms: meanMs("jitterBufferTargetDelay", before, entry) } : {}),
    };
  }
}

/**
 * How long sound has waited, or was to wait, in the jitter buffer since the last call; browsers give the sum over all samples.
 * @param {string} wait @param {Record<string, number | undefined>} before @param {Record<string, number | undefined>} now
 */
function meanMs(wait, before, now) {
  const since = (/** @type {string} */ name) => (now[name] ?? 0) - (before[name] ?? 0);
  const samples = since("jitterBufferEmittedCount");
  return samples > 0 ? Math.max(0, (since(wait) / samples) * 1000) : 0;
}
