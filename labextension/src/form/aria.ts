/**
 * What ipywidgets lack for accessibility: what each field is, which are invalid and why, names and values of sliders,
 * whether the options are expanded.
 */

import { mark } from '../common/dom.js';

let count = 0;

/** Describe all fields and buttons of a form. */
export function describeAll(form: Element): void {
  form.querySelectorAll('.nbf-field').forEach(describe);
  form.querySelectorAll('.widget-slider').forEach(nameSlider);
  for (const button of form.querySelectorAll('.nbf-train')) {
    mark(button, 'aria-disabled', button.classList.contains('nbf-off') ? 'true' : null);
  }
  for (const toggle of form.querySelectorAll('.nbf-toggle')) {
    mark(toggle, 'aria-expanded', String(toggle.classList.contains('mod-active')));
  }
}

function describe(field: Element): void {
  const problem = field.querySelector('.nbf-problem');
  const about = [problem, field.querySelector('.nbf-help')].filter(part => part !== null);
  for (const part of about) {
    part.id ||= `nbf-about-${(count += 1)}`;
  }
  for (const box of field.querySelectorAll('input, select, [role="slider"]')) {
    mark(box, 'aria-invalid', problem ? 'true' : null);
    mark(box, 'aria-describedby', about.map(part => part.id).join(' ') || null);
  }
}

function nameSlider(slider: Element): void {
  const handle = slider.querySelector('.noUi-handle');
  const rounded = slider.parentElement?.querySelector<HTMLInputElement>('.widget-text input');
  if (handle && rounded) {
    mark(handle, 'aria-label', slider.querySelector('.widget-label')?.textContent ?? null);
    mark(handle, 'aria-valuetext', rounded.value);
  }
}
