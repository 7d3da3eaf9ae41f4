/** Keeps the text of a cell and that of its form the same: two hands, one text. */

import { YCodeCell } from '@jupyter/ydoc';
import type { ISharedText } from '@jupyter/ydoc';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isFinetune } from '../common/magic';
import type { FromKernel } from '../kernel/protocol';
import type { ILink } from '../kernel/tokens';
import { rebased } from './merge';

const DEBOUNCE = 400;

export class FormText implements IDisposable {
  /**
   * @param _form Id of the form.
   * @param _cell The text of the cell.
   * @param _known The text that the form begins with.
   * @param _link Finds the link to the kernel; it may come after the form.
   */
  constructor(
    private readonly _form: string,
    private readonly _cell: ISharedText,
    private _known: string,
    private readonly _link: () => ILink | null
  ) {
    _cell.changed.connect(this._typed, this);
    this.connect();
  }

  /** Emitted when the kernel closed the form, and when the cell is no fine-tune cell any more. */
  get closed(): ISignal<this, void> {
    return this._closed;
  }

  /** Emitted when the form asks that the cell be run. */
  get ran(): ISignal<this, void> {
    return this._ran;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Listen to the link that there is now. */
  connect(): void {
    const link = this._link();
    if (link !== this._heard) {
      this._heard?.received.disconnect(this._onMessage, this);
      this._heard = link;
      link?.received.connect(this._onMessage, this);
      this._typed();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._cell.changed.disconnect(this._typed, this);
    this._heard?.received.disconnect(this._onMessage, this);
    this._heard?.send({ type: 'form_close', form: this._form });
    Signal.clearData(this);
  }

  private _onMessage(_: ILink, message: FromKernel): void {
    if (message.type === 'form_text' && message.form === this._form) {
      this._take(message.text);
    } else if (message.type === 'form_run' && message.form === this._form) {
      this._ran.emit();
    }
  }

  /** The form was edited: change the cell, in one undo step, and keep what was typed meanwhile. */
  private _take(text: string): void {
    const change = rebased(this._known, text, this._cell.getSource());
    this._known = text;
    if (change !== null) {
      this._endUndoStep();
      this._cell.updateSource(change.from, change.to, change.insert);
      this._endUndoStep();
    }
    this._typed();
  }

  /** Changes that follow are undone by themselves. */
  private _endUndoStep(): void {
    if (this._cell instanceof YCodeCell) {
      this._cell.undoManager?.stopCapturing();
    }
  }

  private _typed(): void {
    window.clearTimeout(this._timer);
    if (this._cell.getSource() !== this._known) {
      this._timer = window.setTimeout(() => this._send(), DEBOUNCE);
    }
  }

  private _send(): void {
    const text = this._cell.getSource();
    if (!isFinetune(text)) {
      this._closed.emit();
    } else if (this._heard !== null && text !== this._known) {
      this._known = text;
      this._heard.send({ type: 'form_text', form: this._form, text });
    }
  }

  private _isDisposed = false;
  private _timer = 0;
  private _heard: ILink | null = null;
  private readonly _ran = new Signal<this, void>(this);
  private readonly _closed = new Signal<this, void>(this);
}
