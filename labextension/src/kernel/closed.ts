/** The kernels of notebooks that are not open: watched as long as they work, or a run is active. */

import type { Kernel, ServiceManager, Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isActive } from '../common/statuses';
import type { Link } from './link';
import { KernelWatch } from './watch';

/**
 * Milliseconds without work after which a kernel is let go: a server may end kernels that are idle and have no
 * connection, and ours must not keep it from that.
 */
const QUIET = 5000;

export class ClosedNotebooks {
  /** @param restored Resolves when the notebooks that were open before are there. */
  constructor(
    private readonly _services: ServiceManager.IManager,
    restored: Promise<void>
  ) {
    const begin = (): void => {
      this._isRestored = true;
      this._sessionsChanged.emit();
    };
    void Promise.all([restored, _services.sessions.ready]).then(begin);
    _services.sessions.runningChanged.connect(() => this._sessionsChanged.emit());
  }

  set rate(rate: number) {
    this._rate = rate;
    this._watched.forEach(({ watch }) => (watch.rate = rate));
  }

  get links(): Link[] {
    return [...this._watched.values()].flatMap(({ watch }) => watch.link ?? []);
  }

  /** Emitted when a link was added or disposed, and when another one is awaited. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when a session was started or has ended: `refresh` is to be called. */
  get sessionsChanged(): ISignal<this, void> {
    return this._sessionsChanged;
  }

  pathOf(kernel: string): string {
    return this._sessions().get(kernel)?.path ?? '';
  }

  isAwaited(kernel: string): boolean {
    return !this._quiet.has(kernel) && this._sessions().has(kernel);
  }

  /**
   * Watch the kernels of all notebooks, but not those that a notebook on this page has.
   *
   * @param paths The notebooks on this page; they may not have their kernel yet.
   * @param kernels IDs of their kernels.
   */
  refresh(paths: ReadonlySet<string>, kernels: ReadonlySet<string>): void {
    if (!this._isRestored) {
      return;
    }
    const sessions = this._sessions();
    const isClosed = (id: string): boolean => {
      const session = sessions.get(id);
      return session !== undefined && !kernels.has(id) && !paths.has(session.path);
    };
    for (const [id, one] of this._watched) {
      if (one.isDisposed || !isClosed(id)) {
        this._watched.delete(id);
        one.dispose();
      }
    }
    this._quiet.forEach(id => isClosed(id) || this._quiet.delete(id));
    for (const { kernel } of sessions.values()) {
      if (kernel && isClosed(kernel.id) && !this._quiet.has(kernel.id) && !this._watched.has(kernel.id)) {
        this._watch(kernel);
      }
    }
    this._changed.emit();
  }

  private _watch(model: Kernel.IModel): void {
    const kernel = this._services.kernels.connectTo({ model, handleComms: false });
    const one = new ClosedKernel(new KernelWatch(kernel, this._rate), () => {
      this._quiet.add(model.id);
      this._watched.delete(model.id);
      one.dispose();
      this._changed.emit();
    });
    this._watched.set(model.id, one);
    one.watch.changed.connect(() => this._changed.emit());
  }

  /** The sessions of notebooks, by the IDs of their kernels. */
  private _sessions(): Map<string, Session.IModel> {
    const notebooks = [...this._services.sessions.running()].filter(one => one.type === 'notebook');
    return new Map(notebooks.flatMap(one => (one.kernel ? [[one.kernel.id, one]] : [])));
  }

  private _isRestored = false;
  private _rate = 1;
  private readonly _watched = new Map<string, ClosedKernel>();
  /** The kernels that were let go. */
  private readonly _quiet = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _sessionsChanged = new Signal<this, void>(this);
}

/** A kernel with a connection of its own. */
class ClosedKernel implements IDisposable {
  /** @param _onQuiet Called when the kernel is idle for a while, and none of its runs is active. */
  constructor(
    readonly watch: KernelWatch,
    private readonly _onQuiet: () => void
  ) {
    watch.kernel.statusChanged.connect(this._wait, this);
    watch.changed.connect(() => {
      watch.link?.runsChanged.connect(this._wait, this);
      this._wait();
    });
    this._wait();
  }

  get isDisposed(): boolean {
    return this.watch.isDisposed;
  }

  dispose(): void {
    clearTimeout(this._timer);
    Signal.clearData(this);
    this.watch.dispose();
    this.watch.kernel.dispose();
  }

  private _wait(): void {
    clearTimeout(this._timer);
    if (this.isDisposed) {
      return;
    }
    this._timer = setTimeout(() => {
      const { kernel, link, isSearching } = this.watch;
      const isBusy = isSearching || [...(link?.runs.values() ?? [])].some(isActive);
      if (!isBusy && kernel.status === 'idle') {
        this._onQuiet();
      }
    }, QUIET);
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
}
