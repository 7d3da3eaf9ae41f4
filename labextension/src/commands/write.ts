/** Cells that the kernel asks for: a form writes its configuration down. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import type { FromKernel } from '../kernel/protocol';
import type { ILink, ILinks } from '../kernel/tokens';
import { insert } from './notebook';

export function writeCells(links: ILinks, tracker: INotebookTracker): void {
  const known = new WeakSet<ILink>();
  const refresh = (): void => {
    for (const link of links.all) {
      if (!known.has(link)) {
        known.add(link);
        link.received.connect((_: ILink, message: FromKernel) => {
          if (message.type === 'write') {
            write(links.notebooksOf(link), tracker.currentWidget, message.text, message.below);
          }
        });
      }
    }
  };
  links.changed.connect(refresh);
  refresh();
}

/**
 * Below the cell with id `below`; below the active one of the notebook at hand if there is none.
 */
function write(
  panels: NotebookPanel[],
  current: NotebookPanel | null,
  text: string,
  below: string
): void {
  for (const panel of panels) {
    const index = panel.content.widgets.findIndex(cell => cell.model.id === below);
    if (index >= 0) {
      insert(panel, text, index);
      return;
    }
  }
  const panel = panels.find(one => one === current) ?? panels[0];
  if (panel) {
    insert(panel, text);
  }
}
