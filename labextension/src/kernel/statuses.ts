/** What the statuses of kernels and runs mean. */

import type { Kernel } from '@jupyterlab/services';

import { ENDED } from '../chart/curves.js';
import type { RunSummary, Status } from './protocol';

const GONE: ReadonlySet<Kernel.Status> = new Set([
  'restarting',
  'autorestarting',
  'terminating',
  'dead'
]);

/** Whether the comms and widgets of a kernel are gone with this status. */
export const isGone = (status: Kernel.Status): boolean => GONE.has(status);

/** The status of a run; "lost" where its kernel went while it trained. */
export type State = Status | 'lost';

export const hasEnded = (state: State): boolean => state === 'lost' || ENDED.includes(state);

/** Whether a run needs its kernel now: it is getting ready, trains, or is paused. */
export const isOn = (run: RunSummary): boolean => !hasEnded(run.head.status);
