/**
 * The chart of a run with its legend: tabs for its curves, values at the pointer, zoom, smoothing and log scale, by
 * mouse, touch and keyboard. The live panel and saved notebooks use the same chart.
 */

import { OWN_KEYS, make } from '../common/dom.js';
import { axisKinds } from './axis.js';
import type { ChartData, Curve, Range } from './curves.js';
import { FIELDS, column, limitOf, lossAt, nearest, usualSpan } from './curves.js';
import { csvOf, pngOf, save } from './download.js';
import type { View } from './draw.js';
import { behindId, drawChart, smoothedOf, stepAxis, visibleSeries } from './draw.js';
import { formatCount, formatEpoch, formatNumber } from '../common/format.js';
import type { Actions, Entry, Translate } from './legend.js';
import { behindLook, buildLegend } from './legend.js';
import { marksAt } from './marks.js';
import { PAD, surfaceOf } from './plot.js';
import type { Series } from './series.js';
import { TABS, behindOf, seriesOf, tabsOf } from './series.js';
import { fitted, including, moved, zoomed } from './zoom.js';

/** Pixels within which the pointer hits a mark, and beyond which a press is a drag. */
const REACH = 5;
const FACTOR = 1.5;

export interface Figure {
  root: HTMLElement;
  show: (next: ChartData) => void;
  /** Remove its listeners. */
  end: () => void;
}

interface Options {
  /** The text while there is no curve. */
  empty: string;
  translate?: Translate;
  /** Name of saved files, without an ending. */
  fileName?: () => string;
}

