/** The runs of a kernel, computed by folding its messages. */

import type { FromKernel, RunSummary } from './protocol';

export type Runs = ReadonlyMap<string, RunSummary>;

/** The protocol version of this page. */
export const VERSION = 1;

/** The runs after a message; the same object if the message does not change them. */
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

/** Whether `data` is a message; anything else that a kernel sends is ignored. */
export function isMessage(data: unknown): data is FromKernel {
  return (
    typeof data === 'object' && data !== null && 'type' in data && typeof data.type === 'string'
  );
}
