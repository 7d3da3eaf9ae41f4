/** Helpers for DOM elements. */

/** Prevents JupyterLab from handling keys as shortcuts. */
export const OWN_KEYS = { 'data-lm-suppress-shortcuts': 'true' };

/** Create an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

/** A text, its parts in backticks as code. */
export function withCode(text: string): (Node | string)[] {
  const parts = text.split('`');
  const isBalanced = parts.length % 2 === 1;
  return isBalanced ? parts.map((part, index) => (index % 2 ? make('code', {}, part) : part)) : [text];
}

/** Set the text of a node, if it differs. */
export function say(node: Element, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

export function setAttributes(node: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
}

/** Change an attribute only if its value differs; null removes it. */
export function mark(node: Element, name: string, value: string | null): void {
  if (value === null) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== value) {
    node.setAttribute(name, value);
  }
}
