// @ts-check
/**
 * The loss chart with its legend: values at the pointer, zoom and log scale, by mouse, touch and keyboard. The live panel
 * and saved notebooks use the same chart.
 */

import { FIELDS, column, labelOf, limitOf, lossAt, nearest, validationOf } from "./curves.js";
import { OWN_KEYS, make } from "./dom.js";
import { PAD } from "./plot.js";
import { drawChart, stepScale } from "./draw.js";
import { formatCount, formatEpoch, formatNumber } from "./format.js";
import { buildLegend } from "./legend.js";
import { marksAt } from "./marks.js";
import { fitted, including, moved, zoomed } from "./zoom.js";

/**
 * @typedef {import("./curves.js").ChartData} ChartData
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {import("./curves.js").Range} Range
 * @typedef {(text: string) => string} Translate
 */

/** Pixels within which the pointer hits a mark, and beyond which a press is a drag. */
const REACH = 5;
const FACTOR = 1.5;

/**
 * Create the chart. `show` updates it; `end` removes its listeners.
 * @param {{empty: string, translate?: Translate}} options `empty`: the text while there is no curve
 */
export function buildFigure({ empty, translate = (text) => text }) {
  const canvas = make("canvas");
  const placeholder = make("p", { class: "nbt-empty" }, empty);
  const plot = make("div", { class: "nbt-plot", role: "slider", tabindex: "0", ...OWN_KEYS }, canvas, placeholder);
  plot.setAttribute("aria-label", translate("Loss over steps"));
  const legend = buildLegend(translate);
  const root = make("figure", { class: "nbt-figure" }, legend.root, plot);
  const parts = { canvas, placeholder, plot, legend };

  /** @type {ChartData} */
  let data = { head: {}, curves: {}, behind: [], marks: [] };
  /** @type {import("./draw.js").View} */
  let view = { range: null, log: false };
  /** @type {number | null} */
  let pointer = null; // pixel
  /** @type {number | null} */
  let cursor = null; // step, moved by keys
  /** @type {number | null} */
  let anchor = null; // pixel where the mouse went down
  let frame = 0;

  const paint = () => {
    frame = 0;
    const steps = stepScale(canvas, data, view);
    const hover = pointer === null ? cursor : Math.max(0, steps.back(pointer));
    const picked = anchor === null || pointer === null ? null : /** @type {Range} */ ([steps.back(anchor), steps.back(pointer)]);
    plot.setAttribute("aria-valuemin", String(Math.ceil(steps.range[0])));
    plot.setAttribute("aria-valuemax", String(Math.floor(steps.range[1])));
    showValues(parts, data, hover, steps.back(REACH) - steps.back(0));
    legend.showView(view, Boolean(column(data.curves.loss, 0).length));
    drawChart(canvas, data, view, { hover, picked });
  };
  const schedule = () => {
    frame ||= requestAnimationFrame(paint);
  };
  const setView = (/** @type {Partial<typeof view>} */ changes) => {
    view = { ...view, ...changes };
    schedule();
  };
  const zoom = (/** @type {number} */ factor, /** @type {number | undefined} */ at) =>
    setView({ range: zoomed(view.range, limitOf(data.head), factor, at) });
  const actions = {
    log: () => setView({ log: !view.log }),
    in: () => zoom(1 / FACTOR, cursor ?? undefined),
    out: () => zoom(FACTOR, cursor ?? undefined),
    all: () => setView({ range: null }),
  };
  legend.onClick((name) => actions[name]());

  const move = (/** @type {number} */ by) => {
    const curve = data.curves.loss?.bins.length ? data.curves.loss : validationOf(data.curves)[0]?.[1];
    const steps = column(curve, 1);
    if (!steps.length) return;
    const from = cursor === null ? steps.length - 1 : nearest(curve, cursor);
    const to = cursor === null && Math.abs(by) === 1 ? from : from + by;
    cursor = steps[Math.min(Math.max(0, to), steps.length - 1)];
    setView({ range: including(view.range, limitOf(data.head), cursor) });
  };
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => move(-1),
    ArrowRight: () => move(1),
    PageUp: () => setView({ range: moved(view.range, limitOf(data.head), -0.5) }),
    PageDown: () => setView({ range: moved(view.range, limitOf(data.head), 0.5) }),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    "+": actions.in,
    "=": actions.in,
    "-": actions.out,
    0: actions.all,
    l: actions.log,
    Escape: () => {
      if (anchor === null && cursor === null) view = { ...view, range: null };
      anchor = cursor = null;
      schedule();
    },
  };

  const ending = new AbortController();
  const listen = (/** @type {string} */ type, /** @type {(event: any) => void} */ handler) =>
    plot.addEventListener(type, handler, { signal: ending.signal, passive: false });
  const point = (/** @type {PointerEvent | null} */ event) => {
    pointer = event ? event.clientX - canvas.getBoundingClientRect().left : null;
    if (event) cursor = null;
    schedule();
  };
  listen("pointermove", point);
  listen("pointerleave", () => point(null));
  listen("pointerdown", (event) => {
    point(event);
    if (event.button !== 0 || !data.curves.loss) return;
    anchor = Math.max(PAD.left, pointer ?? 0);
    plot.setPointerCapture(event.pointerId);
  });
  listen("pointerup", () => {
    const steps = stepScale(canvas, data, view);
    if (anchor !== null && pointer !== null && Math.abs(pointer - anchor) > REACH)
      setView({ range: fitted([steps.back(anchor), steps.back(pointer)], limitOf(data.head)) ?? view.range });
    anchor = null;
    schedule();
  });
  listen("pointercancel", () => {
    anchor = null;
    point(null);
  });
  listen("dblclick", actions.all);
  listen("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    point(event);
    zoom(event.deltaY > 0 ? FACTOR : 1 / FACTOR, stepScale(canvas, data, view).back(pointer ?? 0));
  });
  listen("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  listen("blur", () => {
    cursor = null;
    schedule();
  });
  const size = new ResizeObserver(schedule);
  size.observe(canvas);
  const theme = new MutationObserver(schedule);
  theme.observe(document.body, { attributeFilter: ["class", "data-jp-theme-name", "data-vscode-theme-id"] });
  const end = () => {
    ending.abort();
    legend.end();
    cancelAnimationFrame(frame);
    size.disconnect();
    theme.disconnect();
  };
  return {
    root,
    end,
    /** @param {ChartData} next */
    show(next) {
      data = next;
      if (view.range) view = { ...view, range: fitted(view.range, limitOf(next.head)) };
      schedule();
    },
  };
}

