/** The record of a run in an output. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';

import { MIME_TYPE, RecordError, parseRecord } from './parse.js';
import { type Page, buildPage, buildErrorMessage } from './page.js';

export class RecordRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('jp-nbtrain-record');
    this.addClass('nbt-look');
    const bundle = options.translator?.load('nbtrain');
    this._translate = (text, ...values) => bundle?.__(text, ...values) ?? interpolate(text, values);
  }

  /** Show an output. An update keeps the zoom and the expanded sections. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    try {
      const run = parseRecord(model.data[MIME_TYPE]);
      this._page ??= buildPage(this._translate);
      this._page.show(run);
      this._setContent(this._page.root);
    } catch (error) {
      if (!(error instanceof RecordError)) {
        throw error;
      }
      const plain = model.data['text/plain'];
      this._setContent(buildErrorMessage(error.message, typeof plain === 'string' ? plain : '', this._translate));
    }
  }

  override dispose(): void {
    this._page?.end();
    this._page = null;
    super.dispose();
  }

  private _setContent(node: HTMLElement): void {
    if (this.node.firstChild !== node) {
      this.node.replaceChildren(node);
    }
  }

  private _page: Page | null = null;
  private readonly _translate: (text: string, ...values: string[]) => string;
}

/** Replace %1, %2, ..., as a translator does. */
function interpolate(text: string, values: string[]): string {
  return text.replace(/%(\d)/g, (all, place: string) => values[Number(place) - 1] ?? all);
}
