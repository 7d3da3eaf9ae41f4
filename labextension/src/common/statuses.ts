/** The meaning of the statuses of kernels and runs. */

import type { Kernel } from '@jupyterlab/services';

import type { RunSummary, Status } from '../kernel/protocol';

const GONE: ReadonlySet<Kernel.Status> = new Set(['restarting', 'autorestarting', 'terminating', 'dead']);
const ENDED: ReadonlySet<string> = new Set(['finished', 'stopped', 'interrupted', 'failed', 'lost'] satisfies State[]);

/** Whether a kernel with this status has lost its comms and widgets. */
export const isGone = (status: Kernel.Status): boolean => GONE.has(status);

/** The status of a run; "lost" if its kernel went away while it trained. */
export type State = Status | 'lost';

/** What the colours of panel and record mean; as in `nbtrain/views/record.py`. */
export const COLORS = 'green: finished; blue: running; orange: paused, stopped or interrupted; red: failed';

export const hasEnded = (state: string): boolean => ENDED.has(state);

/** Whether a run needs its kernel: it is being prepared, trains, or is paused. */
export const isActive = (run: RunSummary): boolean => !hasEnded(run.head.status);
