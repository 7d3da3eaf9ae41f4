/**
 * What travels on the comm `nbtrain.v1` between a kernel and the page;
 * `nbtrain/notebook/kernel/channel.py` is its other end.
 */

import type { JSONObject } from '@lumino/coreutils';

export const COMM_TARGET = 'nbtrain.v1';

export type Status =
  | 'created'
  | 'running'
  | 'paused'
  | 'finished'
  | 'stopped'
  | 'interrupted'
  | 'failed';

/** A number as the kernel sends it; what is not finite goes as its name: "nan", "inf", "-inf". */
export type Num = number | string | null;

/** Work other than training steps. */
export interface Phase {
  name: string;
  done: number;
  total: number;
  /** The id of the run whose end it waits for, or "". */
  waits_for: string;
}

/** What `nbtrain.views.browser_json.head` sends of a run. */
export interface Head {
  status: Status;
  phase: Phase | null;
  step: number;
  max_steps: number;
  epoch: Num;
  epochs: Num;
  loss: Num;
  learning_rate: Num;
  examples_per_second: Num;
  seconds_left: Num;
  time: Num;
  error: string;
  reason: string;
}

/** One run of a kernel, as the runs panel shows it. */
export interface RunSummary {
  run: string;
  /** The variable that holds it, or "". */
  name: string;
  /** Id of the cell that runs it, or "". */
  cell: string;
  /** It blocks its kernel: an interrupt would stop it. */
  blocking: boolean;
  /** It hears commands. */
  controls: boolean;
  head: Head;
  /** Means of the training loss, at most 60; null where it was not finite. */
  spark: (number | null)[];
  /** The newest evaluation: names without `eval_`. */
  metrics: Record<string, Num>;
}

/** Something wrong with the text of a cell, in the parser's words. */
export interface Problem {
  /** Line in the cell, from 1; null where it is the text as a whole. */
  line: number | null;
  key: string | null;
  message: string;
  fix: string | null;
}

export type FromKernel =
  | { type: 'hello'; version: number; nbtrain: string; session: string; runs: RunSummary[] }
  | { type: 'run'; run: RunSummary }
  | { type: 'heard'; id: number; text: string; error: boolean }
  | { type: 'schema'; id: number; schema: JSONObject }
  | { type: 'problems'; id: number; problems: Problem[] }
  | { type: 'record'; id: number; run: string; bundle: JSONObject | null }
  | { type: 'failed'; id: number; text: string }
  | { type: 'write'; text: string; below: string }
  | { type: 'form_text'; form: string; text: string }
  | { type: 'form_run'; form: string };

export type ToKernel =
  | { type: 'hello'; rate: number }
  | { type: 'command'; id: number; run: string; command: string; values: JSONObject }
  | { type: 'schema'; id: number }
  | { type: 'check'; id: number; text: string }
  | { type: 'record'; id: number; run: string }
  | { type: 'form_text'; form: string; text: string }
  | { type: 'form_close'; form: string };
