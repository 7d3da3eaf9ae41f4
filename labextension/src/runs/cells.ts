/** Finds the cell of a run, and scrolls to it. */

import { CodeCell } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';

import type { Entry } from './model';

interface CellPosition {
  panel: NotebookPanel;
  index: number;
}

function find(tracker: INotebookTracker, { run, notebook }: Entry): CellPosition | null {
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

/** Height of the visible output from which on the run counts as seen. */
const MIN_VISIBLE_PIXELS = 60;

/** Whether the user sees the output of a run: it is in view, and the page has the focus. */
export function isSeen(tracker: INotebookTracker, entry: Entry): boolean {
  const place = find(tracker, entry);
  if (!place || !place.panel.isVisible || !document.hasFocus()) {
    return false;
  }
  const { content } = place.panel;
  const cell = content.widgets[place.index];
  if (!(cell instanceof CodeCell)) {
    return false;
  }
  const shown = cell.outputArea.node.getBoundingClientRect(); // zero height if it is not rendered
  const view = content.node.getBoundingClientRect();
  const inView = Math.min(shown.bottom, view.bottom) - Math.max(shown.top, view.top);
  return inView >= Math.min(MIN_VISIBLE_PIXELS, Math.max(1, shown.height));
}

const isClosed = ({ notebook, path }: Entry): boolean => !notebook && path !== '';

export const canGoTo = (tracker: INotebookTracker, entry: Entry): boolean =>
  isClosed(entry) || find(tracker, entry) !== null;

/**
 * Scroll to the cell of a run and select it.
 *
 * @param open Opens the notebook with a path, if it is not open.
 */
export async function goTo(
  activate: (id: string) => void,
  open: (path: string) => Promise<unknown>,
  tracker: INotebookTracker,
  entry: Entry
): Promise<void> {
  if (isClosed(entry)) {
    const opened = await open(entry.path);
    if (!(opened instanceof NotebookPanel)) {
      return;
    }
    await opened.revealed;
  }
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
