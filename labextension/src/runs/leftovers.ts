/**
 * Replaces forms and live panels that have lost their kernel: instead of an error, the page shows
 * the fallback content of the output. Only the page is changed, never the notebook, and no output
 * whose widget is there.
 */

import type { Cell } from '@jupyterlab/cells';
import { CodeCell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';

import { isLeftover, fallbackOf } from './stale';

/** What ipywidgets shows for a widget that the kernel does not have. */
const ERROR = 'Error displaying widget';
/** What it shows first, and as long as there is no kernel. */
const LOADING = 'Loading widget';
/** Milliseconds after which a notebook is assumed to stay without a kernel. */
const NO_KERNEL_DELAY = 1500;
const OUTPUT = 'jp-OutputArea-output';

export function replaceLeftovers(tracker: INotebookTracker): void {
  tracker.forEach(watch);
  tracker.widgetAdded.connect((_, panel) => watch(panel));
}

function watch(panel: NotebookPanel): void {
  const check = (node: HTMLElement, isLate = false): void => {
    const text = node.textContent ?? '';
    const isLoading = text.startsWith(LOADING);
    if (text.startsWith(ERROR) || (isLate && isLoading && !panel.sessionContext.session?.kernel)) {
      replace(panel, node);
    } else if (isLoading && !isLate) {
      setTimeout(() => panel.isDisposed || check(node, true), NO_KERNEL_DELAY);
    }
  };
  const observer = new MutationObserver(changes => {
    new Set(changes.flatMap(outputsIn)).forEach(node => check(node));
  });
  observer.observe(panel.content.node, { childList: true, subtree: true });
  panel.disposed.connect(() => observer.disconnect());
}

/** The outputs that a mutation concerns: one with new content, and those that were added. */
function outputsIn({ target, addedNodes }: MutationRecord): HTMLElement[] {
  const elements = [...addedNodes].filter(node => node instanceof HTMLElement);
  const came = elements.flatMap(node => [...node.querySelectorAll<HTMLElement>(`.${OUTPUT}`)]);
  return [target, ...elements]
    .filter(node => node instanceof HTMLElement)
    .filter(node => node.classList.contains(OUTPUT))
    .concat(came);
}

function replace(panel: NotebookPanel, node: HTMLElement): void {
  const output = outputOf(panel.content.widgets, node);
  if (!output || !isLeftover(output.toJSON())) {
    return;
  }
  const { rendermime } = panel.content;
  const data = fallbackOf(output.toJSON());
  const { trusted } = output;
  const type = rendermime.preferredMimeType(data, trusted ? 'any' : 'ensure');
  node.textContent = '';
  if (type === undefined) {
    return;
  }
  const renderer = rendermime.createRenderer(type);
  void renderer.renderModel(new MimeModel({ data, trusted }));
  // The node belongs to the view of the widget, which is disposed with the cell.
  Widget.attach(renderer, node);
}

/** The output that a node belongs to. */
function outputOf(cells: readonly Cell[], node: HTMLElement): IOutputModel | null {
  const cell = cells.find(one => one.node.contains(node));
  if (!(cell instanceof CodeCell)) {
    return null;
  }
  const index = cell.outputArea.widgets.findIndex(shown => shown.node.contains(node));
  return index < 0 || index >= cell.model.outputs.length ? null : cell.model.outputs.get(index);
}
