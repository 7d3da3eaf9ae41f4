/** Finds the problems of a cell: asks its kernel, or else checks in the browser. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Problem } from '../kernel/protocol';
import type { Notebooks } from './notebooks';
import type { CellSchema } from './schema';
import type { Schemas } from './schemas';

const TIMEOUT = 500;
/** How long the answer of a busy kernel is waited for, to show it when it comes. */
const LATE = 600_000;

export class Checker {
  constructor(
    private readonly _notebooks: Notebooks,
    private readonly _schemas: Schemas
  ) {}

  /** Emitted when the results may have changed: those of one cell, or of all (null). */
  get changed(): ISignal<this, CodeEditor.IModel | null> {
    return this._changed;
  }

  refresh(): void {
    this._changed.emit(null);
  }

  schemaOf(model: CodeEditor.IModel): CellSchema | null {
    return this._schemas.of(this._notebooks.linkOf(model));
  }

  async problems(model: CodeEditor.IModel, text: string): Promise<Problem[]> {
    const link = this._notebooks.linkOf(model);
    const came = this._late.get(model);
    this._late.delete(model);
    if (came?.text === text) {
      return came.problems;
    }
    if (link !== null) {
      const asked = link.request({ type: 'check', text }, 'problems', LATE);
      const late = new Promise<null>(resolve => setTimeout(resolve, TIMEOUT, null));
      const answer = await Promise.race([asked.catch(() => null), late]);
      if (answer !== null) {
        return answer.problems;
      }
      // The kernel is busy. Until it answers, the browser checks what it can.
      asked.then(
        ({ problems }) => {
          if (model.sharedModel.getSource() === text) {
            this._late.set(model, { text, problems });
            this._changed.emit(model);
          }
        },
        () => undefined
      );
    }
    const { check } = await import('./check');
    return check(text, this._schemas.of(link));
  }

  private readonly _changed = new Signal<this, CodeEditor.IModel | null>(this);
  /** Answers that came late, until they are shown. */
  private readonly _late = new WeakMap<CodeEditor.IModel, { text: string; problems: Problem[] }>();
}
