// What ipywidgets leave unsaid to those who do not see the form: which boxes are wrong and why, what a slider is of
// and where it stands, whether the options are open. And what is typed in the form stays in it.

const CHANGES = { subtree: true, childList: true, attributeFilter: ['class', 'aria-valuenow'] };
const OWN_KEYS = 'data-lm-suppress-shortcuts';
const MOST_LOOKS = 100;

let count = 0;

function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function sayWhatIsWrong(field) {
  const problem = field.querySelector('.nbf-problem');
  if (problem && !problem.id) problem.id = `nbf-problem-${(count += 1)}`;
  for (const box of field.querySelectorAll('input, select')) {
    set(box, 'aria-invalid', problem ? 'true' : null);
    set(box, 'aria-describedby', problem ? problem.id : null);
  }
}

function nameSlider(slider) {
  const handle = slider.querySelector('.noUi-handle');
  if (!handle) return;
  set(handle, 'aria-label', slider.querySelector('.widget-label').textContent);
  set(handle, 'aria-valuetext', slider.querySelector('.widget-readout').textContent);
}

export default {
  render({ el }) {
    el.classList.add('nbf-frame');
    let form = null;
    let looks = 0;
    let timer = 0;
    // A letter typed on a drop-down chooses in it; the notebook would take it for a command, and cut the cell at an x.
    // Ctrl+S and the like stay the notebook's. It listens first of all, so this is on the window.
    const keepKeys = event => {
      if (form?.contains(event.target)) {
        event.target.toggleAttribute(OWN_KEYS, !event.ctrlKey && !event.metaKey && !event.altKey);
      }
    };
    const say = () => {
      timer = 0;
      form.querySelectorAll('.nbf-field').forEach(sayWhatIsWrong);
      form.querySelectorAll('.widget-slider').forEach(nameSlider);
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
        window.addEventListener('keydown', keepKeys, true);
        observer.observe(form, CHANGES);
      } else if ((looks += 1) < MOST_LOOKS) {
        timer = setTimeout(begin, 50); // it is not in the page yet
      }
    };
    begin();
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      window.removeEventListener('keydown', keepKeys, true);
    };
  }
};
