/** One run in the panel. */

import { make, mark, say } from '../common/dom.js';
import { formatCount, formatDuration, formatNumber } from '../common/format.js';
import type { RunSummary } from '../kernel/protocol';
import type { State } from '../common/statuses';
import { hasEnded } from '../common/statuses';
import type { Entry } from './model';
import { placeOf } from './model';
import { sparkPath } from './sparkline';
import type { Answer } from './steering';
import type { Translation } from './words';
import {
  epochOf,
  metricsOf,
  nameOf,
  progressText,
  fractionDone,
  stateWord,
  waitsFor
} from './words';

/** Size of the view box of the loss curve; it is stretched to the width of the panel. */
const [WIDTH, HEIGHT] = [240, 36];
const MAX_METRICS = 6;
const FADE_DELAY = 8000;
const SVG = 'http://www.w3.org/2000/svg';

/** The actions of a card. */
export interface CardActions {
  sendCommand(entry: Entry, command: string): Promise<Answer>;
  stop(entry: Entry): Promise<Answer>;
  canGoTo(entry: Entry): boolean;
  goTo(entry: Entry): void;
  /** The name of the run with an ID. */
  nameOf(run: string): string;
}

export class Card {
  constructor(
    private readonly _actions: CardActions,
    private readonly _trans: Translation
  ) {
    this._svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this._svg.setAttribute('preserveAspectRatio', 'none');
    this._svg.setAttribute('aria-hidden', 'true');
    this._svg.append(this._path);
    this._curve.append(this._svg, make('div', {}, this._loss, this._epoch));
    this._bar.append(this._fill);
    this._bar.setAttribute('aria-label', this._trans.__('Progress'));
    this._buttons.append(this._pause, this._stop);
    this.node.append(
      make('div', { class: 'jp-nbtrain-run-top' }, this._name, this._state),
      make('div', { class: 'jp-nbtrain-run-where' }, this._where, this._cell),
      this._bar,
      make('div', { class: 'jp-nbtrain-run-place' }, this._place, this._left),
      this._curve,
      this._metrics,
      this._reason,
      this._buttons,
      this._message
    );
    this._pause.addEventListener('click', () => this._press(this._pause));
    this._stop.addEventListener('click', () => this._press(this._stop));
    this._cell.addEventListener('click', () => this._entry && this._actions.goTo(this._entry));
  }

  readonly node = make('li', { class: 'jp-nbtrain-run' });

  dispose(): void {
    clearTimeout(this._fading);
    this.node.remove();
  }

  show(entry: Entry): void {
    if (entry === this._entry) {
      return;
    }
    const { run, state } = entry;
    if (state !== this._entry?.state) {
      this._showMessage('');
    }
    this._entry = entry;
    const name = nameOf(run);
    mark(this.node, 'data-state', isBroken(run, state) ? 'broken' : state);
    mark(this.node, 'aria-label', this._trans.__('Run %1', name));
    say(this._name, name);
    say(this._state, stateWord(run.head, state, this._trans));
    mark(this._name, 'title', run.run);
    say(this._where, placeOf(entry));
    this._showProgress(run, state);
    this._showCurve(run);
    this._showMetrics(run);
    say(this._reason, run.head.reason || run.head.error);
    this._showButtons(entry, name);
  }

  private _showProgress({ head }: RunSummary, state: State): void {
    const ended = hasEnded(state);
    const share = fractionDone(head);
    this._bar.hidden = ended;
    this.node.classList.toggle('jp-mod-unknown', !ended && share === null);
    this._fill.style.width = `${100 * (share ?? 0)}%`;
    mark(this._bar, 'aria-valuenow', share === null ? null : String(Math.round(100 * share)));
    const before = waitsFor(head);
    const place = before
      ? this._trans.__('until %1 has ended', this._actions.nameOf(before))
      : progressText(head);
    mark(this._bar, 'aria-valuetext', place || null);
    if (ended) {
      const steps = head.max_steps
        ? this._trans.__('%1 of %2 steps', formatCount(head.step), formatCount(head.max_steps))
        : '';
      say(this._place, steps);
      say(this._left, typeof head.time === 'number' ? formatDuration(head.time) : '');
      return;
    }
    say(this._place, place);
    const left = state === 'running' && !head.phase ? head.seconds_left : null;
    say(this._left, left === null ? '' : this._trans.__('%1 left', formatDuration(left)));
  }

