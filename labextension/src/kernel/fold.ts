/** What a page knows of a kernel's runs, as a fold over its messages. */

import type { FromKernel, RunSummary } from './protocol';

export type Runs = ReadonlyMap<string, RunSummary>;

/** The version of the protocol that this page speaks. */
export const VERSION = 1;

/** The runs after a message; the same object where it says nothing of them. */
export function fold(runs: Runs, message: FromKernel): Runs {
  switch (message.type) {
    case 'hello':
      return new Map(message.runs.map(run => [run.run, run]));
    case 'run':
      return new Map(runs).set(message.run.run, message.run);
    default:
      return runs;
  }
}

/** Whether `data` is a message; whatever else a kernel may send is passed over. */
export function isMessage(data: unknown): data is FromKernel {
  return (
    typeof data === 'object' && data !== null && 'type' in data && typeof data.type === 'string'
  );
}
