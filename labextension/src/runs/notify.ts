/** Shows notifications for runs that have ended or need attention. */

import { Notification } from '@jupyterlab/apputils';

import type { Change, Entry, RunsModel } from './model';
import { placeOf } from './model';
import type { Notice } from './notices';
import { noticeOf, placedName } from './notices';
import type { Translation } from './words';

const SECONDS = 8;

/**
 * @param isEnabled Whether notifications are enabled; called each time.
 * @param isSeen Whether the user sees the output of a run anyway.
 * @param goTo Shows the cell of a run.
 */
export function notifyOf(
  model: RunsModel,
  isEnabled: () => boolean,
  isSeen: (entry: Entry) => boolean,
  canGoTo: (entry: Entry) => boolean,
  goTo: (entry: Entry) => void,
  trans: Translation
): void {
  const waiting = new Map<string, string>();
  const notify = (notice: Notice, entry: Entry): void => {
    const actions = canGoTo(entry)
      ? [{ label: trans.__('Show'), callback: () => goTo(entry) }]
      : [];
    const id = Notification.emit(notice.text, notice.kind, {
      autoClose: notice.kind === 'success' && SECONDS * 1000,
      actions
    });
    if (notice.kind === 'warning') {
      waiting.set(entry.run.run, id);
    }
  };
  const dismiss = (run: string): void => {
    const id = waiting.get(run);
    if (id !== undefined) {
      Notification.dismiss(id);
      waiting.delete(run);
    }
  };
  const onMove = (_: RunsModel, { before, entry }: Change): void => {
    const { run, state } = entry;
    if (before?.head.status !== run.head.status) {
      dismiss(run.run); // it continues or has ended
    }
    const name = placedName(run, placeOf(entry));
    const notice = noticeOf(before, run, state, name, model.stopped.has(run.run), trans);
    if (notice && isEnabled() && !(state !== 'lost' && isSeen(entry))) {
      notify(notice, entry);
    }
  };
  model.runChanged.connect(onMove);
  model.died.connect(onMove);
}
