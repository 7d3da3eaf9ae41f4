/** The settings of the runs panel, as they are now. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

export interface Settings {
  /** Most updates of a run in a second. */
  rate: number;
  notifications: boolean;
  /** Open the panel when a run begins. */
  opens: boolean;
}

/** Those of the registry, now and whenever they change; without one the defaults stay. */
export async function followSettings(
  registry: ISettingRegistry | null,
  id: string,
  apply: (settings: Settings) => void
): Promise<void> {
  if (!registry) {
    return;
  }
  const settings = await registry.load(id);
  const read = (): void => {
    const { rate, notifications, opens } = settings.composite;
    apply({ rate: Number(rate), notifications: notifications === true, opens: opens === true });
  };
  settings.changed.connect(read);
  read();
}
