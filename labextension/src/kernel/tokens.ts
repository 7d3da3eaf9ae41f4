/** The links between this page and the kernels that have nbtrain loaded. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { FromKernel, RunSummary, ToKernel } from './protocol';

/** What can be asked of a kernel: a message that is answered by one with the same id. */
export type Question =
  | { type: 'command'; run: string; command: string; values: Record<string, unknown> }
  | { type: 'schema' }
  | { type: 'check'; text: string }
  | { type: 'record'; run: string };

/** A kernel that has nbtrain loaded. It goes when the kernel goes, or restarts. */
export interface ILink {
  readonly isDisposed: boolean;
  readonly disposed: ISignal<ILink, void>;
  readonly kernel: Kernel.IKernelConnection;
  /** The runs of this kernel, oldest first, by id. */
  readonly runs: ReadonlyMap<string, RunSummary>;
  /** The run that changed; null where any may have. */
  readonly runsChanged: ISignal<ILink, RunSummary | null>;
  /** Every message of the kernel. */
  readonly received: ISignal<ILink, FromKernel>;
  /** Send without waiting for an answer. */
  send(message: ToKernel): void;
  /**
   * Send, and wait for the answer with the same id; rejects after `timeout` milliseconds, and when
   * the link goes.
   */
  request<T extends FromKernel['type']>(
    message: Question,
    answer: T,
    timeout: number
  ): Promise<Extract<FromKernel, { type: T }>>;
}

export interface ILinks {
  /** Most updates of a run that a kernel sends in a second. */
  rate: number;
  /** All links that there are. */
  readonly all: readonly ILink[];
  /** The link to the kernel of a notebook; null as long as that has no nbtrain. */
  linkTo(sessionContext: ISessionContext): ILink | null;
  /** The open notebooks of a link's kernel. */
  notebooksOf(link: ILink): NotebookPanel[];
  /** Emitted when a link came or went. */
  readonly changed: ISignal<ILinks, void>;
}

export const ILinks = new Token<ILinks>(
  'nbtrain:ILinks',
  'Links to the kernels that have nbtrain loaded.'
);
