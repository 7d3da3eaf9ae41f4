// @ts-check
/**
 * What the panel shows, without DOM: data of the kernel as a `Snapshot`, and the texts and numbers made from it.
 *
 * @typedef {import("../chart/curves.js").Curve} Curve
 * @typedef {import("../chart/curves.js").Behind} Behind
 * @typedef {import("../chart/curves.js").Mark} Mark
 * @typedef {{number: number, step: number, epoch: number, metrics: Record<string, number | string | null>}} Row
 * @typedef {{level: string, text: string, step: number}} Message
 * @typedef {{run: string, head: Record<string, any>, curves: Record<string, Curve>, behind: Behind[],
 *   rows: Row[], messages: Message[], marks: Mark[]}} Snapshot
 */

import { ENDED, FIELDS } from "../chart/curves.js";
import { formatCount, formatNumber } from "../chart/format.js";

const MAX_ROWS = 100;
const STATUS = { created: "Preparing", running: "Training", gone: "Kernel lost" };

/**
 * Floats from binary data of the kernel, which may be unaligned.
 * @param {DataView} view
 * @returns {Float32Array}
 */
export function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/**
 * @param {any} trait
 * @returns {Snapshot}
 */
export function readSnapshot(trait) {
  const curves = Object.entries(trait.curves ?? {}).map(([name, { version, bins }]) => [
    name,
    { version, bins: floats(bins) },
  ]);
  return {
    run: trait.run ?? "",
    head: trait.head ?? {},
    curves: Object.fromEntries(curves),
    behind: (trait.behind ?? []).map((/** @type {any} */ { name, points }) => ({ name, points: floats(points) })),
    rows: trait.rows ?? [],
    messages: trait.messages ?? [],
    marks: trait.marks ?? [],
  };
}

/**
 * The snapshot after a delta. A delta of a curve that does not fit is ignored; the next snapshot has its data.
 * @param {Snapshot} snapshot
 * @param {any} delta
 * @param {DataView[]} buffers
 * @returns {Snapshot}
 */
export function applyDelta(snapshot, delta, buffers) {
  const {
    run,
    head,
    curves: before,
    behind,
    rows,
    messages,
    marks,
  } = snapshot.run === delta.run ? snapshot : { ...readSnapshot({}), run: delta.run };
  const curves = { ...before };
  delta.curves.forEach((/** @type {any} */ change, /** @type {number} */ index) => {
    const kept = curves[change.name]?.bins ?? new Float32Array();
    const known =
      change.from === 0 || (curves[change.name]?.version === change.version && change.from * FIELDS <= kept.length);
    if (known)
      curves[change.name] = {
        version: change.version,
        bins: joined(kept.subarray(0, change.from * FIELDS), floats(buffers[index])),
      };
  });
  return {
    run,
    head: delta.head ?? head,
    curves,
    behind,
    rows: withRows(rows, delta.rows),
    messages: delta.messages ?? messages,
    marks: delta.marks ?? marks,
  };
}

/**
 * The snapshot of a new trait. Unchanged parts stay the same objects, so that they are not drawn again.
 * @param {Snapshot} before
 * @param {Snapshot} next
 * @returns {Snapshot}
 */
export function renew(before, next) {
  if (before.run !== next.run) return next;
  const same = JSON.stringify(before.messages) === JSON.stringify(next.messages);
  return { ...next, rows: withRows(before.rows, next.rows), messages: same ? before.messages : next.messages };
}

/**
 * The rows of both, in order; `rows` itself if `more` has no new ones.
 * @param {Row[]} rows
 * @param {Row[]} more
 */
function withRows(rows, more) {
  const known = new Set(rows.map((row) => row.number));
  const added = more.filter((row) => !known.has(row.number));
  return added.length ? [...rows, ...added].sort((a, b) => a.number - b.number).slice(-MAX_ROWS) : rows;
}

/**
 * @param {Float32Array} start
 * @param {Float32Array} end
 */
function joined(start, end) {
  const all = new Float32Array(start.length + end.length);
  all.set(start);
  all.set(end, start.length);
  return all;
}

/**
 * The table of the evaluations. The kernel decides which one is best.
 * @param {Snapshot} snapshot
 * @returns {{names: string[], lines: {row: Row, cells: string[], isBest: boolean}[]}} names of the metrics, and a line
 *   per evaluation
 */
export function tableOf({ rows, head }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  const lines = rows.map((row) => ({
    row,
    cells: names.map((name) => formatNumber(row.metrics[name])),
    isBest: row.number === head.best_row,
  }));
  return { names, lines };
}

/**
 * The snapshot after the kernel went away: a run that had not ended is marked.
 * @param {Snapshot} snapshot
 * @returns {Snapshot}
 */
export function withoutKernel(snapshot) {
  const { head } = snapshot;
  if (ENDED.includes(head.status)) return snapshot;
  return { ...snapshot, head: { ...head, status: "gone", phase: null, reason: null, seconds_left: null } };
}

/** Values of the progress bar and the line above it. @param {Record<string, any>} head */
export function progress(head) {
  const { status = "created", phase, step = 0, max_steps: total = 0 } = head;
  const work = phase && phase.total ? Math.min(1, phase.done / phase.total) : null;
  const counted = phase?.total ? ` ${formatCount(phase.done)} / ${formatCount(phase.total)}` : "";
  const label =
    status === "running" && !total
      ? "Preparing"
      : (STATUS[/** @type {"created"} */ (status)] ?? status[0].toUpperCase() + status.slice(1));
  return {
    label,
    detail: phase ? phase.name + counted : "",
    fraction: total ? Math.min(1, step / total) : (work ?? 0),
    work,
    training: total > 0,
  };
}
