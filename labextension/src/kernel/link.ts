/** One end of the comm between a page and a kernel. */

import type { Kernel } from '@jupyterlab/services';
import { KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Runs } from './fold';
import { VERSION, fold, isMessage } from './fold';
import type { LinkComm } from './overheard';
import type { FromKernel, RunSummary, ToKernel } from './protocol';
import { Questions } from './questions';
import type { ILink, Question } from './tokens';

export class Link implements ILink {
  /**
   * @param kernel The kernel.
   * @param _comm Is open in the kernel, and stays open there: other pages may use it, too.
   */
  constructor(
    readonly kernel: Kernel.IKernelConnection,
    private readonly _comm: LinkComm
  ) {
    _comm.onMsg = message => this._receive(message.content.data);
    _comm.onClose = () => this.dispose();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get disposed(): ISignal<ILink, void> {
    return this._disposed;
  }

  get runs(): Runs {
    return this._runs;
  }

  get runsChanged(): ISignal<ILink, RunSummary | null> {
    return this._runsChanged;
  }

  get received(): ISignal<ILink, FromKernel> {
    return this._received;
  }

  get commId(): string {
    return this._comm.commId;
  }

  /** Does nothing without a kernel to receive it: the link is about to be disposed, then. */
  send(message: ToKernel): void {
    if (this._isDisposed || this.kernel.isDisposed || this.kernel.status === 'dead') {
      return;
    }
    // The comm itself would send it to a subshell, but the code in the kernel is not
    // thread-safe.
    const sent = KernelMessage.createMessage<KernelMessage.ICommMsgMsg<'shell'>>({
      msgType: 'comm_msg',
      channel: 'shell',
      username: this.kernel.username,
      session: this.kernel.clientId,
      content: { comm_id: this._comm.commId, data: message as unknown as JSONObject }
    });
    this.kernel.sendShellMessage(sent, false, true);
  }

  request<T extends FromKernel['type']>(
    message: Question,
    answer: T,
    timeout: number
  ): Promise<Extract<FromKernel, { type: T }>> {
    if (this._isDisposed) {
      return Promise.reject(new Error('The kernel was restarted or has died.'));
    }
    return this._questions.ask(
      id => this.send({ ...message, id } as unknown as ToKernel),
      answer,
      timeout
    );
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._questions.end();
    if (!this._comm.isDisposed) {
      this._comm.dispose();
    }
    this._disposed.emit();
    Signal.clearData(this);
  }

  private _receive(data: unknown): void {
    if (this._isDisposed || !isMessage(data)) {
      return;
    }
    if (data.type === 'hello' && data.version !== VERSION) {
      console.warn(
        `nbtrain ${data.nbtrain} in this kernel is not compatible with the nbtrain extension of ` +
          'JupyterLab. Install the same version of nbtrain for both.'
      );
      this.dispose();
      return;
    }
    this._questions.receive(data);
    const before = this._runs;
    this._runs = fold(before, data);
    if (this._runs !== before) {
      this._runsChanged.emit(data.type === 'run' ? data.run : null);
    }
    this._received.emit(data);
  }

  private _isDisposed = false;
  private _runs: Runs = new Map();
  private readonly _questions = new Questions();
  private readonly _disposed = new Signal<this, void>(this);
  private readonly _runsChanged = new Signal<this, RunSummary | null>(this);
  private readonly _received = new Signal<this, FromKernel>(this);
}
