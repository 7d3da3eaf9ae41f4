/** The links to the kernels, for all other plugins. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { Links } from './links';
import { ILinks } from './tokens';

export const links: JupyterFrontEndPlugin<ILinks> = {
  id: 'nbtrain:links',
  description: 'Links to the kernels that have nbtrain loaded.',
  autoStart: true,
  optional: [INotebookTracker], // Notebook 7 has pages without notebooks
  provides: ILinks,
  activate: (_, tracker: INotebookTracker | null) => new Links(tracker)
};
