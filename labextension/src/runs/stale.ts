/** Finds stale outputs after a reload: live panels of runs that have ended. */

import type { JSONObject, JSONValue } from '@lumino/coreutils';

import type { State } from '../common/statuses.js';
import { hasEnded } from '../common/statuses.js';

/** The parts of an output that are used; nbformat's display_data and execute_result have them. */
export interface ShownOutput {
  readonly [name: string]: unknown;
  data?: unknown;
  metadata?: unknown;
}

/** A stale output of a run, and whether it becomes the record or is emptied. */
export interface Stale {
  run: string;
  index: number;
  becomes: 'record' | 'nothing';
  /** Whether it is the panel; otherwise it is an earlier record. */
  isPanel: boolean;
}

const RECORD = 'application/vnd.nbtrain.run.v1+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** An output of zero height: removing an output would move the others of the cell. */
export const NOTHING: JSONObject = { 'text/html': '', 'text/plain': '' };

/** Whether a run is active, according to the kernel; null if it is a run of another kernel. */
export type Verdict = 'on' | 'over' | null;

/**
 * The stale outputs of a cell, if the run has ended. If a panel is not stale, the page has seen the
 * end of that run, and its record is up to date, too.
 *
 * @param outputs All outputs of the cell.
 * @param verdict Whether a run is active.
 */
export function staleOutputs(
  outputs: readonly ShownOutput[],
  verdict: (run: string) => Verdict
): Stale[] {
  const parts = outputs.map(partOf);
  const stale: Stale[] = [];
  parts.forEach((panel, index) => {
    const isLive = WIDGET in asObject(outputs[index]?.data);
    if (panel?.part !== 'panel' || !isLive || verdict(panel.run) === 'on') {
      return;
    }
    const { run } = panel;
    const record = parts.findIndex(other => other?.part === 'record' && other.run === run);
    const isFirst = !stale.some(other => other.run === run);
    stale.push({
      run,
      index,
      becomes: record < 0 && isFirst ? 'record' : 'nothing',
      isPanel: true
    });
    if (record >= 0 && isFirst) {
      stale.push({ run, index: record, becomes: 'record', isPanel: false });
    }
  });
  return stale;
}

/** Whether an output is a form or a live panel, which need their kernel. */
export function isLeftover({ metadata }: ShownOutput): boolean {
  const { part } = asObject(asObject(metadata).nbtrain);
  return part === 'form' || part === 'panel';
}

/** The content of an output without its widget; a panel has none. */
export function fallbackOf({ data, metadata }: ShownOutput): JSONObject {
  const { [WIDGET]: _, ...rest } = asObject(data);
  return asObject(asObject(metadata).nbtrain).part === 'panel' ? {} : rest;
}

/** Whether the run of a record has ended. */
export function saysEnded(bundle: JSONObject | null): boolean {
  const { status } = asObject(asObject(bundle?.[RECORD]).head);
  return typeof status === 'string' && hasEnded(status as State);
}

/** The run that an output belongs to. */
export const runOf = (output: ShownOutput): string | null => partOf(output)?.run ?? null;

function partOf(output: ShownOutput): { run: string; part: string } | null {
  const { run, part } = asObject(asObject(output.metadata).nbtrain);
  return typeof run === 'string' && typeof part === 'string' ? { run, part } : null;
}

function asObject(value: unknown): Record<string, JSONValue> {
  return typeof value === 'object' && value !== null ? (value as Record<string, JSONValue>) : {};
}
