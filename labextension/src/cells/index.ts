/** Fine-tune cells: syntax highlighting, completion with help, error checking, and the form. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { CommandIDs } from '../common/ids';
import { ILinks } from '../kernel/tokens';
import { Checker } from './checker';
import { FinetuneCompletion } from './completion';
import { inFinetuneCells } from './editor';
import { Forms, formIcon } from './forms';
import { highlight } from './highlight';
import { lint } from './lint';
import { Notebooks } from './notebooks';
import { Schemas } from './schemas';

const COMPLETION_SETTINGS = '@jupyterlab/completer-extension:manager';

export const cells: JupyterFrontEndPlugin<void> = {
  id: 'nbtrain:cells',
  description: 'Fine-tune cells: syntax highlighting, completion, error checking, and the form.',
  autoStart: true,
  optional: [
    INotebookTracker, // Notebook 7 has pages without notebooks
    IEditorExtensionRegistry,
    ILinks,
    ICompletionProviderManager,
    IStateDB,
    IToolbarWidgetRegistry,
    ICommandPalette,
    ISettingRegistry,
    ITranslator
  ],
  activate
};

function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  editors: IEditorExtensionRegistry | null,
  links: ILinks | null,
  completion: ICompletionProviderManager | null,
  state: IStateDB | null,
  toolbars: IToolbarWidgetRegistry | null,
  palette: ICommandPalette | null,
  settings: ISettingRegistry | null,
  translator: ITranslator | null
): void {
  if (tracker === null) {
    return;
  }
  const notebooks = new Notebooks(tracker, links);
  const schemas = new Schemas(links, state);
  const checker = new Checker(notebooks, schemas);
  schemas.changed.connect(checker.refresh, checker);
  links?.changed.connect(checker.refresh, checker);
  NotebookActions.executed.connect(() => {
    schemas.ask();
    checker.refresh(); // there may be new variables
  });
  if (editors !== null) {
    addToEditors(editors, checker);
  }
  if (completion !== null) {
    const showsHelp = helpSetting(settings);
    completion.registerProvider(new FinetuneCompletion(notebooks, schemas, completion, showsHelp));
  }
  const forms = new Forms(tracker, links, translator ?? nullTranslator);
  toolbars?.addFactory<Cell>('Cell', 'nbtrain-form', cell => forms.button(cell));
  addCommand(app, tracker, forms, palette, (translator ?? nullTranslator).load('nbtrain'));
}

function addToEditors(editors: IEditorExtensionRegistry, checker: Checker): void {
  editors.addExtension({
    name: 'nbtrain:cells',
    factory: ({ inline, model }) =>
      inline && isCode(model)
        ? EditorExtensionRegistry.createImmutableExtension(
            inFinetuneCells([highlight(), lint(checker, model)], model.sharedModel.getSource())
          )
        : null
  });
}

function isCode(model: CodeEditor.IModel): boolean {
  return 'type' in model && model.type === 'code';
}

/** Whether JupyterLab's setting shows help next to completions in all cells. */
function helpSetting(settings: ISettingRegistry | null): () => boolean {
  let shows = false;
  settings?.load(COMPLETION_SETTINGS).then(
    loaded => {
      const read = (): void => {
        shows = loaded.composite['showDocumentationPanel'] === true;
      };
      loaded.changed.connect(read);
      read();
    },
    () => undefined // the setting does not exist here; the default is off
  );
  return () => shows;
}

function addCommand(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  forms: Forms,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  app.commands.addCommand(CommandIDs.openCellForm, {
    label: trans.__('Open Fine-Tune Form for This Cell'),
    caption: trans.__(
      'Edit the configuration of this fine-tune cell in a form, or close the form'
    ),
    icon: formIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => forms.isFor(tracker.activeCell) || forms.isOpen(tracker.activeCell),
    isToggled: () => forms.isOpen(tracker.activeCell),
    execute: () => forms.toggle(tracker.activeCell)
  });
  forms.changed.connect(() => app.commands.notifyCommandChanged(CommandIDs.openCellForm));
  palette?.addItem({ command: CommandIDs.openCellForm, category: trans.__('Fine-tuning') });
}
