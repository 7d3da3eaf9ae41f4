"""Train, from a click: the run goes on between the cells, under the form, and the earlier ones stay to compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets
from IPython.display import DisplayHandle

from nbtrain.comparison import compare
from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.finetuning import Finetuning
from nbtrain.notebook.alone import ALONE
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.maker import Maker
from nbtrain.notebook.form.panel import PanelInForm
from nbtrain.notebook.form.words import complaint
from nbtrain.notebook.panel import Panel
from nbtrain.notebook.views import EMPTY, IN_BACKGROUND, RecordView, feed
from nbtrain.views.table import TextTable

if TYPE_CHECKING:
    from nbtrain.notebook.form.document import Form
    from nbtrain.recorder import View

PREPARING = "Reading the data and loading the model ..."
TRAINING = "A run is training. Its panel below stops it; then the next one can begin."
MOST_COMPARED = 8


class Training:
    """The runs of a form.

    Args:
        make: Makes widgets.
        form: The form.
        loop: The main thread's.
        changed: Is called when `busy` has changed.

    Attributes:
        busy: Why no other run can begin now; "" if one can.
        widget: The panel of the run that goes on.
    """

    def __init__(self, make: Maker, form: Form, loop: MainLoop, changed: Callable[[], None]) -> None:
        self.busy = ""
        self._form = form
        self._loop = loop
        self._changed = changed
        self._panel: Any = None
        self._record = DisplayHandle()
        self._comparison = DisplayHandle()
        self._told = make(ipywidgets.HTML)
        self.widget = make.named("nbf-runs", ipywidgets.VBox)

    def reserve(self) -> None:
        """Take the places of comparison and record in the cell that is running, so that the notebook is saved with
        them.
        """
        for handle in (self._comparison, self._record):
            handle.display(EMPTY, raw=True)

    def begin(self) -> None:
        """Train what the form says, if nothing is in the way; returns before it begins."""
        if self.busy:
            return
        self._tell("")
        self._become(PREPARING)
        self._loop.later(self._train)

    def forget(self) -> None:
        """What was wrong with the last one is not said of the next."""
        if self._told.value:
            self._tell("")

    def _train(self) -> None:
        try:
            self._start()
        except RunInterrupted as error:
            self._failed(str(error))
        except NbTrainError as error:
            self._failed(str(error))
        except BaseException as error:
            self._failed(f"{type(error).__name__}: {error}")
            raise

    def _start(self) -> None:
        form = self._form
        config, origin = form.config(), form.origin()
        finetuning = Finetuning(config, self._views() if self._loop.runs else [TextTable()], origin, form.variables)
        with ALONE:
            run = finetuning.prepare()
        form.runs.append(run)
        if form.shell is not None and form.out:
            form.shell.push({form.out: run})
        if self._loop.runs:
            self._become(TRAINING)
            finetuning.train_in_background()
        else:
            finetuning.train()
            self._ended()

    def _views(self) -> list[View]:
        kernel = getattr(self._form.shell, "kernel", None)
        behind = [run.state for run in self._form.runs[-MOST_COMPARED:]]
        self._panel = Panel(hint=IN_BACKGROUND, behind=behind)
        self._arrange()
        view = PanelInForm(self._panel, kernel, lambda: self._loop.later(self._ended))
        record = RecordView(folded=True, reserved=True, handle=self._record)
        return [view, record, *feed(self._form.shell, record, background=True)]

    def _failed(self, text: str) -> None:
        self._tell(text)
        self._close_panel()
        self._become("")

    def _ended(self) -> None:
        if self.busy != TRAINING and self._loop.runs:
            return  # it ended while it was prepared: that is told already
        self._close_panel()
        self._become("")
        self._loop.later(self._compare)  # it draws, which takes a moment

    def _compare(self) -> None:
        runs = self._form.runs[-MOST_COMPARED:]
        if len(runs) > 1:
            compared = compare(*reversed(runs))
            self._comparison.update({"text/html": compared._repr_html_(), "text/plain": repr(compared)}, raw=True)

    def _close_panel(self) -> None:
        panel, self._panel = self._panel, None
        self._arrange()
        if panel is not None:
            panel.close_view()

    def _tell(self, text: str) -> None:
        self._told.value = complaint(text) if text else ""
        self._arrange()

    def _arrange(self) -> None:
        """The widgets that have something to show; the run that goes on is on top."""
        parts = [(self._told, self._told.value), (self._panel, self._panel)]
        self.widget.children = [widget for widget, is_there in parts if is_there]

    def _become(self, busy: str) -> None:
        self.busy = busy
        self._changed()
