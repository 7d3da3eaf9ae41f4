/**
 * The messages on the comm `nbtrain.v1` between kernel and page, and what the page gets of a run. Generated
 * by `python -m scripts.protocol_types` from `nbtrain/notebook/kernel/protocol.py` and
 * `nbtrain/views/browser_types.py`.
 */

import type { JSONObject } from '@lumino/coreutils';

export const COMM_TARGET = 'nbtrain.v1';

export type Status = 'created' | 'running' | 'paused' | 'finished' | 'stopped' | 'interrupted' | 'failed';

export type Num = number | string | null;

/** Work other than training steps; `waits_for` is the ID of the run that it waits for, or "". */
export interface PhaseData {
  name: string;
  done: number;
  total: number;
  waits_for: string;
}

/**
 * Status and progress of a run, for the list of runs. `name` is its name with the two words that
 * always mean it: "first (quiet-otter)". `subject` has model and data as the cell names them; it
 * is empty for a watched Trainer.
 */
export interface Head {
  name: string;
  subject: string[];
  status: Status;
  phase: PhaseData | null;
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

/** Status and progress of a run, for the panel and the record. */
export interface FullHead {
  name: string;
  subject: string[];
  status: Status;
  phase: PhaseData | null;
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
  weight_decay: Num;
  parts: number;
  checkpoints: number[];
}

/** What a simple answer reaches, such as "always spam". */
export interface Baseline {
  title: string;
  metrics: Record<string, Num>;
}

/**
 * `FullHead` with what the panel needs for its table and its controls. `best_row` is the number of
 * the row with the best evaluation by `best_metric`, `controls` whether the run receives commands,
 * `title` names model and data.
 */
export interface PanelHead {
  name: string;
  subject: string[];
  status: Status;
  phase: PhaseData | null;
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
  weight_decay: Num;
  parts: number;
  checkpoints: number[];
  best_row: number | null;
  best_metric: string;
  baselines: Baseline[];
  title: string;
  controls: boolean;
  can_branch: boolean;
}

/** One evaluation, counted from 1; names of metrics are without `eval_`. */
export interface Row {
  number: number;
  step: number;
  epoch: Num;
  metrics: Record<string, Num>;
}

/**
 * A note, warning or error. `branch`, if it is there, is the step of a checkpoint from which to
 * branch.
 */
export interface Message {
  level: string;
  text: string;
  step: number;
  branch: number;
}

/** The commands after a step, as the chart shows them. */
export interface Mark {
  step: number;
  label: string;
}

/**
 * One run in the list of runs, without what its notebook knows of it. `spark` has means of the
 * training loss, at most 60, null where it was not finite; `metrics` are those of the newest
 * evaluation, their names without `eval_`.
 */
export interface Brief {
  run: string;
  head: Head;
  spark: (number | null)[];
  metrics: Record<string, Num>;
}

/**
 * One run of a kernel, as the runs panel shows it. `name` is the variable that holds it, or "";
 * `cell` the ID of the cell that runs it, or ""; `blocking` says whether it blocks its kernel, so
 * that an interrupt stops it; `controls` whether it receives commands.
 */
export interface RunSummary {
  run: string;
  head: Head;
  spark: (number | null)[];
  metrics: Record<string, Num>;
  name: string;
  cell: string;
  blocking: boolean;
  controls: boolean;
}

/**
 * A problem with the text of a cell, in the parser's words; `line` counts from 1, null is the
 * whole text.
 */
export interface Problem {
  line: number | null;
  key: string | null;
  message: string;
  fix: string | null;
}

/** Sent after a hello: the kernel's process, and its runs. */
export interface HelloAnswer {
  type: 'hello';
  version: number;
  nbtrain: string;
  session: string;
  runs: RunSummary[];
}

/** The new state of a run. */
export interface RunUpdate {
  type: 'run';
  run: RunSummary;
}

/** The response to a command. */
export interface Heard {
  type: 'heard';
  id: number;
  text: string;
  error: boolean;
}

/** The JSON schema of a cell. */
export interface SchemaAnswer {
  type: 'schema';
  id: number;
  schema: JSONObject;
}

/** The problems of a cell. */
export interface ProblemsAnswer {
  type: 'problems';
  id: number;
  problems: Problem[];
}

/** The record of a run as a MIME bundle, null if there is none. */
export interface RecordAnswer {
  type: 'record';
  id: number;
  run: string;
  bundle: JSONObject | null;
}

/** Why a message could not be handled. */
export interface Failed {
  type: 'failed';
  id: number;
  text: string;
}

/** Insert a cell below the one with ID `below`. */
export interface WriteCell {
  type: 'write';
  text: string;
  below: string;
}

/** The new text of the cell of a form, from either side. */
export interface FormText {
  type: 'form_text';
  form: string;
  text: string;
}

/** Run the cell of a form. */
export interface FormRun {
  type: 'form_run';
  form: string;
}

/** A page is connected; it wants at most `rate` messages a second for each run. */
export interface HelloRequest {
  type: 'hello';
  rate: number;
}

/** A command to a run. */
export interface CommandRequest {
  type: 'command';
  id: number;
  run: string;
  command: string;
  values: JSONObject;
}

/** Asks for the JSON schema of a cell. */
export interface SchemaRequest {
  type: 'schema';
  id: number;
}

/** Asks for the problems of a cell. */
export interface CheckRequest {
  type: 'check';
  id: number;
  text: string;
}

/** Asks for the record of a run. */
export interface RecordRequest {
  type: 'record';
  id: number;
  run: string;
}

/** The form of a cell was closed. */
export interface FormClose {
  type: 'form_close';
  form: string;
}

export type FromKernel =
  | HelloAnswer
  | RunUpdate
  | Heard
  | SchemaAnswer
  | ProblemsAnswer
  | RecordAnswer
  | Failed
  | WriteCell
  | FormText
  | FormRun;

export type ToKernel =
  | HelloRequest
  | CommandRequest
  | SchemaRequest
  | CheckRequest
  | RecordRequest
  | FormText
  | FormClose;
