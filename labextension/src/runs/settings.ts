/** The settings of the runs panel. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

export interface Settings {
  /** Maximum number of updates of a run per second. */
  rate: number;
  notifications: boolean;
  /** Open the panel when a run starts. */
  opens: boolean;
}

/** Apply the settings of the registry, now and on each change. Without it the defaults stay. */
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
