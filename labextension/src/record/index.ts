/** Shows the records of runs in saved notebooks: no kernel is needed for it. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

import { MIME_TYPE } from './parse.js';
import { RecordRenderer } from './renderer.js';

/** Before the HTML of the same output, which has 50, and after what lives, which has 0. */
const RANK = 40;

const extension: IRenderMime.IExtension = {
  id: 'nbtrain:record',
  description: 'Shows the record of a fine-tuning run, with an interactive chart.',
  rendererFactory: {
    safe: true, // nothing of the data becomes HTML
    mimeTypes: [MIME_TYPE],
    createRenderer: options => new RecordRenderer(options)
  },
  rank: RANK,
  dataType: 'json'
};

export default extension;
