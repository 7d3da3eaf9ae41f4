// Adds what ipywidgets lack for accessibility: what each field is, which are invalid and why, names and values of
// sliders, whether the options are expanded, whether the kernel responds to changes. It also keeps keys and the focus in
// the form, and scrolls to the panel of a run that was started here.

const CHANGES = { subtree: true, childList: true, attributeFilter: ['class', 'aria-valuenow'] };
const OWN_KEYS = 'data-lm-suppress-shortcuts';
const MAX_ATTEMPTS = 100;
const RESPONSE_TIMEOUT = 1000;
// So long a new panel, which grows at first, is kept in view, unless there is one of these inputs.
const FOLLOW_TIME = 20000;
const INPUTS = ['wheel', 'touchstart', 'pointerdown', 'keydown'];
const BUSY = 'The kernel is busy; the change is applied when it is free.';
// Elements that change something without an input or change event.
const PRESSED = { click: 'button', pointerdown: '.widget-slider' };
const EVENTS = ['input', 'change', ...Object.keys(PRESSED)];
const GONE = 'The kernel was restarted: run this cell again.';

let count = 0;

function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function describe(field) {
  const problem = field.querySelector('.nbf-problem');
  const about = [problem, field.querySelector('.nbf-help')].filter(Boolean);
  for (const part of about) part.id ||= `nbf-about-${(count += 1)}`;
  for (const box of field.querySelectorAll('input, select, [role="slider"]')) {
    set(box, 'aria-invalid', problem ? 'true' : null);
    set(box, 'aria-describedby', about.map(part => part.id).join(' ') || null);
  }
}

function nameSlider(slider) {
  const handle = slider.querySelector('.noUi-handle');
  if (!handle) return;
  set(handle, 'aria-label', slider.querySelector('.widget-label').textContent);
  set(handle, 'aria-valuetext', slider.parentElement.querySelector('.widget-text input').value); // rounded
}

// Sends a request after each change; the kernel processes both in order. Shows a message if there is no response in
// time, or if the kernel is lost.
function listen(form, frame, model) {
  const said = document.createElement('div');
  said.className = 'nbf-heard';
  said.setAttribute('role', 'status');
  frame.append(said);
  let asked = 0;
  let timer = 0;
  const ask = ({ type, target }) => {
    if (target.closest('.nbtrain-panel') || (PRESSED[type] && !target.closest(PRESSED[type]))) return;
    asked += 1;
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = BUSY), RESPONSE_TIMEOUT);
    setTimeout(() => model.send({ asked }), 0); // after the change itself
  };
  const onAnswer = answer => {
    if (answer.asked !== asked) return;
    clearTimeout(timer);
    said.textContent = '';
  };
  const end = () => {
    clearTimeout(timer);
    for (const name of EVENTS) form.removeEventListener(name, ask);
    model.off('msg:custom', onAnswer);
    model.off('comm_live_update', onKernelLost);
  };
  const onKernelLost = () => {
    end();
    said.textContent = GONE;
    form.classList.add('nbf-gone');
    for (const part of form.children) part.inert = part !== frame;
  };
  for (const name of EVENTS) form.addEventListener(name, ask);
  model.on('msg:custom', onAnswer);
  model.on('comm_live_update', onKernelLost); // ipywidgets disconnects a model from its kernel only once, permanently
  return end;
}

export default {
  render({ el, model }) {
    el.classList.add('nbf-frame');
    let form = null;
    let focused = null;
    let endListening = () => {};
    let attempts = 0;
    let timer = 0;
    let isStarting = false;
    // A letter typed on a drop-down selects an option; the notebook would handle it as a command ("x" cuts the cell).
    // Shortcuts such as Ctrl+S stay with the notebook. Its listener comes first, so this one is on the window.
    const keepKeys = event => {
      if (form?.contains(event.target)) {
        event.target.toggleAttribute(OWN_KEYS, !event.ctrlKey && !event.metaKey && !event.altKey);
        // It hides the help of a field, which may cover another one, until the focus moves to another field.
        if (event.key === 'Escape') form.classList.add('nbf-no-help');
      }
    };
    const keepFocus = event => {
      if (event.target !== focused) form.classList.remove('nbf-no-help');
      focused = event.target;
    };
    const start = event => {
      if (event.target.closest('.nbf-train:not(.nbf-off)')) isStarting = true;
    };
    const showPanel = () => {
      const panel = isStarting && form.querySelector('.nbf-runs .nbtrain-panel, .nbf-runs .nbf-problem');
      if (!panel) return;
      isStarting = false;
      const growth = new ResizeObserver(() => panel.scrollIntoView({ block: 'nearest' }));
      const end = () => {
        growth.disconnect();
        for (const name of INPUTS) window.removeEventListener(name, end, true);
      };
      growth.observe(panel);
      for (const name of INPUTS) window.addEventListener(name, end, true);
      setTimeout(end, FOLLOW_TIME);
    };
    const say = () => {
      timer = 0;
      // The focused element was removed with the panel of a run: focus the Train button.
      if (focused && !focused.isConnected && document.activeElement === document.body) {
        form.querySelector('.nbf-train')?.focus({ preventScroll: true });
      }
      form.querySelectorAll('.nbf-field').forEach(describe);
      form.querySelectorAll('.widget-slider').forEach(nameSlider);
      showPanel();
      for (const button of form.querySelectorAll('.nbf-train')) {
        set(button, 'aria-disabled', button.classList.contains('nbf-off') ? 'true' : null);
      }
      for (const toggle of form.querySelectorAll('.nbf-toggle')) {
        set(toggle, 'aria-expanded', String(toggle.classList.contains('mod-active')));
      }
    };
    const observer = new MutationObserver(() => {
      timer ||= setTimeout(say, 30);
    });
    const begin = () => {
      form = el.closest('.nbf-form');
      if (form) {
        say();
        endListening = listen(form, el, model);
        form.addEventListener('focusin', keepFocus);
        form.addEventListener('click', start);
        window.addEventListener('keydown', keepKeys, true);
        observer.observe(form, CHANGES);
      } else if ((attempts += 1) < MAX_ATTEMPTS) {
        timer = setTimeout(begin, 50); // not attached to the page yet
      }
    };
    begin();
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      endListening();
      form?.removeEventListener('focusin', keepFocus);
      form?.removeEventListener('click', start);
      window.removeEventListener('keydown', keepKeys, true);
    };
  }
};
