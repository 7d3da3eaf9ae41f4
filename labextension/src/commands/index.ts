/** Commands in the palette and in the notebook's toolbar. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { icon } from '../common/icon';
import { CommandIDs } from '../common/ids';
import { isFinetune } from '../common/magic';
import { FINETUNE, FORM, compareOf, exportOf } from '../common/template';
import { forEachLink, linkOnce } from '../kernel/each';
import type { RunSummary } from '../kernel/protocol';
import { isActive } from '../common/statuses';
import type { ILink } from '../kernel/tokens';
import { ILinks } from '../kernel/tokens';
import { askWhich, choicesOf } from './compare';
import { insert, loadingCell, run } from './notebook';
import { writeCells } from './write';

/** Milliseconds to wait for the link to a kernel that has just loaded nbtrain. */
const LINK_TIMEOUT = 5000;

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'nbtrain:commands',
  description: 'Commands that insert and run fine-tune cells.',
  autoStart: true,
  requires: [ILinks],
  optional: [INotebookTracker, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    links: ILinks,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null,
    anyTranslator: ITranslator | null
  ) => {
    if (!tracker) {
      return; // a page without notebooks
    }
    const translator = anyTranslator ?? nullTranslator;
    const trans = translator.load('nbtrain');

    const current = (): NotebookPanel | null => {
      const panel = tracker.currentWidget;
      return panel && !panel.isDisposed && panel.content.model && !panel.content.model.readOnly
        ? panel
        : null;
    };
    const isEnabled = (): boolean => current() !== null;
    const newestEnded = (): RunSummary | null => {
      const panel = current();
      const link = panel && links.linkTo(panel.sessionContext);
      const named = [...(link?.runs.values() ?? [])].filter(one => one.name && !isActive(one));
      return named.pop() ?? null;
    };
    /**
     * Insert a cell with `text` and run it, if necessary after the cell that loads nbtrain.
     */
    const insertAndRun = async (text: string, needsMagic: boolean): Promise<void> => {
      const panel = current();
      if (!panel) {
        return;
      }
      app.shell.activateById(panel.id);
      const first = needsMagic ? loadingCell(panel, links) : null;
      const cell = insert(panel, text);
      await run(
        panel,
        [first, cell].filter(one => one !== null),
        translator
      );
    };

    /** The link to the kernel of a notebook, after loading nbtrain if necessary; null if its kernel does not answer. */
    const linkOf = async (panel: NotebookPanel): Promise<ILink | null> => {
      const first = loadingCell(panel, links);
      if (first && !(await run(panel, [first], translator))) {
        return null;
      }
      return linkOnce(links, panel, LINK_TIMEOUT);
    };

    app.commands.addCommand(CommandIDs.insertCell, {
      label: trans.__('Insert Fine-Tune Cell'),
      caption: trans.__('Insert a fine-tune cell below'),
      icon,
      isEnabled,
      execute: async () => {
        const panel = current();
        if (!panel) {
          return;
        }
        app.shell.activateById(panel.id);
        const first = loadingCell(panel, links);
        const cell = insert(panel, FINETUNE);
        if (first && panel.sessionContext.session?.kernel) {
          await run(panel, [first], translator); // so that completion and help work at once
        }
        if (cell) {
          panel.content.activeCellIndex = panel.content.widgets.indexOf(cell);
        }
      }
    });
    app.commands.addCommand(CommandIDs.openForm, {
      label: trans.__('Open Fine-Tune Form'),
      caption: trans.__('Open a form for the active fine-tune cell, or for a new one'),
      icon,
      isEnabled,
      execute: async () => {
        const source = tracker.activeCell?.model.sharedModel.getSource() ?? '';
        if (isFinetune(source) && app.commands.hasCommand(CommandIDs.openCellForm)) {
          await app.commands.execute(CommandIDs.openCellForm);
        } else {
          await insertAndRun(FORM, true);
        }
      }
    });
    app.commands.addCommand(CommandIDs.compare, {
      label: trans.__('Compare Runs'),
      caption: trans.__('Choose runs, and insert and run a cell that compares them'),
      icon,
      isEnabled,
      execute: async () => {
        const panel = current();
        const link = panel && (await linkOf(panel));
        if (!link) {
          return insertAndRun(compareOf([]), false);
        }
        const choices = await choicesOf(link, trans);
        if (choices.length === 0) {
          const body = trans.__('No runs to compare here yet. Train some with a cell that begins with %1.', '%%finetune');
          await showDialog({ title: trans.__('Compare Runs'), body, buttons: [Dialog.okButton()] });
          return;
        }
        const chosen = await askWhich(choices, trans);
        if (chosen) {
          await insertAndRun(compareOf(chosen), false);
        }
      }
    });
    app.commands.addCommand(CommandIDs.exportRun, {
      label: () =>
        newestEnded()
          ? trans.__('Export Run as Script')
          : trans.__('Export Run as Script (no named run has ended here)'),
      caption: () => {
        const ended = newestEnded();
        return ended
          ? trans.__('Insert and run %1', exportOf(ended.name))
          : trans.__('A run of %1 can be exported when it has ended', '%%finetune --out NAME');
      },
      icon,
      isEnabled: () => newestEnded() !== null,
      execute: async () => {
        const ended = newestEnded();
        if (ended) {
          await insertAndRun(exportOf(ended.name), false);
        }
      }
    });

    const category = trans.__('Fine-tuning');
    const { insertCell, openForm, openRuns, compare, exportRun } = CommandIDs;
    const own = [insertCell, openForm, compare, exportRun];
    [...own, openRuns].forEach((command, rank) => palette?.addItem({ command, category, rank }));

    const ended = new WeakMap<ILink, string>();
    const onRuns = (link: ILink): void => {
      const names = [...link.runs.values()].map(one => `${one.name} ${isActive(one)}`).join();
      if (ended.get(link) !== names) {
        ended.set(link, names);
        app.commands.notifyCommandChanged(CommandIDs.exportRun);
      }
    };
    forEachLink(links, link => link.runsChanged.connect(onRuns));
    links.changed.connect(() => app.commands.notifyCommandChanged(CommandIDs.exportRun));
    tracker.currentChanged.connect(() =>
      own.forEach(command => app.commands.notifyCommandChanged(command))
    );
    writeCells(links, tracker);
  }
};
