/** Finds the notebook of a cell, and the link to its kernel. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import type { ILink, ILinks } from '../kernel/tokens';

export class Notebooks {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _links: ILinks | null
  ) {}

  /** The notebook with the cell that has this model; null, for example, in consoles. */
  panelOf(model: CodeEditor.IModel): NotebookPanel | null {
    const has = (panel: NotebookPanel): boolean =>
      panel.content.widgets.some(cell => cell.model === model);
    return this._tracker.find(has) ?? null;
  }

  linkOf(model: CodeEditor.IModel): ILink | null {
    const panel = this.panelOf(model);
    return (panel && this._links?.linkTo(panel.sessionContext)) ?? null;
  }
}
