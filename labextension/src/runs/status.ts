/** The status bar item: progress of the newest run, while one is active. */

import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { make, mark, say } from '../common/dom.js';
import type { RunsModel } from './model';
import type { Translation } from './words';
import { statusLine } from './words';

export class StatusItem extends Widget {
  /** @param open Opens the runs panel. */
  constructor(
    private readonly _model: RunsModel,
    open: () => void,
    private readonly _trans: Translation
  ) {
    super();
    this.addClass('jp-mod-highlighted');
    this.addClass('jp-nbtrain-status');
    this._button.setAttribute('title', _trans.__('Open the runs panel'));
    this._button.addEventListener('click', open);
    this.node.append(this._button);
    _model.changed.connect(this._show, this);
    this._show();
  }

  get isActive(): boolean {
    return this._isActive;
  }

  /** Emitted when it becomes active or inactive. */
  get activeChanged(): ISignal<this, void> {
    return this._activeChanged;
  }

  private _show(): void {
    const runs = this._model.newestFirst.filter(entry => entry.link).map(entry => entry.run);
    const text = statusLine(runs, this._trans);
    say(this._button, text);
    mark(this._button, 'aria-label', this._trans.__('Fine-tuning: %1', text));
    if (this._isActive !== (text !== '')) {
      this._isActive = text !== '';
      this._activeChanged.emit();
    }
  }

  private _isActive = false;
  private readonly _activeChanged = new Signal<this, void>(this);
  private readonly _button = make('button', { type: 'button', class: 'jp-StatusBar-TextItem' });
}
