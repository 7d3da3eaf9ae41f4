/**
 * The button that writes the form's text to a cell. With nbtrain's JupyterLab extension the kernel writes it; otherwise
 * it is copied to the clipboard, which only a click in the page may do.
 */

import { make, say } from '../common/dom.js';
import type { Context } from '../common/widget.js';
import type { WriteButtonTraits, WriteRequest } from '../kernel/protocol.js';

const WRITTEN = 'Written to a cell below.';
const COPIED = 'Copied: paste it into a cell. Or run %finetune --write, which inserts it as a new cell below.';
const REFUSED = 'This page cannot access the clipboard: copy the selected text, or run %finetune --write.';

function showButton({ model, el }: Context<WriteButtonTraits, WriteRequest>): () => void {
  const button = make('button', { type: 'button', class: 'jupyter-widgets jupyter-button widget-button nbf-button' });
  const said = make('span', { class: 'nbf-said', role: 'status' });
  const area = make('textarea', { class: 'nbf-copy', 'aria-label': 'The text of the cell' });
  area.readOnly = area.hidden = true;
  el.classList.add('nbf-write');
  el.append(button, said, area);

  const show = (): void => {
    const writes = model.get('writes');
    say(button, writes ? 'Write cell' : 'Copy cell');
    button.title = writes ? 'Insert the text as a new cell below' : 'Copy the text of the cell to the clipboard';
  };
  const forget = (): void => {
    say(said, '');
    area.hidden = true;
  };
  const click = async (): Promise<void> => {
    if (model.get('writes')) {
      model.send({ command: 'write' });
      say(said, WRITTEN);
      return;
    }
    const copied = await copy(model.get('text'), area);
    if (copied) {
      area.hidden = true;
      button.focus();
    }
    say(said, copied ? COPIED : REFUSED);
  };
  button.addEventListener('click', () => void click());
  model.on('change:writes', show);
  model.on('change:text', forget);
  show();
  return () => {
    model.off('change:writes', show);
    model.off('change:text', forget);
  };
}

async function copy(text: string, area: HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    area.value = text;
    return copySelected(area);
  }
}

/** Copy without `navigator.clipboard`, for example on pages that are not served securely. */
function copySelected(area: HTMLTextAreaElement): boolean {
  area.hidden = false;
  area.focus();
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}

export default { render: showButton };
