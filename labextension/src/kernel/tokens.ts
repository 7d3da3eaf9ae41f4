/** The links between this page and the kernels that have loaded nbtrain. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { FromKernel, RunSummary, ToKernel } from './protocol';

/** A request to a kernel; the response has the same ID. */
export type Question =
  | { type: 'command'; run: string; command: string; values: Record<string, unknown> }
  | { type: 'schema' }
  | { type: 'printed'; run: string; start: number }
  | { type: 'check'; text: string }
  | { type: 'record'; run: string }
  | { type: 'runs' };

/** A kernel that has loaded nbtrain. It is disposed when the kernel stops or restarts. */
export interface ILink {
  readonly isDisposed: boolean;
  readonly disposed: ISignal<ILink, void>;
  readonly kernel: Kernel.IKernelConnection;
  /** The runs of this kernel by ID, oldest first. */
  readonly runs: ReadonlyMap<string, RunSummary>;
  /** Emits the run that changed; null if any may have changed. */
  readonly runsChanged: ISignal<ILink, RunSummary | null>;
  /** Emits every message of the kernel. */
  readonly received: ISignal<ILink, FromKernel>;
  /** Send without waiting for a response. */
  send(message: ToKernel): void;
  /**
   * Send, and wait for the response with the same ID. Rejects after `timeout` milliseconds, and
   * when the link is disposed.
   */
  request<T extends FromKernel['type']>(
    message: Question,
    answer: T,
    timeout: number
  ): Promise<Extract<FromKernel, { type: T }>>;
}

export interface ILinks {
  /** Maximum number of updates of a run that a kernel sends per second. */
  rate: number;
  /** All current links. */
  readonly all: readonly ILink[];
  /** The link to the kernel of a notebook; null until the kernel has loaded nbtrain. */
  linkTo(sessionContext: ISessionContext): ILink | null;
  /** The open notebooks that use a link's kernel. */
  notebooksOf(link: ILink): NotebookPanel[];
  /** Path of the notebook whose kernel has this ID, also of one that is not open; "" if none runs. */
  pathOf(kernel: string): string;
  /** Whether a link to the kernel with this ID may still come. */
  isAwaited(kernel: string): boolean;
  /** Emitted when a link was added or disposed, and when another one is awaited. */
  readonly changed: ISignal<ILinks, void>;
}

export const ILinks = new Token<ILinks>(
  'nbtrain:ILinks',
  'Links to the kernels that have nbtrain loaded.'
);
