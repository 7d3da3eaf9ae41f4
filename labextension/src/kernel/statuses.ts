/** The meaning of the statuses of kernels and runs. */

import type { Kernel } from '@jupyterlab/services';

import { ENDED } from '../chart/curves.js';
import type { RunSummary, Status } from './protocol';

const GONE: ReadonlySet<Kernel.Status> = new Set([
  'restarting',
  'autorestarting',
  'terminating',
  'dead'
]);

/** Whether a kernel with this status has lost its comms and widgets. */
export const isGone = (status: Kernel.Status): boolean => GONE.has(status);

/** The status of a run; "lost" if its kernel went away while it trained. */
export type State = Status | 'lost';

export const hasEnded = (state: State): boolean => state === 'lost' || ENDED.includes(state);

/** Whether a run needs its kernel: it is being prepared, trains, or is paused. */
export const isActive = (run: RunSummary): boolean => !hasEnded(run.head.status);
