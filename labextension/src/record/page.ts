/** The DOM of a record. Everything that comes from the notebook is inserted as text. */

import { make, say, withCode } from '../common/dom.js';
import { buildFigure } from '../chart/figure.js';
import { formatCount } from '../common/format.js';
import { markedLine } from '../common/marked.js';
import { COLORS } from '../common/statuses.js';
import type { SavedRun, Text } from './parse.js';
import { type Line, type Table, tabulate } from './table.js';

/** Rows of the table that are visible at once, about. */
const MAX_VISIBLE_ROWS = 15;

export type Translate = (text: string, ...values: string[]) => string;

export interface Page {
  readonly root: HTMLElement;
  show(run: SavedRun): void;
  end(): void;
}

export function buildPage(translate: Translate): Page {
  let name = 'run';
  const figure = buildFigure({ empty: '', translate, fileName: () => name });
  const head: HTMLElement = make('div', { class: 'jp-nbtrain-record-head', title: translate(COLORS) });
  const table: HTMLElement = make('div', { class: 'jp-nbtrain-record-table' });
  const texts: HTMLElement = make('div', { class: 'jp-nbtrain-record-texts' });
  const notes: HTMLElement = make('ul', { class: 'jp-nbtrain-record-notes' });
  const error = buildFold(translate('Error'));
  const config = buildFold(translate('Configuration and files'));
  const body: HTMLElement = make('div', {}, head, table, figure.root, texts, notes, error.root, config.root);
  const soFar = buildFold('');
  const root: HTMLElement = make('div', { role: 'group', 'aria-label': translate('Record of a training run') });

  return {
    root,
    end: () => figure.end(),
    show(run) {
      name = run.run || 'run';
      root.dataset['status'] = run.status;
      head.replaceChildren(...headLines(run));
      table.replaceChildren(...(run.rows.length ? tableParts(tabulate(run), translate) : []));
      figure.root.hidden = !Object.values(run.chart.curves).some(curve => curve.bins.length);
      figure.show(run.chart);
      texts.replaceChildren(...run.texts.flatMap(text => textParts(text, translate)));
      notes.replaceChildren(...run.notes.map(({ level, text }) => noteItem(level, text, translate)));
      error.show(run.error.trim() === run.reason ? [] : [preformatted(run.error.trim())]);
      config.show([
        ...(run.setup.length ? [make('p', {}, run.setup.join('; '))] : []),
        preformatted(run.config.trim()),
        ...(run.directory ? [make('p', {}, `${translate('Run directory:')} `, make('code', {}, run.directory))] : [])
      ]);
      if (run.folded) {
        soFar.show([body], translate(run.folded));
      }
      const outer = run.folded ? soFar.root : body;
      if (root.firstChild !== outer) {
        root.replaceChildren(outer);
      }
    }
  };
}

/** A message in place of a record that cannot be shown. */
export function buildErrorMessage(why: string, plain: string, translate: Translate): HTMLElement {
  const said = translate('This record cannot be shown. %1 Run “%finetune --show” to create it again.', why);
  return make('div', { role: 'alert' }, make('p', {}, said), preformatted(plain));
}

function headLines({ summary, reason, scores, best, compared, effort }: SavedRun): HTMLElement[] {
  const results = [...scores.map(score), ...(best ? [[best]] : []), ...(compared ? [withCode(compared)] : [])];
  const separated = results.flatMap((parts, index) => (index ? [' · ', ...parts] : parts));
  const lines: HTMLElement[] = [make('p', { class: 'jp-nbtrain-record-status' }, make('b', {}, summary), reason ? `: ${reason}` : '')];
  if (results.length) {
    lines.push(make('p', {}, ...separated));
  }
  if (effort.length) {
    lines.push(make('p', { class: 'jp-nbtrain-record-effort' }, effort.join(' · ')));
  }
  return lines;
}

/** "f1 0.8": the name, and the value in bold. */
function score(text: string): (Node | string)[] {
  const at = text.lastIndexOf(' ') + 1;
  return [text.slice(0, at), make('b', {}, text.slice(at))];
}

function tableParts({ titles, baselines, lines, main, leftOut }: Table, translate: Translate): HTMLElement[] {
  const heads = titles.map(title => make('th', { scope: 'col' }, title));
  const rows = [...baselines.map(baselineRow), ...lines.flatMap(line => tableRows(line, titles.length, translate))];
  const table = make('table', {}, make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...rows));
  const legend = [
    ...(main ? [translate('Bold on green: best %1', main)] : []),
    ...(lines.length > MAX_VISIBLE_ROWS ? [translate('scroll up for earlier evaluations')] : []),
    ...(leftOut ? [translate('%1 more metrics are not shown', String(leftOut))] : [])
  ];
  const scroll = make('div', { tabindex: '0', role: 'region', 'aria-label': translate('Evaluations') }, table);
  return [scroll, ...(legend.length ? [make('p', {}, make('small', {}, legend.join('; ')))] : [])];
}

/** A row whose name takes the place of step, epoch and training loss. */
function baselineRow({ title, cells }: Table['baselines'][number]): HTMLElement {
  const name = make('th', { scope: 'row', colspan: '3' }, title);
  return make('tr', { class: 'jp-mod-baseline' }, name, ...[...cells, ''].map(cell => make('td', {}, cell)));
}

function tableRows({ gap, cells, isBest }: Line, width: number, translate: Translate): HTMLElement[] {
  const [step = '', ...others] = cells.map(cell => (isBest ? make('b', {}, cell) : cell));
  const row = make('tr', isBest ? { class: 'jp-mod-best' } : {}, make('th', { scope: 'row' }, step), ...others.map(cell => make('td', {}, cell)));
  const left = make('td', { colspan: String(width) }, `… ${translate('%1 more', formatCount(gap))}`);
  return gap ? [make('tr', { class: 'jp-mod-gap' }, left), row] : [row];
}

/** Lines of text under their title. */
function textParts({ title, lines }: Text, translate: Translate): HTMLElement[] {
  return [make('p', {}, make('small', {}, translate(title))), ...lines.map(markedLine)];
}

function noteItem(level: string, text: string, translate: Translate): HTMLElement {
  const isWarning = level === 'warning' || level === 'error';
  return make('li', {}, ...(isWarning ? [make('b', {}, translate('Warning:')), ' '] : []), ...withCode(text));
}

function preformatted(text: string): HTMLElement {
  const node: HTMLElement = make('pre', {}, text);
  node.hidden = !text;
  return node;
}

/** A collapsible section; hidden when it is empty. */
function buildFold(title: string): { root: HTMLDetailsElement; show(parts: Node[], title?: string): void } {
  const summary: HTMLElement = make('summary', {}, title);
  const body: HTMLElement = make('div');
  const root: HTMLDetailsElement = make('details', {}, summary, body);
  return {
    root,
    show(parts, newTitle = title) {
      say(summary, newTitle);
      if (parts.length !== 1 || body.firstChild !== parts[0]) {
        body.replaceChildren(...parts);
      }
      root.hidden = !body.textContent;
    }
  };
}
