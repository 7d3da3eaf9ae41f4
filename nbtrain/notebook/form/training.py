"""Training: runs that a form starts. They train in the background, with their panel below the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.events import Resumed
from nbtrain.notebook.displays import RecordView, background_hint, feed
from nbtrain.notebook.form.html import error_html
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.outputs import MAX_COMPARED, Outputs
from nbtrain.notebook.form.panel import PanelInForm
from nbtrain.notebook.form.widget_factory import WidgetFactory
from nbtrain.notebook.kernel.import_lock import IMPORT_LOCK
from nbtrain.notebook.panel.panel import Panel
from nbtrain.runs.find import variable_names
from nbtrain.runs.run import Run
from nbtrain.training.job import FinetuneJob
from nbtrain.views.table import TextTable

if TYPE_CHECKING:
    from nbtrain.events.recorder import View
    from nbtrain.notebook.form.model import FormModel
    from nbtrain.training.live_run import StoredRun

PREPARING = "Loading data and model..."
TRAINING = "Training: see below. Stop it there to start another run."
STARTED_EARLIER = "It was started before this cell ran again, and is shown below. Stop it to start another run."
NOT_STARTED = "Training did not start: fix the errors above."

_newest_runs: dict[str, Run] = {}
"""The newest run of the forms of each cell."""


class Training:
    """The runs of a form.

    Args:
        make: Creates widgets.
        form: The form.
        loop: The main thread's loop.
        changed: Called when `busy` has changed.

    Attributes:
        busy: Why no other run can start now; "" if one can.
        outputs: The record and the comparison.
        error: Why the last run did not start; "" if it did, or if the form has changed since.
        widget: The panel of the current run, or the error.
    """

    def __init__(self, make: WidgetFactory, form: FormModel, loop: MainLoop, changed: Callable[[], None]) -> None:
        self.busy = ""
        self.outputs = Outputs()
        self.error = ""
        self._form = form
        self._loop = loop
        self._changed = changed
        self._is_training = False
        self._panel: Any = None
        self._error_html = make(ipywidgets.HTML)
        self.widget = make.named("nbf-runs", ipywidgets.VBox)

    def start(self) -> None:
        """Train with the form's configuration, unless a run is training. Returns before the run starts."""
        if self.busy:
            return
        self.show_error("")
        self._set_busy(PREPARING)
        self._loop.later(self._train)

    def adopt(self) -> None:
        """Show the run that an earlier form of this cell started, if it still trains: its panel and record were removed
        with the cell's outputs.
        """
        run = _newest_runs.get(self._form.cell)
        if run is None or run in self._form.runs or run.control is None or run.views is None or not self._loop.runs:
            return
        view, record = self._new_views()
        view.update(run.state, Resumed(step=run.state.step))
        view.steer(run.control)
        run.views.extend([view, record])
        self._form.runs.append(run)
        self._is_training = True
        self._set_busy(f"`{self._name(run)}` is training. {STARTED_EARLIER}")

    def show_error(self, text: str, *, is_shown: bool = False) -> None:
        """Show why a run did not start; "" removes the message.

        Args:
            text: The whole error message.
            is_shown: A field shows it already.
        """
        self.error = text
        self._error_html.value = error_html(NOT_STARTED if is_shown else text) if text else ""
        self._arrange()

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
        with IMPORT_LOCK:
            job = FinetuneJob(config, self._views, origin, form.variables, self._on_run, form.out)
            job.prepare()
            if self._loop.runs:
                job.train_in_background()
        if not self._loop.runs:
            job.train()
            self._on_end(None)

    def _on_run(self, stored: StoredRun) -> None:
        """Called with a prepared run: the requested one, or a branch of it."""
        form, run = self._form, Run(stored)
        form.runs.append(run)
        if form.shell is not None and form.out:
            form.shell.push({form.out: run})
        if self._loop.runs:
            if form.cell:
                _newest_runs[form.cell] = run
            self._is_training = True
            self._set_busy(TRAINING)

    def _views(self) -> list[View]:
        if not self._loop.runs:
            return [TextTable()]
        view, record = self._new_views()
        return [view, record, *feed(self._form.shell, record, background=True)]

    def _new_views(self) -> tuple[PanelInForm, RecordView]:
        """Create a panel in the form, and a record below it."""
        kernel = getattr(self._form.shell, "kernel", None)
        behind = [run.state for run in self._form.runs[-MAX_COMPARED:]]
        self._panel = Panel(hint=background_hint(self._form.out), behind=behind)
        self._arrange()
        panel = self._panel
        view = PanelInForm(panel, kernel, lambda: self._loop.later(self._on_end, panel))
        return view, RecordView(folded=True, reserved=True, handle=self.outputs.record)

    def _name(self, run: Run) -> str:
        """The variable that holds `run`, or its ID."""
        return variable_names(self._form.variables).get(id(run), run.id)

    def _failed(self, text: str) -> None:
        self.show_error(text)
        self._close_panel()
        self._set_busy("")

    def _on_end(self, panel: Panel | None) -> None:
        """Called when the run of `panel` has ended."""
        if not self._is_training and self._loop.runs:
            return  # it failed during preparation, which is shown already
        if panel is not self._panel:  # a branch of it is training already
            if panel is not None:
                panel.close_view()
            return
        self._is_training = False
        self._close_panel()
        self._set_busy("")
        self._loop.later(self.outputs.compare, self._form.runs)  # later, because plotting takes a moment

    def _close_panel(self) -> None:
        panel, self._panel = self._panel, None
        self._arrange()
        if panel is not None:
            panel.close_view()

    def _arrange(self) -> None:
        """Show the widgets that have content."""
        parts = [(self._error_html, self.error), (self._panel, self._panel)]
        self.widget.children = [widget for widget, is_there in parts if is_there]

    def _set_busy(self, busy: str) -> None:
        self.busy = busy
        self._changed()
