/** What the buttons of a run do. */

import type { RunSummary } from '../kernel/protocol';
import { NoResponse } from '../kernel/questions.js';
import { isActive } from '../kernel/statuses.js';
import type { ILink } from '../kernel/tokens';
import type { Translation } from './words.js';

/** Milliseconds after which a kernel that said nothing counts as deaf. */
const TIMEOUT = 2000;

/** What came of a command, in words. */
export interface Answer {
  text: string;
  error: boolean;
}

/** Give a command to a run. */
export async function sendCommand(
  link: ILink,
  run: RunSummary,
  command: string,
  trans: Translation
): Promise<Answer> {
  try {
    return await link.request(
      { type: 'command', run: run.run, command, values: {} },
      'heard',
      TIMEOUT
    );
  } catch (error) {
    const text =
      error instanceof NoResponse
        ? trans.__('No response yet: the kernel is busy.')
        : String((error as Error).message);
    return { text, error: true };
  }
}

/**
 * Stop a run and keep what it learned. Where a cell trains and its kernel does not hear commands,
 * the kernel is interrupted, which does the same, but ends "Run All", too.
 */
export async function stop(link: ILink, run: RunSummary, trans: Translation): Promise<Answer> {
  const interrupt = async (): Promise<Answer> => {
    await link.kernel.interrupt();
    return { text: trans.__('Interrupting the kernel: the run stops after this step.'), error: false };
  };
  try {
    if (!run.controls && run.blocking) {
      return await interrupt();
    }
    return await link.request(
      { type: 'command', run: run.run, command: 'stop', values: {} },
      'heard',
      TIMEOUT
    );
  } catch (error) {
    const now = link.runs.get(run.run);
    const isDeaf = error instanceof NoResponse && !link.isDisposed && now && isActive(now);
    if (isDeaf && now.blocking) {
      return interrupt();
    }
    const text = isDeaf
      ? trans.__('No response yet: the kernel is busy.')
      : String((error as Error).message);
    return { text, error: true };
  }
}