  private _showCurve({ head, spark }: RunSummary): void {
    const path = sparkPath(spark, WIDTH, HEIGHT);
    this._curve.hidden = !path;
    mark(this._path, 'd', path);
    say(this._loss, this._trans.__('training loss %1', formatNumber(head.loss)));
    this._loss.classList.toggle('jp-mod-bad', typeof head.loss === 'string');
    const epoch = epochOf(head);
    say(this._epoch, epoch ? this._trans.__('epoch %1', epoch) : '');
  }

  private _showMetrics(run: RunSummary): void {
    const metrics = metricsOf(run).slice(0, MAX_METRICS);
    const text = JSON.stringify(metrics);
    if (text === this._shownMetrics) {
      return;
    }
    this._shownMetrics = text;
    this._metrics.replaceChildren(
      ...metrics.map(([name, value]) =>
        make('div', {}, make('dt', { title: name }, name), make('dd', {}, value))
      )
    );
  }

  /** Buttons stay the same elements, so that they keep the focus. */
  private _showButtons(entry: Entry, name: string): void {
    const { run, state, link } = entry;
    const on = link !== null && !hasEnded(state);
    const [command, text] = this._middleCommand(run, state);
    this._pause.hidden = !on || !run.controls || !run.head.max_steps;
    mark(this._pause, 'data-command', command);
    say(this._pause, text);
    mark(this._pause, 'aria-label', `${text}: ${name}`);
    this._stop.hidden = !on || !(run.controls || run.blocking);
    say(this._stop, this._trans.__('Stop'));
    mark(this._stop, 'aria-label', this._trans.__('Stop %1 and keep its weights', name));
    mark(this._stop, 'title', this._trans.__('Stop after this step and keep the weights'));
    this._cell.hidden = !this._actions.canGoTo(entry);
    say(this._cell, this._trans.__('Go to cell'));
    mark(this._cell, 'aria-label', this._trans.__('Go to the cell of %1', name));
  }

  private _middleCommand(run: RunSummary, state: State): [string, string] {
    if (isBroken(run, state)) {
      return ['skip', this._trans.__('Skip batch')];
    }
    return state === 'paused'
      ? ['resume', this._trans.__('Resume')]
      : ['pause', this._trans.__('Pause')];
  }

  private async _press(button: HTMLButtonElement): Promise<void> {
    const entry = this._entry;
    if (!entry || button.getAttribute('aria-busy') === 'true') {
      return;
    }
    button.setAttribute('aria-busy', 'true');
    const answer = await (button === this._stop
      ? this._actions.stop(entry)
      : this._actions.sendCommand(entry, button.dataset.command ?? ''));
    button.removeAttribute('aria-busy');
    if (entry.state === this._entry?.state || answer.error) {
      this._showMessage(answer.text, answer.error);
    }
  }

  private _showMessage(text: string, error = false): void {
    clearTimeout(this._fading);
    say(this._message, text);
    this._message.classList.toggle('jp-mod-bad', error);
    if (text) {
      this._fading = setTimeout(() => this._showMessage(''), FADE_DELAY);
    }
  }

  private _entry: Entry | null = null;
  private _shownMetrics = '[]';
  private _fading: ReturnType<typeof setTimeout> | undefined;
  private readonly _name = make('strong', { class: 'jp-nbtrain-run-name' });
  private readonly _state = make('span', { class: 'jp-nbtrain-run-state' });
  private readonly _where = make('span');
  private readonly _fill = make('div', { class: 'jp-nbtrain-run-fill' });
  private readonly _bar = make('div', {
    class: 'jp-nbtrain-run-bar',
    role: 'progressbar',
    'aria-valuemin': '0',
    'aria-valuemax': '100'
  });
  private readonly _place = make('span');
  private readonly _left = make('span');
  private readonly _curve = make('div', { class: 'jp-nbtrain-run-curve' });
  private readonly _svg = document.createElementNS(SVG, 'svg');
  private readonly _path = document.createElementNS(SVG, 'path');
  private readonly _loss = make('div');
  private readonly _epoch = make('div', { class: 'jp-nbtrain-run-epoch' });
  private readonly _metrics = make('dl', { class: 'jp-nbtrain-run-metrics' });
  private readonly _reason = make('p', { class: 'jp-nbtrain-run-reason' });
  private readonly _buttons = make('div', { class: 'jp-nbtrain-run-buttons' });
  private readonly _pause = make('button', { type: 'button' });
  private readonly _stop = make('button', { type: 'button', 'data-command': 'stop' });
  private readonly _cell = make('button', { type: 'button', class: 'jp-nbtrain-link' });
  private readonly _message = make('p', { class: 'jp-nbtrain-run-said', role: 'status' });
}

/** Whether it is paused because its loss is not finite. */
const isBroken = (run: RunSummary, state: State): boolean =>
  state === 'paused' && run.head.reason !== '';
