/** Which cells nobody may edit. */

import type { Cell } from '@jupyterlab/cells';

/**
 * As the cell says in its metadata. (What the widget has for it, `Cell.readOnly`, is brought up to
 * date only after those who listen to the metadata.)
 */
export const isReadOnly = (cell: Cell): boolean =>
  cell.model.sharedModel.getMetadata('editable') === false;
