/** Inserts the cells that a form in the kernel writes. */

import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { forEachLink } from '../kernel/each';
import type { FromKernel } from '../kernel/protocol';
import type { ILink, ILinks } from '../kernel/tokens';
import { insert } from './notebook';

/** A cell that was written, and its text at that time. */
interface Written {
  id: string;
  text: string;
}

export function writeCells(links: ILinks, tracker: INotebookTracker): void {
  const written = new Map<string, Written>();
  forEachLink(links, link =>
    link.received.connect((_: ILink, message: FromKernel) => {
      if (message.type === 'write') {
        const panels = links.notebooksOf(link);
        write(panels, tracker.currentWidget, message.text, message.below, written);
      }
    })
  );
}

/**
 * Insert below the cell with ID `below`, or else below the active cell of the current notebook. A
 * cell that was inserted below the same cell before is updated, unless it was edited.
 */
function write(
  panels: NotebookPanel[],
  current: NotebookPanel | null,
  text: string,
  below: string,
  written: Map<string, Written>
): void {
  for (const panel of panels) {
    const index = indexOf(panel, below);
    if (index >= 0) {
      const cell = rewrite(panel, written.get(below), text) ?? insert(panel, text, index);
      if (cell) {
        written.set(below, { id: cell.model.id, text });
      }
      return;
    }
  }
  const panel = panels.find(one => one === current) ?? panels[0];
  if (panel) {
    insert(panel, text);
  }
}

/** Update an inserted cell and select it; null if it was edited or removed. */
function rewrite(panel: NotebookPanel, earlier: Written | undefined, text: string): Cell | null {
  const { content } = panel;
  const index = earlier ? indexOf(panel, earlier.id) : -1;
  const cell = content.widgets[index];
  if (!cell || content.model?.readOnly || cell.model.sharedModel.getSource() !== earlier?.text) {
    return null;
  }
  cell.model.sharedModel.setSource(text);
  content.deselectAll();
  content.activeCellIndex = index;
  void content.scrollToCell(cell, 'smart');
  return cell;
}

function indexOf(panel: NotebookPanel, id: string): number {
  return panel.content.widgets.findIndex(cell => cell.model.id === id);
}
