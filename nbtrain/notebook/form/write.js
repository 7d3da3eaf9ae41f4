// The button that takes the form's text to a cell. With nbtrain's JupyterLab extension the kernel has it written;
// elsewhere it goes to the clipboard, which only a click in the page may do.

const COPIED = 'Copied: paste it into a cell. Or execute %finetune --write, which makes the next cell of it.';
const REFUSED = 'This page may not use the clipboard: copy the marked text. Or execute %finetune --write.';

/** Copies as pages without `navigator.clipboard` do (those that are not served securely, say). */
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
        ? 'Put the text into a new cell below'
        : 'Copy the text of the cell to the clipboard';
    };
    const forget = () => {
      said.textContent = '';
      area.hidden = true;
    };
    const click = async () => {
      if (model.get('writes')) {
        model.send({ command: 'write' });
        said.textContent = 'Written into a new cell.';
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