export function buildFigure({ empty, translate = text => text, fileName = () => 'run' }: Options): Figure {
  const canvas = make('canvas');
  const placeholder = make('p', { class: 'nbt-empty' }, empty);
  const plot = make('div', { class: 'nbt-plot', role: 'slider', tabindex: '0', ...OWN_KEYS }, canvas, placeholder);

  let data: ChartData = { head: {}, curves: {}, behind: [], marks: [] };
  let view: View = { tab: TABS[0]!, range: null, log: false, axis: 'step', span: null, hidden: new Set() };
  let pointer: number | null = null; // pixel
  let cursor: number | null = null; // step, moved by keys
  let anchor: number | null = null; // pixel where the mouse went down
  let frame = 0;

  const axis = () => stepAxis(canvas.clientWidth, data, view);
  const limit = (): number => limitOf(data.head);
  const schedule = (): void => {
    frame ||= requestAnimationFrame(paint);
  };
  const setView = (changes: Partial<View>): void => {
    view = { ...view, ...changes };
    schedule();
  };
  const zoom = (factor: number, at: number | null): void => setView({ range: zoomed(view.range, limit(), factor, at) });
  const download = {
    png: async () => {
      const surface = surfaceOf(canvas);
      const content = surface && (await pngOf(surface, data, view));
      schedule(); // measuring the canvas has cleared it
      if (content) {
        save(`${fileName()}-${view.tab.id}.png`, content);
      }
    },
    csv: () => save(`${fileName()}.csv`, new Blob([csvOf(data, view.span)], { type: 'text/csv' }))
  };
  const tools = {
    log: () => setView({ log: !view.log }),
    in: () => zoom(1 / FACTOR, cursor),
    out: () => zoom(FACTOR, cursor),
    all: () => setView({ range: null }),
    png: () => void download.png(),
    csv: download.csv
  };
  const actions: Actions = {
    tool: name => tools[name](),
    tab: id => setView({ tab: TABS.find(tab => tab.id === id) ?? view.tab }),
    axis: kind => setView({ axis: kind }),
    span: span => setView({ span }),
    toggle: id => {
      const hidden = new Set(view.hidden);
      if (!hidden.delete(id)) {
        hidden.add(id);
      }
      setView({ hidden });
    }
  };
  const legend = buildLegend(translate, actions);
  const root = make('figure', { class: 'nbt-figure' }, legend.root, plot);

  const paint = (): void => {
    frame = 0;
    const { range, back } = axis();
    const hover = pointer === null ? cursor : Math.max(0, back(pointer));
    const picked: Range | null = anchor === null || pointer === null ? null : [back(anchor), back(pointer)];
    showTools();
    const { entries, place, said, at } = valuesAt(data, view, hover, back(PAD.left + REACH) - back(PAD.left));
    legend.showEntries(entries, place);
    placeholder.hidden = entries.length > 0;
    plot.setAttribute('aria-label', translate(`${view.tab.title} over steps`));
    plot.setAttribute('aria-valuemin', String(Math.ceil(range[0])));
    plot.setAttribute('aria-valuemax', String(Math.floor(range[1])));
    plot.setAttribute('aria-valuenow', String(at));
    plot.setAttribute('aria-valuetext', said);
    const surface = surfaceOf(canvas);
    if (surface) {
      drawChart(surface, data, view, { hover, picked });
    }
  };
  const showTools = (): void => {
    const series = seriesOf(data.curves, view.tab.id);
    const noisy = series.find(one => one.noisy);
    const steps = column(noisy?.curve, 1);
    legend.showTools({
      ...{ tabs: tabsOf(data.curves), tab: view.tab.id, kinds: axisKinds(data), axis: view.axis, log: view.log },
      ...{ isZoomed: view.range !== null, hasCurve: series.length > 0 },
      smoothing:
        noisy && steps.length > 2
          ? {
              span: view.span ?? usualSpan(steps),
              most: Math.max(10, steps[steps.length - 1]!),
              isUsual: view.span === null
            }
          : null
    });
  };

  const move = (by: number): void => {
    const curve = visibleSeries(data, view)[0]?.curve;
    const steps = column(curve, 1);
    if (!steps.length) {
      return;
    }
    const from = cursor === null ? steps.length - 1 : nearest(curve, cursor);
    const to = cursor === null && Math.abs(by) === 1 ? from : from + by;
    cursor = steps[Math.min(Math.max(0, to), steps.length - 1)]!;
    setView({ range: including(view.range, limit(), cursor) });
  };
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move(-1),
    ArrowRight: () => move(1),
    PageUp: () => setView({ range: moved(view.range, limit(), -0.5) }),
    PageDown: () => setView({ range: moved(view.range, limit(), 0.5) }),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    '+': tools.in,
    '=': tools.in,
    '-': tools.out,
    0: tools.all,
    l: tools.log,
    Escape: () => {
      if (anchor === null && cursor === null) {
        view = { ...view, range: null };
      }
      anchor = cursor = null;
      schedule();
    }
  };

  const ending = new AbortController();
  const listen = <K extends keyof HTMLElementEventMap>(type: K, handler: (event: HTMLElementEventMap[K]) => void) =>
    plot.addEventListener(type, handler, { signal: ending.signal, passive: false });
  const point = (event: MouseEvent | null): void => {
    pointer = event ? event.clientX - canvas.getBoundingClientRect().left : null;
    if (event) {
      cursor = null;
    }
    schedule();
  };
  listen('pointermove', point);
  listen('pointerleave', () => point(null));
  listen('pointerdown', event => {
    point(event);
    if (event.button !== 0 || !visibleSeries(data, view).length) {
      return;
    }
    anchor = Math.max(PAD.left, pointer ?? 0);
    plot.setPointerCapture(event.pointerId);
  });
  listen('pointerup', () => {
    const { back } = axis();
    if (anchor !== null && pointer !== null && Math.abs(pointer - anchor) > REACH) {
      setView({ range: fitted([back(anchor), back(pointer)], limit()) ?? view.range });
    }
    anchor = null;
    schedule();
  });
  listen('pointercancel', () => {
    anchor = null;
    point(null);
  });
  listen('dblclick', tools.all);
  listen('wheel', event => {
    if (!event.ctrlKey && !event.metaKey) {
      return; // the page scrolls
    }
    event.preventDefault();
    point(event);
    zoom(event.deltaY > 0 ? FACTOR : 1 / FACTOR, axis().back(pointer ?? 0));
  });
  listen('keydown', event => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (action) {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  });
  listen('blur', () => {
    cursor = null;
    schedule();
  });
  const size = new ResizeObserver(schedule);
  size.observe(canvas);
  const theme = new MutationObserver(schedule);
  theme.observe(document.body, { attributeFilter: ['class', 'data-jp-theme-name', 'data-vscode-theme-id'] });
  return {
    root,
    end: () => {
      ending.abort();
      cancelAnimationFrame(frame);
      size.disconnect();
      theme.disconnect();
    },
    show: next => {
      data = next;
      if (view.range) {
        view = { ...view, range: fitted(view.range, limit()) };
      }
      schedule();
    }
  };
}

