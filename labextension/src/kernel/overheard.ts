/** The page's end of a comm on a connection that handles no comms. */

import type { Kernel, KernelMessage } from '@jupyterlab/services';

/** The part of a comm that a link needs. */
export type LinkComm = Pick<Kernel.IComm, 'commId' | 'onMsg' | 'onClose' | 'isDisposed' | 'dispose'>;

/**
 * A connection that handles comms closes those of targets that it does not know, also for other pages. Without a
 * notebook the page knows only our own target, so it listens instead.
 */
export class OverheardComm implements LinkComm {
  constructor(
    private readonly _kernel: Kernel.IKernelConnection,
    readonly commId: string
  ) {
    _kernel.iopubMessage.connect(this._receive, this);
  }

  onMsg: Kernel.IComm['onMsg'] = () => undefined;
  onClose: Kernel.IComm['onClose'] = () => undefined;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._kernel.iopubMessage.disconnect(this._receive, this);
  }

  private _receive(_: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void {
    if ((message.content as { comm_id?: string }).comm_id !== this.commId) {
      return;
    }
    if (message.header.msg_type === 'comm_msg') {
      void this.onMsg(message as KernelMessage.ICommMsgMsg<'iopub'>);
    } else if (message.header.msg_type === 'comm_close') {
      void this.onClose(message as KernelMessage.ICommCloseMsg<'iopub'>);
    }
  }

  private _isDisposed = false;
}
