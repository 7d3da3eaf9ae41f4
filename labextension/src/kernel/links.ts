/** The links of all notebooks: one per kernel that has loaded nbtrain. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ClosedNotebooks } from './closed';
import type { ILink, ILinks } from './tokens';
import { KernelWatch } from './watch';

const RATE = 1;

export class Links implements ILinks {
  /**
   * @param _tracker null on a page that shows no notebooks.
   * @param _closed null on a page that shows open notebooks only.
   */
  constructor(
    private readonly _tracker: INotebookTracker | null,
    private readonly _closed: ClosedNotebooks | null
  ) {
    _closed?.changed.connect(() => this._changed.emit());
    _closed?.sessionsChanged.connect(this._refresh, this);
    _tracker?.forEach(panel => this._add(panel));
    _tracker?.widgetAdded.connect((_, panel) => this._add(panel));
  }

  get rate(): number {
    return this._rate;
  }

  set rate(rate: number) {
    if (rate !== this._rate) {
      this._rate = rate;
      if (this._closed) {
        this._closed.rate = rate;
      }
      this._watches.forEach(watch => (watch.rate = rate));
    }
  }

  get all(): readonly ILink[] {
    const open = [...this._watches.values()].flatMap(watch => watch.link ?? []);
    return [...open, ...(this._closed?.links ?? [])];
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  linkTo(sessionContext: ISessionContext): ILink | null {
    const kernel = kernelOf(sessionContext);
    return (kernel && this._watches.get(kernel.id)?.link) ?? null;
  }

  notebooksOf(link: ILink): NotebookPanel[] {
    return (
      this._tracker?.filter(panel => kernelOf(panel.sessionContext)?.id === link.kernel.id) ?? []
    );
  }

  pathOf(kernel: string): string {
    return this._closed?.pathOf(kernel) ?? '';
  }

  isAwaited(kernel: string): boolean {
    const watch = this._watches.get(kernel);
    return watch && !watch.isDisposed
      ? watch.link !== null || watch.isSearching
      : (this._closed?.isAwaited(kernel) ?? false);
  }

  private _add(panel: NotebookPanel): void {
    panel.sessionContext.kernelChanged.connect(this._refresh, this);
    panel.disposed.connect(this._refresh, this);
    this._refresh();
  }

  /** Watch the kernels of all notebooks. Those that share a kernel share its watch. */
  private _refresh(): void {
    const wanted = new Map<string, Kernel.IKernelConnection>();
    const paths = new Set<string>();
    this._tracker?.forEach(panel => {
      if (!panel.isDisposed && !panel.sessionContext.isDisposed) {
        paths.add(panel.sessionContext.path);
      }
      const kernel = panel.isDisposed ? null : kernelOf(panel.sessionContext);
      if (kernel?.handleComms && !kernel.isDisposed) {
        wanted.set(kernel.id, kernel);
      }
    });
    for (const [id, watch] of this._watches) {
      if (watch.isDisposed || wanted.get(id) !== watch.kernel) {
        this._watches.delete(id);
        watch.dispose();
        this._changed.emit();
      }
    }
    for (const [id, kernel] of wanted) {
      if (!this._watches.has(id)) {
        const watch = new KernelWatch(kernel, this._rate);
        this._watches.set(id, watch);
        watch.changed.connect(() => this._changed.emit());
      }
    }
    this._closed?.refresh(paths, new Set(wanted.keys()));
  }

  private _rate = RATE;
  private readonly _watches = new Map<string, KernelWatch>();
  private readonly _changed = new Signal<this, void>(this);
}

function kernelOf(sessionContext: ISessionContext): Kernel.IKernelConnection | null {
  return sessionContext.isDisposed ? null : (sessionContext.session?.kernel ?? null);
}
