/** Asks which runs to compare. */

import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { make } from '../common/dom.js';
import type { RunChoice } from '../kernel/protocol';
import type { ILink } from '../kernel/tokens';
import { metricsOf, nameOf, stateWord } from '../runs/words';
import type { Translation } from '../runs/words';

/** Milliseconds to wait for the runs of the folder; those of the notebook are known to the page. */
const TIMEOUT = 4000;

/** The runs to choose from, newest first: those of the folder, or while the kernel is busy those of this kernel. */
export async function choicesOf(link: ILink, trans: Translation): Promise<RunChoice[]> {
  try {
    return (await link.request({ type: 'runs' }, 'runs', TIMEOUT)).runs;
  } catch {
    return [...link.runs.values()].reverse().map(run => ({
      code: run.name || JSON.stringify(run.run),
      name: run.head.name || nameOf(run),
      status: stateWord(run.head, run.head.status, trans),
      started: '',
      model: run.head.subject[0] ?? '',
      data: run.head.subject[1] ?? '',
      metric: metricsOf(run)[0]?.join(' ') ?? '',
      here: true,
      chosen: run.head.status === 'finished'
    }));
  }
}

/** Ask the user; the chosen runs as code, oldest first, or null if there are none. */
export async function askWhich(runs: readonly RunChoice[], trans: TranslationBundle): Promise<string[] | null> {
  const body = new Choices(runs, trans);
  const dialog = new Dialog<string[]>({
    title: trans.__('Compare Runs'),
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Compare') })],
    focusNodeSelector: 'input:checked, input'
  });
  const accept = dialog.node.querySelector<HTMLButtonElement>('button.jp-mod-accept');
  body.onChange = () => {
    if (accept) {
      accept.disabled = body.getValue().length === 0;
    }
  };
  body.onChange();
  const { button, value } = await dialog.launch();
  return button.accept && value?.length ? value : null;
}

/** A table of runs with check boxes. */
class Choices extends Widget implements Dialog.IBodyWidget<string[]> {
  constructor(runs: readonly RunChoice[], trans: Translation) {
    super();
    this.addClass('jp-nbtrain-compare');
    const here = runs.filter(run => run.here);
    this._rows = runs.map(run => ({ run, box: make('input', { type: 'checkbox', 'aria-label': run.name }) }));
    this._rows.forEach(({ run, box }) => (box.checked = run.chosen));
    this._all.checked = here.length === 0;
    this._all.addEventListener('change', () => this._show());
    const titles = ['', 'Run', 'Model', 'Data', 'Result', 'Status', 'Started'].map(title => title && trans.__(title));
    const head = make('tr', {}, ...titles.map(title => make(title ? 'th' : 'td', title ? { scope: 'col' } : {}, title)));
    this._body.append(...this._rows.map(({ run, box }) => row(run, box)));
    const table = make('table', {}, make('thead', {}, head), this._body);
    table.addEventListener('change', () => this.onChange());
    this.node.append(make('div', { class: 'jp-nbtrain-compare-runs' }, table));
    if (here.length < runs.length) {
      const others = runs.length - here.length;
      const text = trans.__('All runs in this folder (%1 of other notebooks)', others);
      this.node.append(make('label', {}, this._all, ` ${text}`));
    }
    this._show();
  }

  onChange = (): void => undefined;

  getValue(): string[] {
    return this._rows.flatMap(({ run, box }) => (box.checked && this._isShown(run) ? [run.code] : [])).reverse();
  }

  private _isShown(run: RunChoice): boolean {
    return run.here || this._all.checked;
  }

  private _show(): void {
    this._rows.forEach(({ run }, index) => {
      const row = this._body.rows[index];
      if (row) {
        row.hidden = !this._isShown(run);
      }
    });
    this.onChange();
  }

  private readonly _all = make('input', { type: 'checkbox' });
  private readonly _body = make('tbody');
  private readonly _rows: { run: RunChoice; box: HTMLInputElement }[];
}

/** A click anywhere in a row is one on its box. */
function row(run: RunChoice, box: HTMLInputElement): HTMLTableRowElement {
  const texts = [run.name, run.model, run.data, run.metric, run.status, run.started];
  const node = make('tr', {}, make('td', {}, box), ...texts.map(text => make('td', { title: text }, text)));
  node.addEventListener('click', event => event.target !== box && box.click());
  return node;
}
