"""Form: a form as users hold it. Shown as widgets, with outputs for its runs below, or as text where nobody can fill
it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from nbtrain.notebook.form.model import FormModel
from nbtrain.notebook.form.per_cell import PerCell
from nbtrain.notebook.kernel.channel import connect

if TYPE_CHECKING:
    from nbtrain.notebook.form.view import FormView

NOT_INTERACTIVE = (
    "# A form needs a notebook and somebody who fills it in. This is its text, and a cell with this text trains."
)
METADATA = {"nbtrain": {"part": "form"}}


class Form(FormModel):
    """A `%%finetune` cell as a form; see `FormModel` for its arguments."""

    _view: FormView | None = None

    @property
    def widget(self) -> Any:
        """The form as an ipywidget; made when first asked for."""
        return self.view.widget

    @property
    def view(self) -> FormView:
        """What shows the form."""
        if self._view is None:
            from nbtrain.notebook.form.view import FormView

            self._view = FormView(self)
        return self._view

    def show_as(self, view: FormView) -> None:
        """Have `view` show the form."""
        self._view = view

    def _ipython_display_(self) -> None:
        show(self)

    def __repr__(self) -> str:
        return self.text


_shown = PerCell["Form"]()


def show(form: Form) -> None:
    """Show `form` in the cell that is running, which keeps what comes of it."""
    shell = form.shell
    if shell is None or not _is_interactive(shell):
        print(f"{NOT_INTERACTIVE}\n{form.text}")
        return
    channel = connect(shell)
    form.cell = channel.cell_id() if channel is not None else ""
    if not form.is_named:  # two forms would put their runs in each other's place
        form.choose_name({other.out for other in _shown.others(shell) if other is not form})
        form.view.refresh()
    show_widgets(form)
    form.view.training.outputs.reserve()
    for replaced in _shown.add(shell, form):
        if replaced is not form:
            replaced.view.unfollow_notebook()
    form.view.follow_notebook(channel)
    form.view.training.adopt()


def show_widgets(form: Form) -> None:
    """Show nothing but `form` itself, and have it look ahead."""
    display({**form.widget._repr_mimebundle_(), "text/plain": form.text}, raw=True, metadata=METADATA)
    form.view.update_preview()


def _is_interactive(shell: Any) -> bool:
    kernel = getattr(shell, "kernel", None)
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", True))
