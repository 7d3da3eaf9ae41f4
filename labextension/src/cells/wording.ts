/** What the kernel says of an unknown key, and of an old one with its value. */

import { closest } from './closest.js';
import type { Wording } from './field.js';
import type { CellSchema } from './schema.js';
import { written } from './toml.js';

export function unknownKey(key: string, value: unknown, schema: CellSchema): Wording {
  const meant = schema.otherNames.get(key.toLowerCase()) ?? closest(key, schema.keys.keys());
  const hint =
    meant === null ? '`%finetune --help` lists every key.' : `Did you mean \`${meant}\`?`;
  return { message: `Unknown key \`${key}\`.`, fix: advice(key, value, schema) ?? hint };
}

/** The line that says the same as an old key or one of another tool; null if there is none. */
export function replacement(name: string, value: unknown, schema: CellSchema): string | null {
  const template = schema.replaced.get(name.toLowerCase());
  if (template !== undefined) {
    const isOff = value === null || value === false || value === 0 || value === 0n;
    return isOff ? null : template.replace('{value}', () => written(value));
  }
  const other = schema.otherNames.get(name.toLowerCase());
  return other === undefined ? null : `${other} = ${written(value)}`;
}

/** What to do instead of an unknown key; null if only its spelling can be corrected. */
export function advice(name: string, value: unknown, schema: CellSchema): string | null {
  if (schema.replaced.has(name.toLowerCase())) {
    const line = replacement(name, value, schema);
    return line === null ? 'Remove it.' : `Write ${line}.`;
  }
  return schema.advice.get(name.toLowerCase())?.replace('{name}', () => name) ?? null;
}
