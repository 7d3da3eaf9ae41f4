/** Finds the problems of a cell: asks its kernel, or else checks in the browser. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Problem } from '../kernel/protocol';
import type { Notebooks } from './notebooks';
import type { CellSchema } from './schema';
import type { Schemas } from './schemas';

const TIMEOUT = 500;
/** How long the answer of a busy kernel is waited for, to check again when it comes. */
const LATE = 600_000;

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
    if (link !== null) {
      const asked = link.request({ type: 'check', text }, 'problems', LATE);
      const late = new Promise<null>(resolve => setTimeout(resolve, TIMEOUT, null));
      const answer = await Promise.race([asked.catch(() => null), late]);
      if (answer !== null) {
        return answer.problems;
      }
      // The kernel is busy. Until it answers, the browser checks what it can.
      asked.then(
        () => this._changed.emit(),
        () => undefined
      );
    }
    const { check } = await import('./check');
    return check(text, this._schemas.of(link));
  }

  private readonly _changed = new Signal<this, void>(this);
}
