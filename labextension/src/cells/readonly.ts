/** Recognizes read-only cells. */

import type { Cell } from '@jupyterlab/cells';

/**
 * Whether the metadata of a cell makes it read-only. (`Cell.readOnly` of the widget is updated only
 * after the listeners of the metadata were called.)
 */
export const isReadOnly = (cell: Cell): boolean =>
  cell.model.sharedModel.getMetadata('editable') === false;
