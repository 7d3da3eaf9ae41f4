/** Whether the kernel responds to changes of the form. */

import { make, say } from '../common/dom.js';
import type { Model } from '../common/widget.js';
import type { FormQuestion } from '../kernel/protocol.js';

const RESPONSE_TIMEOUT = 1000;
const BUSY = 'The kernel is busy; the change is applied when it is free.';
const GONE = 'The kernel was restarted: run this cell again.';

/** Elements that change something without an input or change event. */
const PRESSED: Record<string, string> = { click: 'button', pointerdown: '.widget-slider' };
const EVENTS = ['input', 'change', ...Object.keys(PRESSED)];

/**
 * Sends a question after each change, which the kernel echoes; it processes both in order. Shows a message if there is
 * no response in time, or if the kernel is lost.
 * @param frame shows the message, and stays in use without a kernel
 * @returns ends it
 */
export function followResponses(
  form: HTMLElement,
  frame: HTMLElement,
  model: Model<unknown, FormQuestion>
): () => void {
  const said = make('div', { class: 'nbf-heard', role: 'status' });
  frame.append(said);
  let asked = 0;
  let timer = 0;
  const ask = ({ type, target }: Event): void => {
    const pressed = PRESSED[type];
    if (!(target instanceof Element) || target.closest('.nbtrain-panel') || (pressed && !target.closest(pressed))) {
      return;
    }
    asked += 1;
    clearTimeout(timer);
    timer = window.setTimeout(() => say(said, BUSY), RESPONSE_TIMEOUT);
    setTimeout(() => model.send({ asked }), 0); // after the change itself
  };
  const onResponse = (response: FormQuestion): void => {
    if (response.asked === asked) {
      clearTimeout(timer);
      say(said, '');
    }
  };
  const end = (): void => {
    clearTimeout(timer);
    EVENTS.forEach(name => form.removeEventListener(name, ask));
    model.off('msg:custom', onResponse);
    model.off('comm_live_update', onKernelLost);
  };
  const onKernelLost = (): void => {
    end();
    say(said, GONE);
    form.classList.add('nbf-gone');
    for (const part of form.children) {
      (part as HTMLElement).inert = part !== frame;
    }
  };
  EVENTS.forEach(name => form.addEventListener(name, ask));
  model.on('msg:custom', onResponse);
  model.on('comm_live_update', onKernelLost); // ipywidgets disconnects a model from its kernel only once, permanently
  return end;
}
