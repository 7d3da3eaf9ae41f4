import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exportOf, loads } from './template.js';

test('which cells load the extension', () => {
  assert.ok(loads('%load_ext nbtrain'));
  assert.ok(loads('import pandas as pd\n  %reload_ext nbtrain  \n'));
  assert.ok(!loads('# %load_ext nbtrain'));
  assert.ok(!loads('%load_ext nbtrain_other'));
});

test('a run is exported to a file with its name', () => {
  assert.equal(exportOf('best'), 'best.export("best.py")');
});
