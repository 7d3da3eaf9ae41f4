/** A translation for tests that returns the text unchanged. */

import type { Translation } from './words.js';

export const trans: Translation = {
  __: (text, ...values) => text.replace(/%(\d)/g, (_, place) => String(values[Number(place) - 1]))
};
