/** The runs panel, the status bar item, notifications, and the repair of outputs after a reload. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { icon } from '../common/icon';
import { CommandIDs } from '../common/ids';
import { isActive } from '../common/statuses';
import { ILinks } from '../kernel/tokens';
import type { CardActions } from './card';
import { canGoTo, goTo, isSeen } from './cells';
import { markGone } from './gone';
import { replaceLeftovers } from './leftovers';
import type { Entry } from './model';
import { RunsModel } from './model';
import { notifyOf } from './notify';
import { renewOutputs } from './outputs';
import { PANEL_ID, RunsPanel } from './panel';
import { showPrinted } from './print';
import type { Settings } from './settings';
import { followSettings } from './settings';
import { StatusItem } from './status';
import { sendCommand, stop } from './steering';
import { nameOf } from './words';

const ID = 'nbtrain:runs';

/** Age in seconds up to which an unknown run counts as just started. */
const MAX_NEW_SECONDS = 10;

export const runs: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Runs of all notebooks that run: sidebar panel, status bar, notifications.',
  autoStart: true,
  requires: [ILinks],
  optional: [INotebookTracker, ITranslator, ISettingRegistry, IStatusBar, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    links: ILinks,
    tracker: INotebookTracker | null,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    restorer: ILayoutRestorer | null
  ) => {
    if (!tracker) {
      return; // a page without notebooks
    }
    const trans = (translator ?? nullTranslator).load('nbtrain');
    const model = new RunsModel(links);
    let settings: Settings = { rate: links.rate, notifications: true, opens: false };
    const open = (): void => app.shell.activateById(PANEL_ID);
    const show = (entry: Entry): void =>
      void goTo(
        id => app.shell.activateById(id),
        path => app.commands.execute('docmanager:open', { path }),
        tracker,
        entry
      );

    const gone = { text: trans.__('The kernel was restarted or has died.'), error: true };
    const actions: CardActions = {
      sendCommand: ({ link, run }, command) =>
        link ? sendCommand(link, run, command, trans) : Promise.resolve(gone),
      stop: async ({ link, run }) => {
        model.stopped.add(run.run); // set first, so that there is no notification when it has stopped
        const answer = link ? await stop(link, run, trans) : gone;
        if (answer.error) {
          model.stopped.delete(run.run);
        }
        return answer;
      },
      canGoTo: entry => canGoTo(tracker, entry),
      goTo: show,
      nameOf: id => {
        const entry = model.find(id);
        return entry ? nameOf(entry.run) : id;
      }
    };
    const insert = (): void => void app.commands.execute(CommandIDs.insertCell);
    const panel = new RunsPanel(model, actions, insert, trans);
    app.shell.add(panel, 'right', { rank: 600, type: trans.__('Fine-tuning runs') });
    restorer?.add(panel, PANEL_ID);

    app.commands.addCommand(CommandIDs.openRuns, {
      label: trans.__('Open Runs Panel'),
      caption: trans.__('Show the fine-tuning runs of all notebooks that run'),
      icon,
      execute: open
    });

    if (statusBar) {
      const item = new StatusItem(model, open, trans);
      statusBar.registerStatusItem(ID, {
        item,
        align: 'middle',
        isActive: () => item.isActive,
        activeStateChanged: item.activeChanged
      });
    }

    notifyOf(
      model,
      () => settings.notifications,
      entry => isSeen(tracker, entry),
      actions.canGoTo,
      show,
      trans
    );
    renewOutputs(links);
    showPrinted(links);
    replaceLeftovers(tracker);
    markGone(tracker, trans);
    model.runChanged.connect((_, { before, entry }) => {
      const { time } = entry.run.head;
      const begins =
        before === null && isActive(entry.run) && (typeof time !== 'number' || time < MAX_NEW_SECONDS);
      if (begins && settings.opens) {
        open();
      }
    });
    followSettings(registry, ID, now => {
      settings = now;
      links.rate = now.rate;
    }).catch(error => console.error('Could not load the settings of nbtrain:', error));
  }
};