/**
 * The values at the pointer, or else the newest ones, for the legend and for screen readers.
 *
 * @param hover the step under the pointer
 * @param reach number of steps within which the pointer hits a mark
 */
function valuesAt(
  data: ChartData,
  view: View,
  hover: number | null,
  reach: number
): { entries: Entry[]; place: string; said: string; at: number } {
  const { head, marks } = data;
  const series = seriesOf(data.curves, view.tab.id);
  const bins = new Map(series.map(one => [one.id, binAt(one.curve, hover)]));
  const entries = [
    ...series.map(one => entryOf(one, bins.get(one.id) ?? null, view)),
    ...behindOf(data, view.tab.id).map((one, index) => ({
      ...behindLook(index),
      ...{ id: behindId(index), name: one.name, smoothed: '', hidden: view.hidden.has(behindId(index)) },
      value: hover === null ? '' : formatNumber(lossAt(one, hover))
    }))
  ];
  const at = series.map(({ id }) => bins.get(id)).find(bin => bin)?.values;
  const [first = 0, last = 0] = at ?? [];
  const steps = first !== last ? `steps ${formatCount(first)} – ${formatCount(last)}` : `step ${formatCount(last)}`;
  const epoch = head.step && typeof head.epoch === 'number' && head.epoch > 0;
  const epochs = at && epoch ? [`epoch ${formatEpoch((last * (head.epoch as number)) / head.step!)}`] : [];
  const near = hover !== null && at ? marksAt(marks, first, last, reach) : [];
  const commands = near.map(({ step, label }) => (step === last ? label : `${label} at ${formatCount(step)}`));
  const said = [
    at ? `step ${last}` : 'no step yet',
    ...entries
      .filter(({ value, hidden }) => value && !hidden)
      .map(({ name, value, smoothed }) => `${name} ${value}${smoothed ? `, smoothed ${smoothed}` : ''}`),
    ...commands
  ];
  const place = hover !== null && at ? [steps, ...epochs, ...commands].join(' · ') : '';
  return { entries, place, said: said.join(', '), at: last };
}

/** The bin at a step, or the last one, with its index. */
function binAt(curve: Curve, hover: number | null): { index: number; values: number[] } | null {
  const index = hover === null ? curve.bins.length / FIELDS - 1 : nearest(curve, hover);
  return index < 0 ? null : { index, values: Array.from(curve.bins.subarray(index * FIELDS, (index + 1) * FIELDS)) };
}

function entryOf(series: Series, bin: ReturnType<typeof binAt>, view: View): Entry {
  const { id, name, colour, dash, noisy, shape } = series;
  const isSmoothed = noisy && bin !== null && view.span !== 0 && series.curve.bins.length > 2 * FIELDS;
  return {
    ...{ id, name, colour, dash, shape: view.tab.id === 'metrics' || id.startsWith('eval_') ? shape : null },
    value: view.tab.format(bin?.values[4]),
    smoothed: isSmoothed ? view.tab.format(smoothedOf(series, view)[bin.index]) : '',
    hidden: view.hidden.has(id)
  };
}
