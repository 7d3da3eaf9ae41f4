/** The icon of the extension: a falling loss curve. */

import { LabIcon } from '@jupyterlab/ui-components';

export const icon = new LabIcon({
  name: 'nbtrain:loss',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
    <g class="jp-icon3" fill="#616161">
      <path d="M3 3h2v16h16v2H3z"/>
      <path d="M7.2 4.5h2.1c.5 5.8 2 7.3 4.7 8.3 2.3.8 4.5 1 7 1.2v2.1c-2.9-.2-5.3-.5-7.7-1.3
        -3.7-1.3-5.6-4-6.1-10.3z"/>
    </g>
  </svg>`
});
