/** Calls a function for current and future links. */

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
