/** Following the links that come and go. */

import type { ILink, ILinks } from './tokens';

/** Call `met` with each link that there is, and with each that comes later. */
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
