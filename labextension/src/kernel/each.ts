/** Calls a function for current and future links. */

import type { NotebookPanel } from '@jupyterlab/notebook';

import type { ILink, ILinks } from './tokens';

/** Call `met` with each existing link, and with each that is added later. */
export function forEachLink(links: ILinks, met: (link: ILink) => void): void {
  const known = new WeakSet<ILink>();
  const refresh = (): void => {
    for (const link of links.all) {
      if (!known.has(link)) {
        known.add(link);
        met(link);
      }
    }
  };
  links.changed.connect(refresh);
  refresh();
}

/** The link to the kernel of a notebook as soon as there is one; null after `timeout` milliseconds. */
export function linkOnce(links: ILinks, panel: NotebookPanel, timeout: number): Promise<ILink | null> {
  return new Promise(resolve => {
    const finish = (link: ILink | null): void => {
      clearTimeout(timer);
      links.changed.disconnect(look);
      resolve(link);
    };
    const look = (): void => {
      const link = panel.isDisposed ? null : links.linkTo(panel.sessionContext);
      if (link) {
        finish(link);
      }
    };
    const timer = setTimeout(() => finish(null), timeout);
    links.changed.connect(look);
    look();
  });
}
