// The button that writes the form's text to a cell. With nbtrain's JupyterLab extension the kernel writes it; otherwise
// it is copied to the clipboard, which only a click in the page may do.

const COPIED = 'Copied: paste it into a cell. Or run %finetune --write, which inserts it as a new cell below.';
const REFUSED = 'This page cannot access the clipboard: copy the selected text, or run %finetune --write.';

/** Copy without `navigator.clipboard`, for example on pages that are not served securely. */
function copySelected(area) {
  area.hidden = false;
  area.focus();
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}

async function copy(text, area) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    area.value = text;
    return copySelected(area);
  }
}

export default {
  render({ model, el }) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jupyter-widgets jupyter-button widget-button nbf-button';
    const said = document.createElement('span');
    said.className = 'nbf-said';
    said.setAttribute('role', 'status');
    const area = document.createElement('textarea');
    area.className = 'nbf-copy';
    area.readOnly = true;
    area.hidden = true;
    area.setAttribute('aria-label', 'The text of the cell');
    el.classList.add('nbf-write');
    el.append(button, said, area);

    const show = () => {
      button.textContent = model.get('writes') ? 'Write cell' : 'Copy cell';
      button.title = model.get('writes')
        ? 'Insert the text as a new cell below'
        : 'Copy the text of the cell to the clipboard';
    };
    const forget = () => {
      said.textContent = '';
      area.hidden = true;
    };
    const click = async () => {
      if (model.get('writes')) {
        model.send({ command: 'write' });
        said.textContent = 'Written to a cell below.';
        return;
      }
      const copied = await copy(model.get('text'), area);
      if (copied) {
        area.hidden = true;
        button.focus();
      }
      said.textContent = copied ? COPIED : REFUSED;
    };
    button.addEventListener('click', click);
    model.on('change:writes', show);
    model.on('change:text', forget);
    show();
    return () => {
      model.off('change:writes', show);
      model.off('change:text', forget);
    };
  }
};
