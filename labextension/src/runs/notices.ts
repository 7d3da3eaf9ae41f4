/** When a run has news that somebody who looks elsewhere wants to know. */

import { formatDuration } from '../chart/format.js';
import type { RunSummary } from '../kernel/protocol';
import type { State } from '../kernel/statuses.js';
import { hasEnded } from '../kernel/statuses.js';
import type { Translation } from './words.js';
import { nameOf, resultOf } from './words.js';

export interface Notice {
  kind: 'success' | 'warning' | 'error';
  text: string;
}

/**
 * What to tell of the way from `before` to `after`; null where nothing is to be told.
 *
 * @param before The state in which this page saw the run last; null where it had not seen it yet.
 *   Then it is no news.
 * @param after The run now.
 * @param state Its state now.
 * @param name What to call it.
 * @param stopped Whether the user has just stopped it here.
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
    case 'stopped': // by the user, elsewhere; or by itself, where nobody could be asked
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
 * What a run is called where its notebook is not in sight.
 *
 * @param notebook The title of its notebook; "" if it has none.
 */
export function placedName(run: RunSummary, notebook: string, trans: Translation): string {
  if (!notebook) {
    return nameOf(run, trans);
  }
  return run.name ? `${run.name} (${notebook})` : trans.__('The run in %1', notebook);
}

const joined = (first: string, second: string): string => [first, second].filter(Boolean).join(' ');
