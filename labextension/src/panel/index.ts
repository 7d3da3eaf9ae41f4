/**
 * The live panel. The kernel sends the whole snapshot in a trait (rarely) and deltas in messages (often); both end
 * in a `Snapshot`, and the view shows it on the next animation frame. What needs no DOM is in `values.ts`.
 */

import '../../style/live.css';

import { hasEnded } from '../common/statuses.js';
import { say } from '../common/dom.js';
import type { Context } from '../common/widget.js';
import type { Heard } from './controls.js';
import { build } from './parts.js';
import { branchSteps, showExample, showHead, showMessages, showTable } from './show.js';
import type { Delta, Snapshot, Trait } from './values.js';
import { applyDelta, goneText, isTicking, readSnapshot, renew, withoutKernel } from './values.js';

interface Traits {
  snapshot: Trait;
  hint: string;
}

function showPanel({ model, el, signal }: Context<Traits, object>): () => void {
  let snapshot = readSnapshot(model.get('snapshot'));
  const send = (command: string, more: object): void => model.send({ run: snapshot.run, command, ...more });
  const parts = build(send, () => snapshot.run || 'run');
  const ending = new AbortController();
  let shown: Snapshot | null = null;
  let came = performance.now();
  let frame = 0;

  const paint = (): void => {
    frame = 0;
    const { head } = snapshot;
    showHead(parts, snapshot, (performance.now() - came) / 1000);
    parts.controls.show(head);
    parts.figure.show(snapshot);
    if (
      snapshot.rows !== shown?.rows ||
      head.best_row !== shown.head.best_row ||
      branchSteps(head) !== branchSteps(shown.head)
    ) {
      showTable(parts, snapshot);
    }
    if (snapshot.messages !== shown?.messages || head.error !== shown.head.error) {
      showMessages(parts, snapshot);
    }
    if (snapshot.example !== shown?.example) {
      showExample(parts, snapshot);
    }
    say(parts.hint, head.status === 'gone' ? goneText(snapshot) : hasEnded(head.status) ? '' : model.get('hint'));
    shown = snapshot;
  };
  const schedule = (): void => {
    frame ||= requestAnimationFrame(paint);
  };
  const take = (next: Snapshot): void => {
    snapshot = next;
    came = performance.now();
    schedule();
  };
  const onSnapshot = (): void => take(renew(snapshot, readSnapshot(model.get('snapshot'))));
  const onMessage = (message: Delta & { heard?: Heard }, buffers: DataView[]): void => {
    if (message.heard) {
      parts.controls.heard(message.heard);
    }
    if (message.head) {
      take(applyDelta(snapshot, message, buffers));
    }
  };
  const onGone = (): void => take(withoutKernel(snapshot)); // ipywidgets disconnects a model only once, permanently
  model.on('comm_live_update', onGone);
  model.on('change:snapshot', onSnapshot);
  model.on('change:hint', schedule);
  model.on('msg:custom', onMessage);
  const branch = ({ target }: MouseEvent): void => {
    const button = target instanceof Element ? target.closest<HTMLElement>('[data-branch]') : null;
    if (button) {
      parts.controls.sendCommand('branch', { step: Number(button.dataset['branch']) }, button);
    }
  };
  parts.table.addEventListener('click', branch, { signal: ending.signal });
  const clock = setInterval(() => isTicking(snapshot.head) && schedule(), 1000);

  const end = (): void => {
    ending.abort();
    cancelAnimationFrame(frame);
    clearInterval(clock);
    parts.controls.end();
    parts.figure.end();
    model.off('comm_live_update', onGone);
    model.off('change:snapshot', onSnapshot);
    model.off('change:hint', schedule);
    model.off('msg:custom', onMessage);
  };
  signal?.addEventListener('abort', end, { once: true });
  el.append(parts.root);
  model.send({ drawn: true });
  schedule();
  return end;
}

export default { render: showPanel };
