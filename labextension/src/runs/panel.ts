/** The runs panel in the sidebar. */

import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { make, say } from '../common/dom.js';
import { icon } from '../common/icon';
import { hasEnded } from '../common/statuses';
import type { CardActions } from './card';
import { Card } from './card';
import type { Change, RunsModel } from './model';
import type { Translation } from './words';
import { nameOf, resultOf, stateWord } from './words';

export const PANEL_ID = 'nbtrain-runs';

/** Shows all runs of a model. It draws at most once per frame, and only while it is visible. */
export class RunsPanel extends Widget {
  /** @param insert Inserts a starter cell into the notebook. */
  constructor(
    private readonly _model: RunsModel,
    private readonly _actions: CardActions,
    insert: () => void,
    private readonly _trans: Translation
  ) {
    super();
    this.id = PANEL_ID;
    this.addClass('jp-nbtrain-runs');
    this.title.icon = icon;
    this.title.caption = _trans.__('Fine-tuning runs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _trans.__('Fine-tuning runs'));
    const button = make('button', { type: 'button' }, _trans.__('Insert fine-tune cell'));
    button.addEventListener('click', insert);
    this._empty.append(
      make('p', {}, make('strong', {}, _trans.__('No runs yet'))),
      make(
        'p',
        {},
        _trans.__('Run a cell that begins with %1 to see its run here, live.', '%%finetune')
      ),
      button
    );
    const heading = make('h2', { class: 'jp-nbtrain-heading' }, _trans.__('Fine-tuning runs'));
    this.node.append(heading, this._empty, this._list, this._news);
    _model.changed.connect(this._onChanged, this);
    _model.runChanged.connect(this._announce, this);
  }

  override dispose(): void {
    cancelAnimationFrame(this._frame);
    this._cards.forEach(card => card.dispose());
    this._cards.clear();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._draw();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._draw();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.tabIndex = -1;
    this.node.focus();
  }

  private _onChanged(): void {
    if (this.isVisible && !this._frame) {
      this._frame = requestAnimationFrame(() => this._draw());
    }
  }

  private _draw(): void {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    const entries = this._model.newestFirst;
    const ids = new Set(entries.map(entry => entry.run.run));
    for (const [id, card] of this._cards) {
      if (!ids.has(id)) {
        card.dispose();
        this._cards.delete(id);
      }
    }
    entries.forEach((entry, index) => {
      let card = this._cards.get(entry.run.run);
      if (!card) {
        card = new Card(this._actions, this._trans);
        this._cards.set(entry.run.run, card);
      }
      card.show(entry);
      const there = this._list.children[index] ?? null;
      if (there !== card.node) {
        this._list.insertBefore(card.node, there);
      }
    });
    this._empty.hidden = entries.length > 0;
    this._list.hidden = entries.length === 0;
  }

  /** Announce status changes of a run, but not its steps, to screen readers. */
  private _announce(_: RunsModel, { before, entry }: Change): void {
    if (before === null || before.head.status === entry.state) {
      return;
    }
    const { run, state } = entry;
    if (!run.name && !run.head.max_steps && !hasEnded(state)) {
      return; // its cell assigns its name before it trains
    }
    const result = hasEnded(state) ? resultOf(run) : '';
    const word = stateWord(run.head, state, this._trans);
    const name = nameOf(run);
    say(this._news, [`${name}: ${word}`, result].filter(Boolean).join(', '));
  }

  private _frame = 0;
  private readonly _cards = new Map<string, Card>();
  private readonly _list = make('ul', { class: 'jp-nbtrain-run-list' });
  private readonly _empty = make('div', { class: 'jp-nbtrain-no-runs' });
  private readonly _news = make('div', {
    class: 'jp-nbtrain-news',
    role: 'status',
    'aria-live': 'polite'
  });
}
