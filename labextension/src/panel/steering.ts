/**
 * The logic of the controls, without DOM: which buttons are enabled, how slider and fields map to values, when a value is
 * sent, and for how long it is shown.
 */

import type { PanelState } from './values.js';

export const SLIDER = 400;
const DECADES = 2;
const NUDGE_FACTOR = 1.1;
const SEND_INTERVAL = 150;

/** The states that decide which buttons are enabled. */
export type State = 'none' | 'running' | 'paused' | 'broken' | 'gone';
export type ButtonSpec = readonly [string, Record<string, number>, string, string, readonly State[]];

/** Command, values, label, tooltip, and the states in which the button is enabled. */
export const BUTTONS: readonly ButtonSpec[] = [
  ['pause', {}, 'Pause', 'Pause after this step', ['running']],
  ['step', { steps: 1 }, '1 step', 'Train one step, then pause', ['running', 'paused']],
  ['step', { steps: 10 }, '10 steps', 'Train ten steps, then pause', ['running', 'paused']],
  ['epoch', {}, 'Finish epoch', 'Train to the end of the epoch, then pause', ['running', 'paused']],
  ['evaluate', {}, 'Evaluate now', 'Evaluate now; training is not affected', ['running', 'paused']],
  ['checkpoint', {}, 'Save now', 'Save a checkpoint now', ['running', 'paused']],
  ['skip', {}, 'Skip this batch', 'Continue without the batch whose loss is not finite', ['broken']],
  ['stop', {}, 'Stop and keep', 'Stop after this step and keep the weights', ['running', 'paused', 'broken']]
];

/** The first button while the run is paused. */
export const RESUME: ButtonSpec = ['resume', {}, 'Resume', 'Continue training', ['paused']];

/**
 * The state that decides which buttons are enabled: none without a kernel. A pause has a reason if the loss is not
 * finite.
 */
export function stateOf(head: PanelState): State {
  if (!head.controls || !head.max_steps) return 'none';
  if (head.status === 'paused') return head.reason ? 'broken' : 'paused';
  return head.status === 'running' || head.status === 'gone' ? head.status : 'none';
}

/** Lowest and highest rate of the slider: two decades around `rate`. */
export const sliderRange = (rate: number): [number, number] => [rate / 10 ** DECADES, rate * 10 ** DECADES];

/** @param position from 0 to `SLIDER` */
export function rateAt(position: number, [low, high]: [number, number]) {
  return Number((low * (high / low) ** (position / SLIDER)).toPrecision(3));
}
export function positionOf(rate: number, [low, high]: [number, number]) {
  return Math.round((SLIDER * Math.log(rate / low)) / Math.log(high / low));
}

/** The number in a field, or null if it is empty or invalid. */
export function readNumber(text: string) {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

/** The value for an arrow key: a tenth larger or smaller. */
export function nudged(value: number, up: boolean) {
  return Number((up ? value * NUDGE_FACTOR : value / NUDGE_FACTOR).toPrecision(3));
}

/**
 * `action`, at most every `SEND_INTERVAL` milliseconds, and with the last value in any case; `flush` does not wait.
 */
export function throttled<T>(action: (value: T) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  let waiting: T[] = [];
  const flush = () => {
    clearTimeout(timer);
    const values = waiting;
    waiting = [];
    if (values.length) last = Date.now();
    values.forEach(action);
  };
  const call = (value: T) => {
    clearTimeout(timer);
    waiting = [value];
    const left = last + SEND_INTERVAL - Date.now();
    if (left <= 0) flush();
    else timer = setTimeout(flush, left);
  };
  return { call, flush };
}

/**
 * Shows a value that the user set until the run uses it: until the kernel has received it and the next step began with
 * it. Before that, the snapshot still has the old one.
 */
export function pendingValue() {
  let wanted: { value: number; heardAt: number | null } | null = null;
  return {
    set(value: number) {
      wanted = { value, heardAt: null };
    },
    drop() {
      wanted = null;
    },
    heard(step: number) {
      if (wanted) wanted.heardAt ??= step;
    },
    /**
     * What to show.
     * @param current the value in the snapshot
     */
    show(current: unknown, step: number): number | null {
      const known = typeof current === 'number' ? current : null;
      if (wanted?.heardAt !== null && wanted) {
        const near = known !== null && Math.abs(known - wanted.value) <= 0.01 * Math.abs(wanted.value);
        if (near || step > wanted.heardAt + 1) wanted = null;
      }
      return wanted ? wanted.value : known;
    }
  };
}
