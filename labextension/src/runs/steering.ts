/** Sends the commands of the buttons of a run. */

import type { RunSummary } from '../kernel/protocol';
import { NoResponse } from '../kernel/questions.js';
import { isActive } from '../common/statuses.js';
import type { ILink } from '../kernel/tokens';
import type { Translation } from './words.js';

/** Milliseconds to wait for the response of a kernel. */
const TIMEOUT = 2000;

/** The response to a command, as a message. */
export interface Answer {
  text: string;
  error: boolean;
}

/** Send a command to a run. */
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
 * Stop a run and keep its weights. If a cell trains and its kernel receives no commands, interrupt
 * the kernel instead: that has the same effect, but also ends "Run All".
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
    const isUnresponsive = error instanceof NoResponse && !link.isDisposed && now && isActive(now);
    if (isUnresponsive && now.blocking) {
      return interrupt();
    }
    const text = isUnresponsive
      ? trans.__('No response yet: the kernel is busy.')
      : String((error as Error).message);
    return { text, error: true };
  }
}
