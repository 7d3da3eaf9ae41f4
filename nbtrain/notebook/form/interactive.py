"""Form: the public form, displayed as widgets with outputs for its runs, or as text without a front end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from nbtrain.notebook.form.model import FormModel
from nbtrain.notebook.form.per_cell import PerCell
from nbtrain.notebook.kernel.channel import connect
from nbtrain.notebook.widgets import widget_bundle

if TYPE_CHECKING:
    from nbtrain.notebook.form.view import FormView

NOT_INTERACTIVE = (
    "# Forms need an interactive notebook. To train with this configuration, run a cell with the following text:"
)
METADATA = {"nbtrain": {"part": "form"}}


class Form(FormModel):
    """A `%%finetune` cell as a form; see `FormModel` for its arguments."""

    _view: FormView | None = None

    @property
    def widget(self) -> Any:
        """The form as an ipywidget, created at the first access."""
        return self.view.widget

    @property
    def view(self) -> FormView:
        """The widgets of the form, created at the first access."""
        if self._view is None:
            from nbtrain.notebook.form.view import FormView

            self._view = FormView(self)
        return self._view

    def show_as(self, view: FormView) -> None:
        """Use `view` to show the form."""
        self._view = view

    def _ipython_display_(self) -> None:
        show(self)

    def __repr__(self) -> str:
        return self.text


_shown = PerCell["Form"]()


def show(form: Form) -> None:
    """Show `form` in the running cell, with outputs for its runs."""
    shell = form.shell
    if shell is None or not _is_interactive(shell):
        print(f"{NOT_INTERACTIVE}\n{form.text}")
        return
    channel = connect(shell)
    form.cell = channel.cell_id() if channel is not None else ""
    if not form.is_named:  # otherwise two forms would assign their runs to the same variable
        form.choose_name({other.out for other in _shown.others(shell) if other is not form})
        form.view.refresh()
    show_widgets(form, "")
    form.view.training.outputs.reserve(form.text)
    for replaced in _shown.add(shell, form):
        if replaced is not form:
            replaced.view.unfollow_notebook()
    form.view.follow_notebook(channel)
    form.view.training.adopt()


def show_widgets(form: Form, instead: str) -> None:
    """Display only the widgets of `form`, and compute its preview.

    Args:
        form: The form.
        instead: What a page without widgets shows.
    """
    display(widget_bundle(form.widget, instead), raw=True, metadata=METADATA)
    form.view.update_preview()


def _is_interactive(shell: Any) -> bool:
    kernel = getattr(shell, "kernel", None)
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", True))
