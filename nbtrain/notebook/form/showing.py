"""Show a form: as widgets with a place for the record below them, or as text where nobody could fill it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from nbtrain.notebook.channel import connect

if TYPE_CHECKING:
    from nbtrain.notebook.form.document import Form

NOBODY = "# A form needs a notebook and somebody who fills it in. This is its text, and a cell with this text trains."


def show(form: Form) -> None:
    """Show `form` in the cell that is running."""
    shell = form.shell
    kernel = getattr(shell, "kernel", None)
    if shell is None or kernel is None or not getattr(kernel, "_allow_stdin", True):
        print(f"{NOBODY}\n{form.text}")
        return
    ours = connect(shell)
    form.cell = ours.cell_id() if ours is not None else ""
    bundle = {**form.widget._repr_mimebundle_(), "text/plain": form.text}
    display(bundle, raw=True)
    form.view.training.reserve()
    form.view.look()
