/** Finding the cell of a run, and going there. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import type { Entry } from './model';

interface Place {
  panel: NotebookPanel;
  index: number;
}

function find(tracker: INotebookTracker, { run, notebook }: Entry): Place | null {
  if (!run.cell) {
    return null;
  }
  const panels: NotebookPanel[] = notebook && !notebook.isDisposed ? [notebook] : [];
  tracker.forEach(panel => panels.push(panel));
  for (const panel of panels) {
    const index = panel.content.widgets.findIndex(cell => cell.model.id === run.cell);
    if (index >= 0) {
      return { panel, index };
    }
  }
  return null;
}

export const canGoTo = (tracker: INotebookTracker, entry: Entry): boolean =>
  find(tracker, entry) !== null;

/** Bring the cell of a run into view and select it. */
export async function goTo(
  activate: (id: string) => void,
  tracker: INotebookTracker,
  entry: Entry
): Promise<void> {
  const place = find(tracker, entry);
  if (!place) {
    return;
  }
  const { panel, index } = place;
  const { content } = panel;
  activate(panel.id);
  content.deselectAll();
  content.activeCellIndex = index;
  const cell = content.widgets[index];
  if (cell) {
    await content.scrollToCell(cell, 'start');
  }
  content.mode = 'command';
  content.activate();
}
