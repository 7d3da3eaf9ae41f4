/** The runs of all notebooks: those that are open, and those whose kernel works though they are closed. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { forEachLink } from '../kernel/each';
import type { RunSummary } from '../kernel/protocol';
import type { State } from '../common/statuses';
import { hasEnded, isGone } from '../common/statuses';
import type { ILink, ILinks } from '../kernel/tokens';

/** A run with its kernel and notebook. */
export interface Entry {
  readonly run: RunSummary;
  readonly state: State;
  /** The link to its kernel; null if there is none now, or if that kernel was restarted or died. */
  readonly link: ILink | null;
  /** ID of its kernel. */
  readonly kernel: string;
  /** Its notebook, if that is open. */
  readonly notebook: NotebookPanel | null;
  /** Path of its notebook; "" if that is not known. */
  readonly path: string;
}

/** The name of the notebook of a run, or "". */
export function placeOf({ notebook, path }: Entry): string {
  return notebook?.title.label ?? path.split('/').pop() ?? '';
}

/** A change of a run. */
export interface Change {
  /** The run before; null if it is new to this page. */
  before: RunSummary | null;
  entry: Entry;
}

/** Statuses of a kernel that died by itself. */
const DIED: ReadonlySet<string> = new Set(['autorestarting', 'dead']);

export class RunsModel implements IDisposable {
  constructor(private readonly _links: ILinks) {
    forEachLink(_links, link => {
      link.runsChanged.connect(this._onRun, this);
      link.disposed.connect(this._onGone, this);
      this._onRun(link, null);
    });
    _links.changed.connect(this._clean, this);
  }

  /** Runs that the user stopped on this page. */
  readonly stopped = new Set<string>();

  /** All runs. Their IDs begin with the start time. */
  get newestFirst(): Entry[] {
    return [...this._entries.values()].sort((one, other) => (one.run.run < other.run.run ? 1 : -1));
  }

  /** The run with an ID. */
  find(id: string): Entry | null {
    return this._entries.get(id) ?? null;
  }

  /** Emitted when a run was changed, added or removed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted for each run that was added or changed. */
  get runChanged(): ISignal<this, Change> {
    return this._runChanged;
  }

  /** Emitted for a run whose kernel died while it trained. */
  get died(): ISignal<this, Change> {
    return this._died;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private _onRun(link: ILink, run: RunSummary | null): void {
    if (run) {
      this._set(link, run);
    } else {
      link.runs.forEach(one => this._set(link, one));
      for (const [id, entry] of this._entries) {
        if (entry.link === link && !link.runs.has(id)) {
          this._entries.delete(id);
        } else if (!entry.link && entry.kernel === link.kernel.id && link.runs.size && !hasEnded(entry.state)) {
          this._lose(entry, false); // the kernel was restarted while nobody listened
        }
      }
    }
    this._changed.emit();
  }

  private _set(link: ILink, run: RunSummary): void {
    const before = this._entries.get(run.run)?.run ?? null;
    const { kernel } = link;
    const notebook = this._notebookOf(link, run);
    const path = this._links.pathOf(kernel.id);
    const entry = { run, state: run.head.status, link, kernel: kernel.id, notebook, path };
    this._entries.set(run.run, entry);
    this._runChanged.emit({ before, entry });
  }

  private _onGone(link: ILink): void {
    const { status } = link.kernel;
    for (const [id, entry] of this._entries) {
      if (entry.link !== link) {
        continue;
      }
      if (isGone(status) && !hasEnded(entry.state)) {
        this._lose(entry, DIED.has(status));
      } else {
        this._entries.set(id, { ...entry, link: null });
      }
    }
    this._clean();
  }

  /** @param died Whether its kernel died by itself. */
  private _lose(entry: Entry, died: boolean): void {
    const lost: Entry = { ...entry, state: 'lost', link: null };
    this._entries.set(entry.run.run, lost);
    if (died) {
      this._died.emit({ before: entry.run, entry: lost });
    }
  }

  /**
   * Look after the runs without a link: one that trains waits for the next link, such as that of a notebook that is
   * opened again; one that has ended stays as long as its notebook is open or its kernel runs.
   */
  private _clean(): void {
    for (const entry of this._entries.values()) {
      if (!entry.link && !hasEnded(entry.state) && !this._links.isAwaited(entry.kernel)) {
        this._lose(entry, false);
      }
    }
    for (const [id, { link, notebook, kernel }] of this._entries) {
      if (!link && (!notebook || notebook.isDisposed) && !this._links.pathOf(kernel)) {
        this._entries.delete(id);
      }
    }
    this._changed.emit();
  }

  /** The notebook with the cell of the run, or else any notebook of its kernel. */
  private _notebookOf(link: ILink, run: RunSummary): NotebookPanel | null {
    const known = this._entries.get(run.run)?.notebook;
    if (known && !known.isDisposed) {
      return known;
    }
    const panels = this._links.notebooksOf(link);
    const panel = panels.find(one => one.content.widgets.some(cell => cell.model.id === run.cell));
    const found = panel ?? panels[0] ?? null;
    found?.disposed.connect(this._onClosed, this);
    return found;
  }

  private _onClosed(panel: NotebookPanel): void {
    for (const [id, entry] of this._entries) {
      if (entry.notebook === panel) {
        this._entries.set(id, { ...entry, notebook: null });
      }
    }
    this._clean();
  }

  private _isDisposed = false;
  private readonly _entries = new Map<string, Entry>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _runChanged = new Signal<this, Change>(this);
  private readonly _died = new Signal<this, Change>(this);
}
