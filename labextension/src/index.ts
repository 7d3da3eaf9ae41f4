/** The plugins of the extension. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { cells } from './cells';
import { commands } from './commands';
import { links } from './kernel';
import { runs } from './runs';

const plugins: JupyterFrontEndPlugin<unknown>[] = [links, runs, cells, commands];

export default plugins;
