/**
 * Shows what a cell prints after its page was reloaded: JupyterLab shows it only on the page that ran the cell, so the
 * kernel keeps it.
 */

import type { ICodeCellModel } from '@jupyterlab/cells';

import { isActive } from '../common/statuses';
import { forEachLink } from '../kernel/each';
import type { RunSummary, Text } from '../kernel/protocol';
import type { ILink, ILinks } from '../kernel/tokens';
import { missingTexts } from './printed';
import { runOf } from './stale';

/** Milliseconds. */
const TIMEOUT = 600_000;

export function showPrinted(links: ILinks): void {
  forEachLink(links, link => watch(links, link));
}

function watch(links: ILinks, link: ILink): void {
  /** Up to where the cell of a request has its text. */
  const ends = new Map<string, number>();
  const asked = new Set<string>();
  const update = async (run: RunSummary): Promise<void> => {
    const { request, page, printed } = run;
    const start = ends.get(request) ?? 0;
    if (!request || isOwn(links, link, page) || asked.has(request) || printed <= start) {
      return;
    }
    asked.add(request);
    try {
      const cell = await cellOf(links, link, run);
      if (cell) {
        const { texts, end } = await link.request({ type: 'printed', run: run.run, start }, 'printed', TIMEOUT);
        append(cell, ends.has(request) ? texts : missingTexts(cell.outputs.toJSON(), run.run, texts));
        ends.set(request, end);
      }
    } catch {
      return; // the kernel stopped
    } finally {
      asked.delete(request);
    }
    const newer = link.runs.get(run.run);
    if (newer && newer.printed > printed) {
      await update(newer);
    }
  };
  link.runsChanged.connect((_, run) => {
    for (const one of run ? [run] : link.runs.values()) {
      void update(one);
    }
  });
}

/** Whether this page ran a cell, so that it shows the output itself. */
function isOwn(links: ILinks, link: ILink, page: string): boolean {
  const kernels = links.notebooksOf(link).map(panel => panel.sessionContext.session?.kernel);
  return [link.kernel, ...kernels].some(kernel => kernel?.clientId === page);
}

/** The cell of a run, as long as it trains or its outputs are there. Who edits together shares the outputs. */
async function cellOf(links: ILinks, link: ILink, run: RunSummary): Promise<ICodeCellModel | null> {
  for (const panel of links.notebooksOf(link)) {
    await panel.context.ready;
    const cell = [...(panel.model?.cells ?? [])].find(one => one.id === run.cell);
    if (cell?.type === 'code' && !panel.context.model.collaborative) {
      const { outputs } = cell as ICodeCellModel;
      return isActive(run) || outputs.toJSON().some(output => runOf(output) === run.run)
        ? (cell as ICodeCellModel)
        : null;
    }
  }
  return null;
}

function append({ outputs }: ICodeCellModel, texts: readonly Text[]): void {
  for (const { name, text } of texts) {
    outputs.add({ output_type: 'stream', name: name === 'stderr' ? name : 'stdout', text });
  }
}
