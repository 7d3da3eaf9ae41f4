/**
 * Marks forms and live panels whose kernel was restarted or died, and disables them. Their content stays until the cell
 * is run again.
 */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isGone } from '../common/statuses';

const WIDGETS = '.nbtrain-panel, .nbf-form';

export function markGone(tracker: INotebookTracker, trans: TranslationBundle): void {
  const watch = (panel: NotebookPanel): void => {
    const { sessionContext } = panel;
    const mark = (): void => markIn(panel, trans);
    sessionContext.statusChanged.connect((_, status) => isGone(status) && mark());
    sessionContext.kernelChanged.connect((_, { oldValue, newValue }) => {
      if (oldValue && oldValue.id !== newValue?.id) {
        mark();
      }
    });
  };
  tracker.forEach(watch);
  tracker.widgetAdded.connect((_, panel) => watch(panel));
}

function markIn(panel: NotebookPanel, trans: TranslationBundle): void {
  const text = trans.__('The kernel was restarted or has died: run this cell again.');
  for (const cell of panel.content.widgets) {
    cell.node.querySelectorAll<HTMLElement>(WIDGETS).forEach(node => {
      node.inert = true;
      node.dataset['jpNbtrainGone'] = text;
    });
  }
}
