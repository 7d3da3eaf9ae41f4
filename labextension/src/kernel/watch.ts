/**
 * Waits until a kernel has loaded nbtrain: for the comm that `%load_ext nbtrain` opens, or one that
 * is already open.
 */

import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { CommsOverSubshells } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { Greeting } from './greeting';
import { Link } from './link';
import { OverheardComm } from './overheard';
import type { LinkComm } from './overheard';
import { COMM_TARGET } from './protocol';
import { isGone } from '../common/statuses';

export class KernelWatch implements IDisposable {
  /**
   * @param kernel A connection; one that handles no comms is only listened to.
   * @param _rate Maximum number of updates of a run per second.
   */
  constructor(
    readonly kernel: Kernel.IKernelConnection,
    private _rate: number
  ) {
    if (kernel.handleComms) {
      kernel.registerCommTarget(COMM_TARGET, this._opened);
    } else {
      kernel.iopubMessage.connect(this._overhear, this);
    }
    kernel.statusChanged.connect(this._onStatus, this);
    kernel.connectionStatusChanged.connect(this._onConnection, this);
    kernel.disposed.connect(this.dispose, this);
    this._onConnection(kernel, kernel.connectionStatus);
  }

  get link(): Link | null {
    return this._link;
  }

  /** Whether it is not known yet if the kernel has loaded nbtrain. */
  get isSearching(): boolean {
    return this._isSearching && !this._isDisposed;
  }

  /** Emitted when the link was created or disposed, and when it is known that there is none. */
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
    if (!this.kernel.isDisposed && this.kernel.handleComms) {
      this.kernel.removeCommTarget(COMM_TARGET, this._opened);
    }
    this._link?.dispose();
    Signal.clearData(this);
  }

  private _overhear(_: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void {
    if (message.header.msg_type === 'comm_open') {
      const { target_name, comm_id } = (message as KernelMessage.ICommOpenMsg<'iopub'>).content;
      if (target_name === COMM_TARGET) {
        this._attach(new OverheardComm(this.kernel, comm_id));
      }
    }
  }

  private readonly _opened = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): void => {
    this._attach(comm);
  };

  private _onStatus(_: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (isGone(status)) {
      this._link?.dispose();
    }
  }

  /** After a page reload or a lost connection, messages of the kernel may have been missed. */
  private _onConnection(_: Kernel.IKernelConnection, status: Kernel.ConnectionStatus): void {
    if (status !== 'connected' || this._isDisposed) {
      return;
    }
    if (this._link) {
      this._greeting.begin();
    } else {
      void this._findComm();
    }
  }

  /**
   * Find a comm that is already open. A busy kernel responds when it is idle, or at the next step
   * of its training. A request that was lost with the connection is repeated with the next one.
   */
  private async _findComm(): Promise<void> {
    let reply: KernelMessage.ICommInfoReplyMsg;
    try {
      reply = await this.kernel.requestCommInfo({ target_name: COMM_TARGET });
    } catch {
      return; // the kernel stopped or restarted before it responded
    } finally {
      this._isSearching = false;
    }
    const { content } = reply;
    const id = content.status === 'ok' ? Object.keys(content.comms).pop() : undefined; // the newest
    if (this._link || this._isDisposed) {
      return;
    }
    if (id && !this.kernel.hasComm(id)) {
      this._attach(this._commOf(id));
    } else {
      this._changed.emit();
    }
  }

  private _commOf(id: string): LinkComm {
    if (!this.kernel.handleComms) {
      return new OverheardComm(this.kernel, id);
    }
    const comm = this.kernel.createComm(COMM_TARGET, id);
    comm.commsOverSubshells = CommsOverSubshells.Disabled; // a `Link` never uses subshells
    return comm;
  }

  private _attach(comm: LinkComm): void {
    this._isSearching = false;
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
  private _isSearching = true;
  private _link: Link | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
