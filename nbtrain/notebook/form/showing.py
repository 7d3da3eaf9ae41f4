"""Show a form: as widgets with a place for the record below them, or as text where nobody could fill it in."""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any

from IPython.display import display

from nbtrain.notebook.channel import connect

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.notebook.channel import Channel
    from nbtrain.notebook.form.document import Form
    from nbtrain.notebook.form.view import FormView

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
    display(bundle, raw=True, metadata={"nbtrain": {"part": "form"}})
    form.view.training.reserve()
    form.view.look()
    _keep_up(weakref.ref(form.view), shell, ours)


def _keep_up(view: weakref.ref[FormView], shell: InteractiveShell, ours: Channel | None) -> None:
    """Have the form look again after each cell, and when a page says hello, as long as somebody holds it."""

    def catch_up(_: Any) -> None:
        if (shown := view()) is not None:
            shown.catch_up()
            return
        end_hello()
        with contextlib.suppress(ValueError):  # it is ended already
            shell.events.unregister("post_run_cell", catch_up)

    end_hello = ours.on("hello", catch_up) if ours is not None else lambda: None
    shell.events.register("post_run_cell", catch_up)
