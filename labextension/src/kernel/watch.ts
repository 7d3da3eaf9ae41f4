/**
 * Waits for nbtrain in one kernel: for the comm that `%load_ext nbtrain` opens, or one that is open
 * already.
 */

import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { CommsOverSubshells } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { Greeting } from './greeting';
import { Link } from './link';
import { COMM_TARGET } from './protocol';
import { isGone } from './statuses';

export class KernelWatch implements IDisposable {
  /**
   * @param kernel A connection that handles comms.
   * @param rate Most updates of a run in a second.
   */
  constructor(
    readonly kernel: Kernel.IKernelConnection,
    private _rate: number
  ) {
    kernel.registerCommTarget(COMM_TARGET, this._opened);
    kernel.statusChanged.connect(this._onStatus, this);
    kernel.connectionStatusChanged.connect(this._onConnection, this);
    kernel.disposed.connect(this.dispose, this);
    this._onConnection(kernel, kernel.connectionStatus);
  }

  get link(): Link | null {
    return this._link;
  }

  /** Emitted when the link came or went. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  set rate(rate: number) {
    this._rate = rate;
    if (this._link) {
      this._greeting.begin();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    if (!this.kernel.isDisposed) {
      this.kernel.removeCommTarget(COMM_TARGET, this._opened);
    }
    this._link?.dispose();
    Signal.clearData(this);
  }

  private readonly _opened = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): void => {
    this._attach(comm);
  };

  private _onStatus(_: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (isGone(status)) {
      this._link?.dispose();
    }
  }

  /** After a page reload or a lost connection: what the kernel said meanwhile was not heard. */
  private _onConnection(_: Kernel.IKernelConnection, status: Kernel.ConnectionStatus): void {
    if (status !== 'connected' || this._isDisposed) {
      return;
    }
    if (this._link) {
      this._greeting.begin();
    } else {
      void this._look();
    }
  }

  /**
   * Look for a comm that is open already. A kernel that is busy answers when it is free, or at the
   * next step of the training that keeps it busy; a question that got lost with the connection is
   * asked again with the next one.
   */
  private async _look(): Promise<void> {
    let reply: KernelMessage.ICommInfoReplyMsg;
    try {
      reply = await this.kernel.requestCommInfo({ target_name: COMM_TARGET });
    } catch {
      return; // the kernel went or restarted before it answered
    }
    const { content } = reply;
    const id = content.status === 'ok' ? Object.keys(content.comms).pop() : undefined; // the newest
    if (id && !this._link && !this._isDisposed && !this.kernel.hasComm(id)) {
      const comm = this.kernel.createComm(COMM_TARGET, id);
      comm.commsOverSubshells = CommsOverSubshells.Disabled; // a `Link` never sends to one
      this._attach(comm);
    }
  }

  private _attach(comm: Kernel.IComm): void {
    this._link?.dispose();
    const link = new Link(this.kernel, comm);
    this._link = link;
    link.received.connect((_, { type }) => type === 'hello' && this._greeting.end());
    link.disposed.connect(() => {
      if (this._link === link) {
        this._greeting.end();
        this._link = null;
        this._changed.emit();
      }
    });
    this._greeting.begin();
    this._changed.emit();
  }

  private readonly _greeting = new Greeting(() =>
    this._link?.send({ type: 'hello', rate: this._rate })
  );
  private _isDisposed = false;
  private _link: Link | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
