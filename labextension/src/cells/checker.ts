/** Finds the problems of a cell: asks its kernel, or else checks in the browser. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Problem } from '../kernel/protocol';
import type { Notebooks } from './notebooks';
import type { CellSchema } from './schema';
import type { Schemas } from './schemas';

const TIMEOUT = 500;

export class Checker {
  constructor(
    private readonly _notebooks: Notebooks,
    private readonly _schemas: Schemas
  ) {}

  /** Emitted when the results may have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  refresh(): void {
    this._changed.emit();
  }

  schemaOf(model: CodeEditor.IModel): CellSchema | null {
    return this._schemas.of(this._notebooks.linkOf(model));
  }

  async problems(model: CodeEditor.IModel, text: string): Promise<Problem[]> {
    const link = this._notebooks.linkOf(model);
    try {
      if (link !== null) {
        return (await link.request({ type: 'check', text }, 'problems', TIMEOUT)).problems;
      }
    } catch {
      // The kernel is too busy to respond: the check in the browser is nearly as good.
    }
    const { check } = await import('./check');
    return check(text, this._schemas.of(link));
  }

  private readonly _changed = new Signal<this, void>(this);
}
