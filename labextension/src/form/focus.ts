/** Keys and focus stay in the form; the panel of a run that was started in it is scrolled into view. */

import { OWN_KEYS } from '../common/dom.js';

/** So long a new panel, which grows at first, is kept in view, unless there is one of these inputs. */
const FOLLOW_TIME = 20_000;
const INPUTS = ['wheel', 'touchstart', 'pointerdown', 'keydown'];

export interface Focus {
  /** After elements were added or removed. */
  changed: () => void;
  end: () => void;
}

export function keepFocus(form: HTMLElement): Focus {
  let focused: HTMLElement | null = null;
  let isStarting = false;
  // A letter typed on a drop-down selects an option; the notebook would handle it as a command ("x" cuts the cell).
  // Shortcuts such as Ctrl+S stay with the notebook. Its listener comes first, so this one is on the window.
  const onKey = ({ target, key, ctrlKey, metaKey, altKey }: KeyboardEvent): void => {
    if (target instanceof Element && form.contains(target)) {
      Object.keys(OWN_KEYS).forEach(name => target.toggleAttribute(name, !ctrlKey && !metaKey && !altKey));
      // It hides the help of a field, which may cover another one, until the focus moves to another field.
      if (key === 'Escape') {
        form.classList.add('nbf-no-help');
      }
    }
  };
  const onFocus = ({ target }: FocusEvent): void => {
    if (target !== focused) {
      form.classList.remove('nbf-no-help');
    }
    focused = target as HTMLElement;
  };
  const onClick = ({ target }: MouseEvent): void => {
    if (target instanceof Element && target.closest('.nbf-train:not(.nbf-off)')) {
      isStarting = true;
    }
  };
  const showPanel = (): void => {
    const panel = isStarting && form.querySelector('.nbf-runs .nbtrain-panel, .nbf-runs .nbf-problem');
    if (panel) {
      isStarting = false;
      keepInView(panel);
    }
  };
  form.addEventListener('focusin', onFocus);
  form.addEventListener('click', onClick);
  window.addEventListener('keydown', onKey, true);
  return {
    changed: () => {
      // The focused element was removed with the panel of a run: focus the Train button.
      if (focused && !focused.isConnected && document.activeElement === document.body) {
        form.querySelector<HTMLElement>('.nbf-train')?.focus({ preventScroll: true });
      }
      showPanel();
    },
    end: () => {
      form.removeEventListener('focusin', onFocus);
      form.removeEventListener('click', onClick);
      window.removeEventListener('keydown', onKey, true);
    }
  };
}

function keepInView(panel: Element): void {
  const growth = new ResizeObserver(() => panel.scrollIntoView({ block: 'nearest' }));
  const end = (): void => {
    growth.disconnect();
    INPUTS.forEach(name => window.removeEventListener(name, end, true));
  };
  growth.observe(panel);
  INPUTS.forEach(name => window.addEventListener(name, end, true));
  setTimeout(end, FOLLOW_TIME);
}
