// @ts-check
/** Numbers and durations as the panel and the record write them. */

/**
 * @param {any} value
 * @returns {string}
 */
export function formatNumber(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value); // "nan", "inf"
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : value.toFixed(4);
}

/** @param {any} epoch */
export function formatEpoch(epoch) {
  return typeof epoch === "number" ? epoch.toFixed(2) : "–";
}

/** Seconds as 0:07, 12:40 or 3:05:00. @param {number | null | undefined} seconds */
export function formatDuration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/** @param {number | null | undefined} rate */
export function formatRate(rate) {
  return rate ? rate.toFixed(rate >= 100 ? 0 : rate >= 10 ? 1 : 2) : "–";
}

export const formatCount = (/** @type {number | undefined} */ count) => (count ?? 0).toLocaleString("en-US");
export const trimmed = (/** @type {number} */ value) =>
  Number(value.toPrecision(6)).toLocaleString("en-US", { maximumSignificantDigits: 6 });
