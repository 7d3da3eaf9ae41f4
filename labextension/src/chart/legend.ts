/** What stands above the chart: tabs, tools, and a button for each curve with its value. */

import { OWN_KEYS, make, say, setAttributes } from '../common/dom.js';
import type { AxisKind } from './axis.js';
import type { TabId } from './series.js';
import { BEHIND_DASHES, SHAPES } from './series.js';

export type Tool = 'log' | 'in' | 'out' | 'all' | 'png' | 'csv';
export type Translate = (text: string) => string;

/** A curve in the legend. */
export interface Entry {
  id: string;
  name: string;
  colour: string;
  dash: readonly number[];
  /** Shape of its points; null without any. */
  shape: number | null;
  value: string;
  /** The smoothed value, or "". */
  smoothed: string;
  hidden: boolean;
}

/** What the tools show. */
export interface Tools {
  tabs: readonly { id: TabId; title: string }[];
  tab: TabId;
  kinds: readonly AxisKind[];
  axis: AxisKind;
  isZoomed: boolean;
  log: boolean;
  hasCurve: boolean;
  /** Span of the moving average in steps, the largest one, and whether it is the usual one; null if nothing is smoothed. */
  smoothing: { span: number; most: number; isUsual: boolean } | null;
}

/** What the user can do in the legend. */
export interface Actions {
  tool: (name: Tool) => void;
  tab: (id: TabId) => void;
  axis: (kind: AxisKind) => void;
  span: (span: number | null) => void;
  toggle: (id: string) => void;
}

export interface Legend {
  root: HTMLElement;
  showTools: (tools: Tools) => void;
  showEntries: (entries: readonly Entry[], at: string) => void;
}

const SVG = 'http://www.w3.org/2000/svg';
const POSITIONS = 100;
const AXES: Record<AxisKind, string> = { step: 'steps', epoch: 'epochs', time: 'time' };

/** Tool, label, and tooltip with its key. */
const TOOLS: readonly [Tool, string, string][] = [
  ['log', 'log', 'Log scale for the values (L)'],
  ['all', 'reset', 'Show all steps (0, or double-click)'],
  ['out', '−', 'Zoom out (-)'],
  ['in', '+', 'Zoom in (+, Ctrl+scroll, or drag over the chart)'],
  ['png', 'PNG', 'Save this chart as PNG'],
  ['csv', 'CSV', 'Save all curves as CSV']
];

/** The span of a position of the slider: 0 is none, then on a log scale up to `most`. */
export const spanAt = (position: number, most: number): number =>
  position <= 0 ? 0 : Number((most ** (position / POSITIONS)).toPrecision(3));

/** The position of the slider for a span. */
export const positionOf = (span: number, most: number): number =>
  span <= 0 ? 0 : Math.round(Math.min(1, Math.max(0.01, Math.log(span) / Math.log(most))) * POSITIONS);

