/** The links to the kernels, for all other plugins. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILabShell } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { ClosedNotebooks } from './closed';
import { Links } from './links';
import { ILinks } from './tokens';

export const links: JupyterFrontEndPlugin<ILinks> = {
  id: 'nbtrain:links',
  description: 'Links to the kernels that have nbtrain loaded.',
  autoStart: true,
  // Notebook 7 has pages without notebooks, and a page of its own for each notebook.
  optional: [INotebookTracker, ILabShell],
  provides: ILinks,
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker | null, lab: ILabShell | null) =>
    new Links(tracker, lab && new ClosedNotebooks(app.serviceManager, app.restored))
};
