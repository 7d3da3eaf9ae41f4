/**
 * The messages on the comm `nbtrain.v1` between kernel and page; the kernel's side is
 * `nbtrain/notebook/kernel/channel.py`.
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

/** A number as the kernel sends it; one that is not finite is a string: "nan", "inf", "-inf". */
export type Num = number | string | null;

/** Work other than training steps. */
export interface Phase {
  name: string;
  done: number;
  total: number;
  /** ID of the run that it waits for, or "". */
  waits_for: string;
}

/** The state of a run, as `nbtrain.views.browser_json.head` sends it. */
export interface Head {
  /** Its name, with the two words that always mean it: "first (quiet-otter)". */
  name: string;
  /** Model and data as the cell names them; empty for a watched Trainer. */
  subject: string[];
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
  /** ID of the cell that runs it, or "". */
  cell: string;
  /** Whether it blocks its kernel, so that an interrupt stops it. */
  blocking: boolean;
  /** Whether it receives commands. */
  controls: boolean;
  head: Head;
  /** Means of the training loss, at most 60; null where it was not finite. */
  spark: (number | null)[];
  /** Metrics of the newest evaluation; names without `eval_`. */
  metrics: Record<string, Num>;
}

/** A problem with the text of a cell, in the parser's words. */
export interface Problem {
  /** Line in the cell, from 1; null if it concerns the whole text. */
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
