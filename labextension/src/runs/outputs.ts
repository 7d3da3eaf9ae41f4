/**
 * Updates outputs after a page reload: the kernel updates them by a display ID, which the new page
 * does not know. The new content comes from the kernel only.
 */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { JSONObject } from '@lumino/coreutils';

import { forEachLink } from '../kernel/each';
import type { RunSummary } from '../kernel/protocol';
import { isActive } from '../common/statuses';
import type { ILink, ILinks } from '../kernel/tokens';
import type { Stale, Verdict } from './stale';
import { NOTHING, saysEnded, staleOutputs } from './stale';

/** Milliseconds within which the kernel itself updates a page that was not reloaded. */
const UPDATE_DELAY = 1500;
/** Milliseconds. The kernel creates the record, which takes longer while it trains again. */
const TIMEOUT = 600_000;

export function renewOutputs(links: ILinks): void {
  forEachLink(links, link => watch(links, link));
}

function watch(links: ILinks, link: ILink): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const asked = new Set<string>();
  const renewAll = (): void => {
    for (const panel of links.notebooksOf(link)) {
      void panel.context.ready.then(() => renew(panel, link, asked));
    }
  };
  link.runsChanged.connect((_: ILink, run: RunSummary | null) => {
    if (run === null || !isActive(run)) {
      clearTimeout(timer);
      timer = setTimeout(renewAll, UPDATE_DELAY);
    }
  });
  link.disposed.connect(() => clearTimeout(timer));
}

/** @param asked The runs whose record was requested: it is pending, or there is none. */
async function renew(panel: NotebookPanel, link: ILink, asked: Set<string>): Promise<void> {
  const runs = new Set(stale(panel, link).map(one => one.output.run));
  for (const run of runs) {
    if (asked.has(run)) {
      continue;
    }
    asked.add(run);
    try {
      const { bundle } = await link.request({ type: 'record', run }, 'record', TIMEOUT);
      if (verdictOf(link, run) === 'over' || saysEnded(bundle)) {
        stale(panel, link)
          .filter(one => one.output.run === run)
          .forEach(({ cell, output }) => replace(cell, output, bundle));
        asked.delete(run);
      }
    } catch {
      asked.delete(run); // the kernel stopped, or does not know: the outputs stay as they are
    }
  }
}

function verdictOf(link: ILink, id: string): Verdict {
  const run = link.runs.get(id);
  return run === undefined ? null : isActive(run) ? 'on' : 'over';
}

function stale(panel: NotebookPanel, link: ILink): { cell: ICodeCellModel; output: Stale }[] {
  if (panel.isDisposed || link.isDisposed || !panel.model) {
    return [];
  }
  const cells = [...panel.model.cells].filter(
    (cell): cell is ICodeCellModel => cell.type === 'code'
  );
  return cells.flatMap(cell =>
    staleOutputs(cell.outputs.toJSON(), run => verdictOf(link, run)).map(output => ({
      cell,
      output
    }))
  );
}

function replace(
  cell: ICodeCellModel,
  { run, index, becomes, isPanel }: Stale,
  bundle: JSONObject | null
): void {
  if (!bundle && !isPanel) {
    return; // no files of the run are left: the notebook has the only record
  }
  const part = becomes === 'record' && bundle ? 'record' : 'panel';
  cell.outputs.set(index, {
    output_type: 'display_data',
    data: part === 'record' ? bundle : NOTHING,
    metadata: { nbtrain: { run, part } }
  });
}
