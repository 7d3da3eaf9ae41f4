/** Shows the records of runs in saved notebooks, without a kernel. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

import { MIME_TYPE } from './parse.js';
import { RecordRenderer } from './renderer.js';

/** Preferred over the HTML of the same output (50), but not over live widgets (0). */
const RANK = 40;

const extension: IRenderMime.IExtension = {
  id: 'nbtrain:record',
  description: 'Shows the record of a fine-tuning run, with an interactive chart.',
  rendererFactory: {
    safe: true, // no data is inserted as HTML
    mimeTypes: [MIME_TYPE],
    createRenderer: options => new RecordRenderer(options)
  },
  rank: RANK,
  dataType: 'json'
};

export default extension;
