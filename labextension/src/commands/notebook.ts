/** Inserts and runs cells. */

import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';

import { LOAD, loads } from '../common/template';
import type { ILinks } from '../kernel/tokens';

/**
 * Insert a code cell with `text` below the active cell, or below the one at `index`, and select it.
 */
export function insert(panel: NotebookPanel, text: string, index?: number): Cell | null {
  const { content } = panel;
  if (!content.model || content.model.readOnly) {
    return null;
  }
  if (index !== undefined) {
    content.activeCellIndex = index;
  }
  content.deselectAll();
  NotebookActions.insertBelow(content);
  if (content.activeCell?.model.type !== 'code') {
    NotebookActions.changeCellType(content, 'code');
  }
  const cell = content.activeCell;
  cell?.model.sharedModel.setSource(text);
  if (cell) {
    void content.scrollToCell(cell, 'smart');
  }
  return cell;
}

/** Run `cells`, one after the other. */
export async function run(
  panel: NotebookPanel,
  cells: Cell[],
  translator: ITranslator
): Promise<boolean> {
  const { content, sessionContext } = panel;
  return NotebookActions.runCells(content, cells, sessionContext, undefined, translator);
}

/**
 * The cell that loads nbtrain, to be run first; null if nbtrain is loaded. If the notebook has no
 * such cell, one is inserted below the active cell.
 */
export function loadingCell(panel: NotebookPanel, links: ILinks): Cell | null {
  if (links.linkTo(panel.sessionContext)) {
    return null;
  }
  const cell = panel.content.widgets.find(
    one => one.model.type === 'code' && loads(one.model.sharedModel.getSource())
  );
  return cell ?? insert(panel, LOAD);
}
