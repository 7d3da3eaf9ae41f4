/**
 * The controls of the panel. Each sends a command; the response of the kernel ("Stopping after this step.") is shown at
 * once, and the buttons follow the status that comes with the snapshot. What needs no DOM is in `steering.ts`.
 */

import { OWN_KEYS, make, mark, say } from '../common/dom.js';
import { buildField, buildSlider } from './fields.js';
import type { ButtonSpec, State } from './steering.js';
import { BUTTONS, RESUME, pendingValue, stateOf, throttled } from './steering.js';
import type { PanelState } from './values.js';

export type Values = Record<string, number>;
export type Send = (command: string, more: { values: Values; id: number }) => void;
export type SendCommand = (command: string, values?: Values, button?: HTMLElement) => void;

/** The response to a command. */
export interface Heard {
  text: string;
  error?: boolean;
  id?: number;
  command?: string;
}

export interface Controls {
  root: HTMLElement;
  sendCommand: SendCommand;
  show: (head: PanelState) => void;
  heard: (answer: Heard) => void;
  end: () => void;
}

type Timer = ReturnType<typeof setTimeout>;
type Name = 'learning_rate' | 'weight_decay';

const RESPONSE_TIMEOUT = 2000;
const FADE_DELAY = 8000;

/** Sends commands and shows the responses; a button whose command is pending is marked as busy. */
function commandSender(said: HTMLElement, send: Send) {
  let last = Date.now(); // two views of one panel must not use the same IDs
  const open = new Map<number, { button: HTMLElement | undefined; timer: Timer }>();
  let fading: Timer | undefined;
  const tell = (text: string, isError = false, fades = false): void => {
    clearTimeout(fading);
    said.textContent = text;
    said.classList.toggle('nbt-wrong', isError);
    if (fades) {
      fading = setTimeout(() => tell(''), FADE_DELAY);
    }
  };
  const close = (id: number): void => {
    const pending = open.get(id);
    clearTimeout(pending?.timer);
    open.delete(id);
    if (pending?.button && ![...open.values()].some(other => other.button === pending.button)) {
      pending.button.removeAttribute('aria-busy');
    }
  };
  const sendCommand: SendCommand = (command, values = {}, button) => {
    last += 1;
    const id = last;
    button?.setAttribute('aria-busy', 'true');
    const complain = (): void => tell('No response yet: the kernel is busy.', true);
    open.set(id, { button, timer: setTimeout(complain, RESPONSE_TIMEOUT) });
    try {
      send(command, { values, id });
    } catch {
      close(id);
      tell('The kernel cannot be reached.', true);
    }
  };
  const heard = ({ text, error, id, command }: Heard): void => {
    if (id !== undefined) {
      close(id);
    }
    tell(text, Boolean(error), !error && command !== 'stop' && command !== 'branch');
  };
  const end = (): void => {
    clearTimeout(fading);
    [...open.keys()].forEach(close);
  };
  return { sendCommand, heard, tell, end };
}

/**
 * The row of buttons. They stay the same elements, so that they keep the focus; a disabled one can be focused, but not
 * pressed.
 */
function buildButtons(sendCommand: SendCommand) {
  const buttons = BUTTONS.map(spec => buildButton(spec, sendCommand));
  const [first, ...others] = buttons.map(({ node }) => node);
  const [skip, stop] = others.splice(-2);
  const steps = make('span', { class: 'nbt-joined' }, ...others.slice(0, 3));
  const root = make('div', { class: 'nbt-buttons' }, first!, steps, ...others.slice(3), skip!, stop!);
  const show = (state: State, stopping: boolean): void => {
    buttons[0]!.become(state === 'paused' ? RESUME : BUTTONS[0]!);
    skip!.hidden = state !== 'broken';
    first!.hidden = state === 'broken';
    for (const { node, spec } of buttons) {
      const isOn = spec()[4].includes(state) && (!stopping || node === stop);
      mark(node, 'aria-disabled', String(!isOn));
    }
  };
  return { root, show };
}

function buildButton(first: ButtonSpec, sendCommand: SendCommand) {
  const node = make('button', { type: 'button', ...OWN_KEYS });
  let spec = first;
  const become = (next: ButtonSpec): void => {
    spec = next;
    node.dataset['command'] = spec[0];
    node.title = spec[3];
    say(node, spec[2]);
  };
  become(first);
  node.addEventListener('click', () => {
    if (node.getAttribute('aria-disabled') !== 'true') {
      sendCommand(spec[0], spec[1], node);
    }
  });
  return { node, become, spec: () => spec };
}

/** All controls. */
export function buildControls(send: Send): Controls {
  const said = make('span', { class: 'nbt-said', role: 'status' });
  const { sendCommand, heard, tell, end } = commandSender(said, send);
  const buttons = buildButtons(sendCommand);
  const wanted = { learning_rate: pendingValue(), weight_decay: pendingValue() };
  let head: PanelState | null = null;
  let stopping = false;

  const setRate = throttled((value: number) => sendCommand('set', { learning_rate: value }));
  const hold = (name: Name, value: number): void => {
    wanted[name].set(value);
    if (head) {
      show(head);
    }
  };
  const slid = (value: number): void => {
    hold('learning_rate', value);
    setRate.call(value);
  };
  const typed = (name: Name) => (value: number) => {
    hold(name, value);
    sendCommand('set', { [name]: value });
  };
  const complain = (text: string): void => tell(text, true);
  const slider = buildSlider({ call: slid, flush: setRate.flush });
  const rate = buildField('Learning rate', typed('learning_rate'), complain);
  const decay = buildField('Weight decay', typed('weight_decay'), complain);
  const decayLabel = make('label', {}, make('span', {}, 'Weight decay'), decay.node);
  const settings = make(
    'div',
    { class: 'nbt-settings' },
    ...[make('label', {}, make('span', {}, 'Learning rate'), slider.node), rate.node, decayLabel, said]
  );
  const root = make('div', { class: 'nbt-controls', role: 'group', 'aria-label': 'Controls' }, buttons.root, settings);

  const show = (next: PanelState): void => {
    if (next.status !== head?.status) {
      tell('');
    }
    head = next;
    const state = stateOf(head);
    stopping &&= state !== 'none';
    root.hidden = state === 'none';
    buttons.show(state, stopping);
    const isGone = state === 'gone';
    const shown = wanted.learning_rate.show(head.learning_rate, head.step);
    slider.show(isGone ? null : shown);
    rate.show(shown);
    decay.show(wanted.weight_decay.show(head.weight_decay, head.step));
    rate.node.disabled = decay.node.disabled = isGone;
    decayLabel.hidden = typeof head.weight_decay !== 'number'; // no weight decay
  };
  const answered = (answer: Heard): void => {
    if (answer.command === 'stop' || answer.command === 'branch') {
      stopping = !answer.error;
    }
    if (answer.command === 'set') {
      for (const value of Object.values(wanted)) {
        answer.error ? value.drop() : value.heard(head?.step ?? 0);
      }
    }
    heard(answer);
    if (head) {
      show(head);
    }
  };
  return { root, sendCommand, show, heard: answered, end };
}
