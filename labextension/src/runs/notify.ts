/** Tells of a run that has ended or needs somebody, wherever that person looks. */

import { Notification } from '@jupyterlab/apputils';

import type { Change, Entry, RunsModel } from './model';
import type { Notice } from './notices';
import { noticeOf } from './notices';
import type { Translation } from './words';

const SECONDS = 8;

/**
 * @param isOn Whether notifications are wanted; asked each time.
 * @param goTo Shows the cell of a run.
 */
export function notifyOf(
  model: RunsModel,
  isOn: () => boolean,
  canGoTo: (entry: Entry) => boolean,
  goTo: (entry: Entry) => void,
  trans: Translation
): void {
  const waiting = new Map<string, string>();
  const tell = (notice: Notice, entry: Entry): void => {
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
      dismiss(run.run); // it goes on, or has ended
    }
    const notice = noticeOf(before, run, state, nameOf(entry), model.stopped.has(run.run), trans);
    if (notice && isOn()) {
      tell(notice, entry);
    }
  };
  model.moved.connect(onMove);
  model.died.connect(onMove);
}

function nameOf({ run, notebook }: Entry): string {
  const name = run.name || run.run;
  return notebook ? `${name} (${notebook.title.label})` : name;
}
