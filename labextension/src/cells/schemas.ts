/** The schemas of the kernels; the newest is stored for when no kernel responds. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { JSONObject } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ILink, ILinks } from '../kernel/tokens';
import { readSchema } from './schema';
import type { CellSchema } from './schema';

const STATE_KEY = 'nbtrain:cells:schema';
const TIMEOUT = 5000;

export class Schemas {
  constructor(
    private readonly _links: ILinks | null,
    private readonly _state: IStateDB | null
  ) {
    void this._restore();
    _links?.changed.connect(this.ask, this);
    this.ask();
  }

  /** Emitted when the schemas have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The schema of a kernel, or else the newest one. */
  of(link: ILink | null): CellSchema | null {
    return (link && this._byLink.get(link)) ?? this._newest;
  }

  /** Ask the kernels that have not responded yet. */
  ask(): void {
    for (const link of this._links?.all ?? []) {
      if (!this._byLink.has(link) && !this._asked.has(link)) {
        void this._askOne(link);
      }
    }
  }

  private async _askOne(link: ILink): Promise<void> {
    this._asked.add(link);
    try {
      const { schema } = await link.request({ type: 'schema' }, 'schema', TIMEOUT);
      this._byLink.set(link, readSchema(schema));
      this._store(schema);
    } catch {
      this._asked.delete(link); // busy: asked again after one of its cells has run
    }
  }

  private _store(schema: JSONObject): void {
    if (this._newestJson === null || !JSONExt.deepEqual(schema, this._newestJson)) {
      this._newest = readSchema(schema);
      this._newestJson = schema;
      void this._state?.save(STATE_KEY, schema);
    }
    this._changed.emit();
  }

  private async _restore(): Promise<void> {
    const kept = (await this._state?.fetch(STATE_KEY)) as JSONObject | undefined;
    if (kept !== undefined && this._newest === null) {
      this._newest = readSchema(kept);
      this._newestJson = kept;
      this._changed.emit();
    }
  }

  private _newest: CellSchema | null = null;
  private _newestJson: JSONObject | null = null;
  private readonly _byLink = new WeakMap<ILink, CellSchema>();
  private readonly _asked = new WeakSet<ILink>();
  private readonly _changed = new Signal<this, void>(this);
}
