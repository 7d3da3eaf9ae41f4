/** The open forms of all cells, and the button that opens one. */

import { CodeCell } from '@jupyterlab/cells';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { LabIcon, ToolbarButton } from '@jupyterlab/ui-components';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isFinetune } from '../common/magic';
import type { ILinks } from '../kernel/tokens';
import { CellForm } from './form';
import { isReadOnly } from './readonly';

const SLIDERS =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
  '<path class="jp-icon3" fill="#616161" d="M3 6.500h9v2H3zm15 0h3v2h-3zM3 15.500h3v2H3zm9 0h9v2h-9z' +
  'M15 4.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM9 13.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"/></svg>';

export const formIcon = new LabIcon({ name: 'nbtrain:form', svgstr: SLIDERS });

export class Forms {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _links: ILinks | null,
    private readonly _translator: ITranslator
  ) {
    this._trans = _translator.load('nbtrain');
  }

  /** Emitted when a form was opened or closed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether a cell can have a form. A form edits the cell, so a read-only cell has none. */
  isFor(cell: Cell | null): cell is CodeCell {
    return (
      cell instanceof CodeCell &&
      !cell.isDisposed && // cells that were cut or moved are passed, too
      !isReadOnly(cell) &&
      isFinetune(cell.model.sharedModel.getSource())
    );
  }

  isOpen(cell: Cell | null): boolean {
    return cell instanceof CodeCell && this._open.has(cell);
  }

  /** Open the form of a cell, or close it. */
  toggle(cell: Cell | null): void {
    const panel = cell && this._panelOf(cell);
    if (!panel || !(cell instanceof CodeCell)) {
      return;
    }
    const open = this._open.get(cell);
    if (open !== undefined) {
      open.dispose();
    } else if (this.isFor(cell)) {
      const form = new CellForm(cell, panel, this._links, this._translator);
      this._open.set(cell, form);
      form.disposed.connect(() => {
        this._open.delete(cell);
        this._changed.emit();
      });
      this._changed.emit();
      form.open();
    }
  }

  /** A button for the toolbar of a cell; hidden unless the cell is a fine-tune cell. */
  button(cell: Cell): ToolbarButton {
    const button = new ToolbarButton({
      icon: formIcon,
      tooltip: this._trans.__('Open the fine-tune form'),
      pressedTooltip: this._trans.__('Close the fine-tune form'),
      onClick: () => this.toggle(cell)
    });
    button.addClass('jp-nbtrain-form-button');
    const update = (): void => {
      button.setHidden(!this.isFor(cell) && !this.isOpen(cell));
      button.pressed = this.isOpen(cell);
    };
    const { model } = cell;
    model.contentChanged.connect(update);
    model.metadataChanged.connect(update);
    this._changed.connect(update);
    button.disposed.connect(() => {
      model.contentChanged.disconnect(update);
      model.metadataChanged.disconnect(update);
      this._changed.disconnect(update);
    });
    update();
    return button;
  }

  private _panelOf(cell: Cell): NotebookPanel | undefined {
    return this._tracker.find(panel => panel.content.widgets.includes(cell));
  }

  private readonly _trans: TranslationBundle;
  private readonly _open = new Map<CodeCell, CellForm>();
  private readonly _changed = new Signal<this, void>(this);
}
