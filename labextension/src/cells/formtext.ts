/** Synchronizes the text of a cell with its form. */

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
   * @param _form ID of the form.
   * @param _cell The text of the cell.
   * @param _synced The initial text of the form; later the last text that both had.
   * @param _link Returns the link to the kernel; it may be created after the form.
   */
  constructor(
    private readonly _form: string,
    private readonly _cell: ISharedText,
    private _synced: string,
    private readonly _link: () => ILink | null
  ) {
    _cell.changed.connect(this._onCellChanged, this);
    this.connect();
  }

  /** Emitted when the cell is no longer a fine-tune cell. */
  get closed(): ISignal<this, void> {
    return this._closed;
  }

  /** Emitted when the form asks to run the cell. */
  get ran(): ISignal<this, void> {
    return this._ran;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Listen to the current link. */
  connect(): void {
    const link = this._link();
    if (link !== this._connected) {
      this._connected?.received.disconnect(this._onMessage, this);
      this._connected = link;
      link?.received.connect(this._onMessage, this);
      this._onCellChanged();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._cell.changed.disconnect(this._onCellChanged, this);
    this._connected?.received.disconnect(this._onMessage, this);
    this._connected?.send({ type: 'form_close', form: this._form });
    Signal.clearData(this);
  }

  private _onMessage(_: ILink, message: FromKernel): void {
    if (message.type === 'form_text' && message.form === this._form) {
      this._applyFormText(message.text);
    } else if (message.type === 'form_run' && message.form === this._form) {
      this._ran.emit();
    }
  }

  /** Apply an edit of the form to the cell, as one undo step, and keep what was typed meanwhile. */
  private _applyFormText(text: string): void {
    const change = rebased(this._synced, text, this._cell.getSource());
    this._synced = text;
    if (change !== null) {
      this._endUndoStep();
      this._cell.updateSource(change.from, change.to, change.insert);
      this._endUndoStep();
    }
    this._onCellChanged();
  }

  /** Start a new undo step. */
  private _endUndoStep(): void {
    if (this._cell instanceof YCodeCell) {
      this._cell.undoManager?.stopCapturing();
    }
  }

  private _onCellChanged(): void {
    window.clearTimeout(this._timer);
    if (this._cell.getSource() !== this._synced) {
      this._timer = window.setTimeout(() => this._send(), DEBOUNCE);
    }
  }

  private _send(): void {
    const text = this._cell.getSource();
    if (!isFinetune(text)) {
      this._closed.emit();
    } else if (this._connected !== null && text !== this._synced) {
      this._synced = text;
      this._connected.send({ type: 'form_text', form: this._form, text });
    }
  }

  private _isDisposed = false;
  private _timer = 0;
  private _connected: ILink | null = null;
  private readonly _ran = new Signal<this, void>(this);
  private readonly _closed = new Signal<this, void>(this);
}
