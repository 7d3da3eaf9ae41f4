/** The schemas that kernels have sent; the newest is kept for when no kernel answers. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { JSONObject } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ILink, ILinks } from '../kernel/tokens';
import { readSchema } from './schema';
import type { CellSchema } from './schema';

const KEPT_AS = 'nbtrain:cells:schema';
const TIMEOUT = 5000;

export class Schemas {
  constructor(
    private readonly _links: ILinks | null,
    private readonly _state: IStateDB | null
  ) {
    void this._recall();
    _links?.changed.connect(this.ask, this);
    this.ask();
  }

  /** Emitted when another schema is known. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The schema of a kernel, or else the newest of any. */
  of(link: ILink | null): CellSchema | null {
    return (link && this._byLink.get(link)) ?? this._newest;
  }

  /** Ask the kernels that have not answered yet. */
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
      this._remember(schema);
    } catch {
      this._asked.delete(link); // busy: it is asked again when one of its cells has run
    }
  }

  private _remember(schema: JSONObject): void {
    if (this._newestJson === null || !JSONExt.deepEqual(schema, this._newestJson)) {
      this._newest = readSchema(schema);
      this._newestJson = schema;
      void this._state?.save(KEPT_AS, schema);
    }
    this._changed.emit();
  }

  private async _recall(): Promise<void> {
    const kept = (await this._state?.fetch(KEPT_AS)) as JSONObject | undefined;
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
