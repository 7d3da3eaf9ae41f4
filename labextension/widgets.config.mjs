/**
 * Bundles the widgets, live panel and form: an ES module each, and a style sheet where it has one, which the kernel sends
 * to the page.
 */

import { fileURLToPath } from 'node:url';

import { rspack } from '@rspack/core';

const FOLDER = fileURLToPath(new URL('../nbtrain/notebook/bundle', import.meta.url));

/** The oldest browsers with all that the style sheet uses, such as container queries. */
const BROWSERS = ['chrome 111', 'firefox 113', 'safari 16.4'];

const compiler = rspack({
  context: fileURLToPath(new URL('.', import.meta.url)),
  mode: 'production',
  target: 'es2022',
  entry: { panel: './lib/panel/index.js', form: './lib/form/frame.js', write: './lib/form/write.js' },
  module: { rules: [{ test: /\.css$/, type: 'css' }] },
  optimization: {
    minimizer: [
      new rspack.SwcJsMinimizerRspackPlugin(),
      new rspack.LightningCssMinimizerRspackPlugin({ minimizerOptions: { targets: BROWSERS } })
    ]
  },
  output: {
    ...{ path: FOLDER, clean: true, module: true, library: { type: 'module' } },
    ...{ filename: '[name].js', cssFilename: '[name].css' }
  }
});

compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString({ colors: false, preset: 'errors-only' }));
    process.exitCode = 1;
  }
  compiler.close(() => undefined);
});
