/** Outputs that a reload has left behind: they show the live panel of a run that has ended. */

import type { JSONObject, JSONValue } from '@lumino/coreutils';

import type { State } from '../kernel/statuses.js';
import { hasEnded } from '../kernel/statuses.js';

/** What is read of an output; nbformat's display_data and execute_result have it. */
export interface ShownOutput {
  readonly [name: string]: unknown;
  data?: unknown;
  metadata?: unknown;
}

/** An output of a run that is out of date, and whether it becomes the record or is emptied. */
export interface Stale {
  run: string;
  index: number;
  becomes: 'record' | 'nothing';
  /** It is the panel; otherwise what was the record so far. */
  isPanel: boolean;
}

const RECORD = 'application/vnd.nbtrain.run.v1+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** A display of no height: an output cannot be taken out of a cell without moving the others. */
export const NOTHING: JSONObject = { 'text/html': '', 'text/plain': '' };

/** What the kernel says of a run; null where it does not know it: another kernel had it. */
export type Verdict = 'on' | 'over' | null;

/**
 * The outputs of a cell that are stale, or would be if the run has ended. A panel that is not stale
 * says that nobody missed the end of that run, so its record is not touched either.
 *
 * @param outputs All outputs of the cell.
 * @param verdict What the kernel says of a run.
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

/** Whether an output is a form or a live panel: without their kernel they are nothing. */
export function isLeftover({ metadata }: ShownOutput): boolean {
  const { part } = asObject(asObject(metadata).nbtrain);
  return part === 'form' || part === 'panel';
}

/** What an output has for those who cannot see its widget; a panel has nothing. */
export function fallbackOf({ data, metadata }: ShownOutput): JSONObject {
  const { [WIDGET]: _, ...rest } = asObject(data);
  return asObject(asObject(metadata).nbtrain).part === 'panel' ? {} : rest;
}

/** Whether a record says that its run has ended. */
export function saysEnded(bundle: JSONObject | null): boolean {
  const { status } = asObject(asObject(bundle?.[RECORD]).head);
  return typeof status === 'string' && hasEnded(status as State);
}

function partOf(output: ShownOutput): { run: string; part: string } | null {
  const { run, part } = asObject(asObject(output.metadata).nbtrain);
  return typeof run === 'string' && typeof part === 'string' ? { run, part } : null;
}

function asObject(value: unknown): Record<string, JSONValue> {
  return typeof value === 'object' && value !== null ? (value as Record<string, JSONValue>) : {};
}
