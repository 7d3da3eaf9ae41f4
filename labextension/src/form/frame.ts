/** The frame of the form: an invisible widget that adds to the others what ipywidgets lack. */

import '../../style/form.css';

import type { Context } from '../common/widget.js';
import type { FormQuestion } from '../kernel/protocol.js';
import { describeAll } from './aria.js';
import { keepFocus } from './focus.js';
import { followResponses } from './responses.js';

const CHANGES = { subtree: true, childList: true, attributeFilter: ['class', 'aria-valuenow'] };
const CHANGE_DELAY = 30;
const ATTEMPT_DELAY = 50;
const MAX_ATTEMPTS = 100;

function showFrame({ el, model }: Context<unknown, FormQuestion>): () => void {
  el.classList.add('nbf-frame');
  let timer = 0;
  let attempts = 0;
  let end = (): void => undefined;

  const follow = (form: HTMLElement): void => {
    const focus = keepFocus(form);
    const update = (): void => {
      timer = 0;
      describeAll(form);
      focus.changed();
    };
    const observer = new MutationObserver(() => {
      timer ||= window.setTimeout(update, CHANGE_DELAY);
    });
    update();
    const endResponses = followResponses(form, el, model);
    observer.observe(form, CHANGES);
    end = () => {
      observer.disconnect();
      endResponses();
      focus.end();
    };
  };
  const begin = (): void => {
    const form = el.closest<HTMLElement>('.nbf-form');
    if (form) {
      follow(form);
    } else if ((attempts += 1) < MAX_ATTEMPTS) {
      timer = window.setTimeout(begin, ATTEMPT_DELAY); // not attached to the page yet
    }
  };
  begin();
  return () => {
    clearTimeout(timer);
    end();
  };
}

export default { render: showFrame };
