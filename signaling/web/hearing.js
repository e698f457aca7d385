/**
 * How the agent's sound plays in this browser, for the numbers the agent's support looks at: counts of packets and of
 * 10 ms of sound (W3C webrtc-stats, `inbound-rtp`). No DOM.
 */

const SAMPLES_PER_BLOCK = 480;

export class Hearing {
  #delay = 0;
  #emitted = 0;

  /** @param {RTCStatsReport} report  of the receiver of the agent's sound @returns {Record<string, number> | null} */
  read(report) {
    for (const entry of report.values()) {
      if (entry.type === "inbound-rtp") return this.#heard(entry);
    }
    return null;
  }

  /** @param {Record<string, number | undefined>} entry */
  #heard(entry) {
    const blocks = (samples = 0) => samples / SAMPLES_PER_BLOCK;
    return {
      received: entry.packetsReceived ?? 0,
      lost: Math.max(0, entry.packetsLost ?? 0),
      played: blocks(entry.totalSamplesReceived),
      concealed: Math.max(0, blocks(entry.concealedSamples) - blocks(entry.silentConcealedSamples)),
      jitter_ms: (entry.jitter ?? 0) * 1000,
      delay_ms: this.#delayMs(entry.jitterBufferDelay ?? 0, entry.jitterBufferEmittedCount ?? 0),
    };
  }

  /** Mean wait in the jitter buffer since the last call; both are sums over all samples. @param {number} delay @param {number} emitted */
  #delayMs(delay, emitted) {
    const seconds = emitted > this.#emitted ? (delay - this.#delay) / (emitted - this.#emitted) : 0;
    this.#delay = delay;
    this.#emitted = emitted;
    return Math.max(0, seconds * 1000);
  }
}
