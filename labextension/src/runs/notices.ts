/** Decides which changes of a run cause a notification. */

import { formatDuration } from '../common/format.js';
import type { RunSummary } from '../kernel/protocol';
import type { State } from '../common/statuses.js';
import { hasEnded } from '../common/statuses.js';
import type { Translation } from './words.js';
import { nameOf, resultOf } from './words.js';

export interface Notice {
  kind: 'success' | 'warning' | 'error';
  text: string;
}

/**
 * The notification for the change from `before` to `after`; null if there is none.
 *
 * @param before The run as this page saw it last; null if it is new to this page. Then there is
 *   no notification.
 * @param after The run now.
 * @param state Its state now.
 * @param name The name to use.
 * @param stopped Whether the user has just stopped it on this page.
 */
export function noticeOf(
  before: RunSummary | null,
  after: RunSummary,
  state: State,
  name: string,
  stopped: boolean,
  trans: Translation
): Notice | null {
  if (before === null || hasEnded(before.head.status) || stopped) {
    return null;
  }
  const { head } = after;
  const time = formatDuration(head.time);
  switch (state) {
    case 'finished': {
      const result = resultOf(after);
      const text = trans.__('%1 finished in %2', name, time);
      return { kind: 'success', text: result ? `${text}: ${result}.` : `${text}.` };
    }
    case 'failed':
      return { kind: 'error', text: joined(trans.__('%1 failed.', name), head.error) };
    case 'paused':
      return head.reason && head.reason !== before.head.reason
        ? { kind: 'warning', text: joined(trans.__('%1 is paused.', name), head.reason) }
        : null;
    case 'stopped': // by the user elsewhere, or by the guard if the run could not pause
      return typeof head.loss === 'string' && before.head.status !== 'paused'
        ? { kind: 'warning', text: trans.__('%1 stopped: its loss is %2.', name, head.loss) }
        : null;
    case 'lost':
      return {
        kind: 'error',
        text: trans.__(
          '%1 lost its kernel. In a new kernel, %2 continues from its last checkpoint, if there is one.',
          name,
          `%finetune --resume ${after.run}`
        )
      };
    default:
      return null;
  }
}

/**
 * The name of a run where its notebook is not visible.
 *
 * @param notebook The title of its notebook, or "".
 */
export function placedName(run: RunSummary, notebook: string): string {
  return notebook ? `${nameOf(run)} (${notebook})` : nameOf(run);
}

const joined = (first: string, second: string): string => [first, second].filter(Boolean).join(' ');