/**
 * Show the values at the pointer, or else the newest ones, in the legend.
 * @param {{canvas: HTMLElement, placeholder: HTMLElement, plot: HTMLElement, legend: ReturnType<typeof buildLegend>}} parts
 * @param {ChartData} data
 * @param {number | null} hover the step under the pointer
 * @param {number} reach number of steps within which the pointer hits a mark
 */
function showValues({ placeholder, plot, legend }, { head, curves, behind, marks }, hover, reach) {
  const read = (/** @type {Curve | undefined} */ curve) => {
    const index = hover === null ? (curve?.bins.length ?? 0) / FIELDS - 1 : nearest(curve, hover);
    return curve && index >= 0 ? Array.from(curve.bins.subarray(index * FIELDS, index * FIELDS + FIELDS)) : null;
  };
  const train = read(curves.loss);
  const valid = validationOf(curves).map(([name, curve]) => ({ name: labelOf(name), bin: read(curve) }));
  const at = train ?? valid[0]?.bin;
  const steps =
    at && at[0] !== at[1] ? `steps ${formatCount(at[0])} – ${formatCount(at[1])}` : `step ${formatCount(at?.[1])}`;
  const epoch = at && head.step && head.epoch > 0 ? [`epoch ${formatEpoch((at[1] * head.epoch) / head.step)}`] : [];
  const near = hover !== null && at ? marksAt(marks, at[0], at[1], reach) : [];
  const commands = near.map(({ step, label }) => (step === at?.[1] ? label : `${label} at ${formatCount(step)}`));
  legend.show({
    train: formatNumber(train?.[4]),
    valid: valid.map(({ name, bin }) => ({ name, value: formatNumber(bin?.[4]) })),
    behind: behind.map((one) => ({ name: one.name, value: hover === null ? "" : formatNumber(lossAt(one, hover)) })),
    at: hover !== null && at ? [steps, ...epoch, ...commands].join(" · ") : "",
  });
  placeholder.hidden = Boolean(at);
  const said = [
    at ? `step ${at[1]}` : "no step yet",
    ...(train ? [`training loss ${formatNumber(train[4])}`] : []),
    ...valid.map(({ name, bin }) => `${name} ${formatNumber(bin?.[4])}`),
    ...commands,
  ];
  plot.setAttribute("aria-valuetext", said.join(", "));
  plot.setAttribute("aria-valuenow", String(at?.[1] ?? 0));
}
