/** The form of one cell, between input and output. The kernel draws it and edits the TOML. */

import type { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import { OutputArea, OutputAreaModel } from '@jupyterlab/outputarea';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { ToolbarButton, closeIcon } from '@jupyterlab/ui-components';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { PanelLayout } from '@lumino/widgets';
import { Panel, Widget } from '@lumino/widgets';

import { isGone } from '../common/statuses';
import type { ILinks } from '../kernel/tokens';
import { FormText } from './formtext';
import { isReadOnly } from './readonly';

/** The code that the kernel executes: a JSON string is a Python string. */
const openOn = (form: string, text: string): string =>
  '__import__("nbtrain.notebook.form.cell", fromlist=["open_on"])' +
  `.open_on(${JSON.stringify(form)}, ${JSON.stringify(text)})`;

export class CellForm extends Panel {
  constructor(
    readonly cell: CodeCell,
    private readonly _panel: NotebookPanel,
    private readonly _links: ILinks | null,
    private readonly _translator: ITranslator
  ) {
    super();
    this._trans = _translator.load('nbtrain');
    this.addClass('jp-nbtrain-form');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', this._trans.__('Fine-tune form'));
    this.addWidget(this._header());
    this._status.addClass('jp-nbtrain-form-status');
    this._status.node.setAttribute('role', 'status');
    this.addWidget(this._status);
    const { sessionContext } = _panel;
    sessionContext.kernelChanged.connect(this.dispose, this);
    sessionContext.statusChanged.connect(this._onStatus, this);
    cell.disposed.connect(this.dispose, this);
    cell.model.metadataChanged.connect(this._onMetadata, this);
    _panel.disposed.connect(this.dispose, this);
    const layout = cell.layout as PanelLayout;
    const input = layout.widgets.findIndex(widget => widget.hasClass('jp-Cell-inputWrapper'));
    layout.insertWidget(input + 1, this);
  }

  /** Request the form from the kernel. */
  open(): void {
    const kernel = this._panel.sessionContext.session?.kernel;
    if (!kernel) {
      this._say(this._trans.__('This notebook has no kernel. Select one, then open the form again.'));
      return;
    }
    const isBusy = kernel.status === 'busy';
    this._say(
      isBusy
        ? this._trans.__('The kernel is busy: the form opens when it is free.')
        : this._trans.__('Opening…')
    );
    const text = this.cell.model.sharedModel.getSource();
    this._text = new FormText(
      this._id,
      this.cell.model.sharedModel,
      text,
      () => this._links?.linkTo(this._panel.sessionContext) ?? null
    );
    this._text.closed.connect(this.dispose, this);
    this._text.ran.connect(this._run, this);
    this._links?.changed.connect(this._connect, this);
    const area = new OutputArea({
      model: new OutputAreaModel({ trusted: true }),
      rendermime: this._panel.content.rendermime
    });
    area.addClass('jp-nbtrain-form-area');
    this.addWidget(area);
    this._execute(kernel, openOn(this._id, text), area);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._panel.sessionContext.kernelChanged.disconnect(this.dispose, this);
    this._panel.sessionContext.statusChanged.disconnect(this._onStatus, this);
    this._links?.changed.disconnect(this._connect, this);
    this.cell.model?.metadataChanged.disconnect(this._onMetadata, this); // null if the cell went
    this._future?.dispose();
    this._text?.dispose();
    super.dispose();
  }

  /** Execute the code with its output in `area`; an error is shown as a message. */
  private _execute(kernel: Kernel.IKernelConnection, code: string, area: OutputArea): void {
    const future = kernel.requestExecute(
      { code, store_history: false, stop_on_error: false },
      false,
      { cellId: this.cell.model.id } // tells the form which cell it belongs to
    );
    this._future = future;
    area.future = future;
    area.model.changed.connect(() => area.model.length > 0 && this._say(''));
    future.registerMessageHook(message => message.header.msg_type !== 'error');
    future.done.then(
      reply => {
        const { content } = reply as KernelMessage.IExecuteReplyMsg;
        if (content.status !== 'ok') {
          area.model.clear();
          this._say(this._failure(content));
        } else if (area.model.length > 0) {
          this._say('');
        }
      },
      () => this.dispose() // the kernel stopped
    );
  }

  private _failure(content: KernelMessage.IExecuteReplyMsg['content']): string {
    const { ename, evalue } = content as Partial<KernelMessage.IReplyErrorContent>;
    if (ename === 'ModuleNotFoundError' && evalue?.includes("'nbtrain'")) {
      return this._trans.__(
        "nbtrain is not installed in this notebook's kernel. Run `%pip install nbtrain` in a cell, then open the form again."
      );
    }
    if (ename === 'ModuleNotFoundError' && evalue?.includes("'nbtrain.")) {
      return this._trans.__(
        "nbtrain in this notebook's kernel is older than the JupyterLab extension and cannot show this form. Install the same version for both."
      );
    }
    return this._trans.__(
      'Could not open the form: %1',
      [ename, evalue].filter(Boolean).join(': ')
    );
  }

  private _say(text: string): void {
    if (!this.isDisposed) {
      this._status.node.textContent = text;
      this._status.setHidden(text === '');
    }
  }

  private _header(): Panel {
    const header = new Panel();
    header.addClass('jp-nbtrain-form-header');
    const title = new Widget();
    title.addClass('jp-nbtrain-form-title');
    title.node.textContent = this._trans.__('Form for this cell');
    header.addWidget(title);
    const close = new ToolbarButton({
      icon: closeIcon,
      tooltip: this._trans.__('Close the form'),
      onClick: () => this.dispose()
    });
    close.addClass('jp-nbtrain-form-close');
    header.addWidget(close);
    return header;
  }

  /** Run the cell without selecting the next one. */
  private _run(): void {
    const { content, sessionContext } = this._panel;
    void NotebookActions.runCells(content, [this.cell], sessionContext, undefined, this._translator);
  }

  private _onMetadata(): void {
    if (isReadOnly(this.cell)) {
      this.dispose();
    }
  }

  private _connect(): void {
    this._text?.connect();
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (isGone(status)) {
      this.dispose();
    }
  }

  private readonly _id = UUID.uuid4();
  private readonly _trans: TranslationBundle;
  private readonly _status = new Widget();
  private _text: FormText | null = null;
  private _future: IDisposable | null = null;
}