export function buildLegend(translate: Translate, actions: Actions): Legend {
  const tabs = make('div', { class: 'nbt-tabs', role: 'tablist', 'aria-label': translate('Curves of') });
  const axis = make('select', { 'aria-label': translate('Horizontal axis'), ...OWN_KEYS });
  const slider = make('input', {
    ...{ type: 'range', min: '0', max: String(POSITIONS), 'aria-label': translate('Smoothing'), ...OWN_KEYS },
    title: translate('Span of the moving average. Double-click: automatic.')
  });
  const span = make('span', { class: 'nbt-span' });
  const smoothing = make('label', { class: 'nbt-smoothing' }, make('span', {}, translate('smoothing')), slider, span);
  const buttons = new Map(
    TOOLS.map(([name, label, title]) => {
      const attributes = { type: 'button', 'data-tool': name, title: translate(title), ...OWN_KEYS };
      const button = make('button', attributes, label === label.toUpperCase() ? label : translate(label));
      if (name === 'all' || name === 'in' || name === 'out') {
        button.setAttribute('aria-label', button.title);
      }
      button.addEventListener('click', () => actions.tool(name));
      return [name, button];
    })
  );
  const tools = make('div', { class: 'nbt-tools', role: 'group', 'aria-label': translate('Chart') });
  tools.append(smoothing, axis, ...buttons.values());
  const curves = make('div', { class: 'nbt-curves', role: 'group', 'aria-label': translate('Curves') });
  const at = make('span', { class: 'nbt-at' });
  const root = make('figcaption', {}, make('div', { class: 'nbt-row' }, tabs, tools), curves, at);

  let most = 10;
  slider.addEventListener('input', () => actions.span(spanAt(Number(slider.value), most)));
  slider.addEventListener('dblclick', () => actions.span(null));
  axis.addEventListener('change', () => actions.axis(axis.value as AxisKind));
  tabs.addEventListener('keydown', event => {
    const all = [...tabs.querySelectorAll('button')];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const next = all[(all.indexOf(document.activeElement as HTMLButtonElement) + step + all.length) % all.length];
    if (step && next) {
      next.click();
      next.focus();
      event.preventDefault();
    }
  });

  let shownTabs = '';
  let shownKinds = '';
  const showTools = (next: Tools): void => {
    if (next.tabs.map(({ id }) => id).join() !== shownTabs) {
      shownTabs = next.tabs.map(({ id }) => id).join();
      tabs.replaceChildren(...next.tabs.map(tab => tabButton(tab, translate, actions)));
    }
    tabs.hidden = next.tabs.length < 2;
    for (const tab of tabs.querySelectorAll('button')) {
      const isShown = tab.dataset['tab'] === next.tab;
      setAttributes(tab, { 'aria-selected': String(isShown), tabindex: isShown ? '0' : '-1' });
    }
    if (next.kinds.join() !== shownKinds) {
      shownKinds = next.kinds.join();
      axis.replaceChildren(...next.kinds.map(kind => make('option', { value: kind }, translate(AXES[kind]))));
    }
    axis.hidden = next.kinds.length < 2;
    axis.value = next.axis;
    buttons.get('all')!.hidden = !next.isZoomed;
    buttons.get('out')!.disabled = !next.isZoomed;
    buttons.get('log')!.setAttribute('aria-pressed', String(next.log));
    for (const name of ['in', 'log', 'png', 'csv'] as const) {
      buttons.get(name)!.disabled = !next.hasCurve;
    }
    smoothing.hidden = next.smoothing === null;
    if (next.smoothing !== null) {
      const { span: length, isUsual } = next.smoothing;
      most = next.smoothing.most;
      const words =
        length < 1 ? translate('off') : `${length < 10 ? length.toFixed(1) : Math.round(length)} ${translate('steps')}`;
      slider.value = String(positionOf(length, most));
      slider.setAttribute('aria-valuetext', words);
      say(span, words);
      span.classList.toggle('nbt-usual', isUsual);
    }
  };

  let shown: Map<string, ReturnType<typeof curveButton>> = new Map();
  let known = '';
  const showEntries = (entries: readonly Entry[], place: string): void => {
    const keys = JSON.stringify(entries.map(({ id, name }) => [id, name]));
    if (keys !== known) {
      known = keys;
      shown = new Map(entries.map(entry => [entry.id, curveButton(entry, translate, actions)]));
      curves.replaceChildren(...[...shown.values()].map(({ button }) => button));
    }
    for (const entry of entries) {
      shown.get(entry.id)?.show(entry);
    }
    say(at, place);
    at.title = place; // the complete text, if it does not fit
  };
  return { root, showTools, showEntries };
}

function tabButton({ id, title }: { id: TabId; title: string }, translate: Translate, actions: Actions): HTMLElement {
  const button = make('button', { type: 'button', role: 'tab', 'data-tab': id, ...OWN_KEYS }, translate(title));
  button.addEventListener('click', () => actions.tab(id));
  return button;
}

function curveButton(entry: Entry, translate: Translate, actions: Actions) {
  const value = make('span', { class: 'nbt-value' });
  const smoothed = make('span', { class: 'nbt-smoothed' });
  const name = make('span', { class: 'nbt-name', title: entry.name }, translate(entry.name));
  const button = make(
    'button',
    { type: 'button', 'data-curve': entry.id, ...OWN_KEYS },
    swatch(entry),
    name,
    value,
    smoothed
  );
  button.addEventListener('click', () => actions.toggle(entry.id));
  const show = (next: Entry): void => {
    say(value, next.value);
    say(smoothed, next.smoothed ? `${translate('smoothed')} ${next.smoothed}` : '');
    button.setAttribute('aria-pressed', String(!next.hidden));
    button.title = translate(next.hidden ? 'Show this curve' : 'Hide this curve');
  };
  return { button, show };
}

/** A line in the style of a curve, with its points. */
function swatch({ colour, dash, shape }: Entry): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  setAttributes(svg, { viewBox: '0 0 24 10', 'aria-hidden': 'true', class: 'nbt-swatch' });
  const paint = `var(--nbt-${colour})`;
  const line = document.createElementNS(SVG, 'line');
  setAttributes(line, { x1: '1', x2: '23', y1: '5', y2: '5', 'stroke-dasharray': dash.join(' ') });
  line.style.stroke = paint;
  svg.append(line);
  if (shape !== null) {
    const point = document.createElementNS(SVG, 'path');
    const paths = [
      'M8.5 5a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z',
      'M9 2h6v6h-6z',
      'M12 .8l3.8 7.4h-7.6z',
      'M12 .6l4.4 4.4-4.4 4.4-4.4-4.4z'
    ];
    point.setAttribute('d', paths[shape % SHAPES]!);
    point.style.fill = paint;
    svg.append(point);
  }
  return svg;
}

/** How a curve behind looks in the legend. */
export const behindLook = (index: number): Pick<Entry, 'colour' | 'dash' | 'shape'> => ({
  colour: `behind-${(index % BEHIND_DASHES.length) + 1}`,
  dash: BEHIND_DASHES[index % BEHIND_DASHES.length]!,
  shape: null
});
