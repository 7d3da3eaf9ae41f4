/** The fields for hyperparameters: a slider on a log scale, and a number field. */

import { OWN_KEYS, make } from '../common/dom.js';
import { formatHyperparameter } from '../common/format.js';
import { SLIDER, nudged, positionOf, rateAt, readNumber, sliderRange } from './steering.js';

/** Significant digits of a number in a field. */
const FIELD_DIGITS = 4;

const formatted = (value: number): string => formatHyperparameter(value, FIELD_DIGITS);

export interface Field {
  node: HTMLInputElement;
  show: (value: number | null) => void;
}

/** A number field. Enter or blur sends the value, Escape restores it, the arrow keys change it by a tenth. */
export function buildField(label: string, set: (value: number) => void, complain: (text: string) => void): Field {
  const attributes = { type: 'text', inputmode: 'decimal', 'aria-label': label, autocomplete: 'off', ...OWN_KEYS };
  const node = make('input', attributes);
  let shown = '';
  let editing = false;
  const restore = (): void => {
    editing = false;
    node.value = shown;
    node.removeAttribute('aria-invalid');
  };
  const commit = (): void => {
    if (!editing || node.value.trim() === shown || node.value.trim() === '') {
      restore();
      return;
    }
    const value = readNumber(node.value);
    node.setAttribute('aria-invalid', String(value === null));
    if (value === null) {
      complain(`Expected a number, got “${node.value}”. Write, for example, 5e-5 or 0.00005.`);
    } else {
      editing = false;
      shown = node.value;
      set(value);
    }
  };
  node.addEventListener('input', () => (editing = true));
  node.addEventListener('change', commit);
  node.addEventListener('blur', commit);
  node.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      restore();
    } else if (event.key === 'Enter') {
      commit();
    }
    const value = readNumber(node.value);
    if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && value !== null) {
      event.preventDefault();
      node.value = formatted(nudged(value, event.key === 'ArrowUp'));
      editing = true;
    }
  });
  const show = (value: number | null): void => {
    const text = value === null ? '' : formatted(value);
    if (!editing && text !== shown && document.activeElement !== node) {
      shown = text;
      node.value = text;
    }
  };
  return { node, show };
}

/** The learning rate on a log scale. */
export function buildSlider(set: { call: (value: number) => void; flush: () => void }): Field {
  const label = 'Learning rate, on a log scale';
  const node = make('input', { type: 'range', min: '0', max: String(SLIDER), 'aria-label': label, ...OWN_KEYS });
  let range: [number, number] | null = null;
  let dragging = false;
  const release = (): void => {
    dragging = false;
  };
  node.addEventListener('pointerdown', () => {
    dragging = true;
    for (const name of ['pointerup', 'pointercancel']) {
      document.addEventListener(name, release, { once: true });
    }
  });
  node.addEventListener('input', () => range && set.call(rateAt(Number(node.value), range)));
  node.addEventListener('change', set.flush);
  const show = (rate: number | null): void => {
    node.disabled = !rate;
    if (!rate) {
      return;
    }
    const isEnd = range !== null && (rate <= range[0] * 1.001 || rate >= range[1] * 0.999);
    if (!range || (!dragging && isEnd)) {
      range = sliderRange(rate);
      node.title = `${formatted(range[0])} to ${formatted(range[1])}`;
    }
    if (!dragging) {
      node.value = String(positionOf(rate, range));
    }
    node.style.setProperty('--nbt-at', `${(100 * Number(node.value)) / SLIDER}%`);
    node.setAttribute('aria-valuetext', formatted(rate));
  };
  return { node, show };
}
