"""Train, from a click: the run goes on between the cells, under the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.events import Resumed
from nbtrain.notebook.displays import RecordView, feed, in_background
from nbtrain.notebook.form.html import complaint
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.outputs import MOST_COMPARED, Places
from nbtrain.notebook.form.panel import PanelInForm
from nbtrain.notebook.form.widget_factory import Maker
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

PREPARING = "Reading the data and loading the model ..."
TRAINING = "A run is training. Its panel below stops it; then the next one can begin."
BEGUN_BEFORE = "It was begun before this cell ran again. Its panel below stops it; then the next one can begin."
SEE_ABOVE = "It did not begin: see what is marked above."

_begun: dict[str, Run] = {}
"""The newest run of the forms of each cell."""


class Training:
    """The runs of a form.

    Args:
        make: Makes widgets.
        form: The form.
        loop: The main thread's.
        changed: Is called when `busy` has changed.

    Attributes:
        busy: Why no other run can begin now; "" if one can.
        places: Where the record and the comparison go.
        told: Why the last run did not begin; "" if it did, or if something was changed since.
        widget: The panel of the run that goes on, or why none does.
    """

    def __init__(self, make: Maker, form: FormModel, loop: MainLoop, changed: Callable[[], None]) -> None:
        self.busy = ""
        self.places = Places()
        self.told = ""
        self._form = form
        self._loop = loop
        self._changed = changed
        self._trains = False
        self._panel: Any = None
        self._said = make(ipywidgets.HTML)
        self.widget = make.named("nbf-runs", ipywidgets.VBox)

    def begin(self) -> None:
        """Train what the form says, if nothing is in the way; returns before it begins."""
        if self.busy:
            return
        self.tell("")
        self._become(PREPARING)
        self._loop.later(self._train)

    def adopt(self) -> None:
        """Go on with the run that an earlier form of this cell began, if it still trains: its own panel and record
        went with the outputs of the cell.
        """
        run = _begun.get(self._form.cell)
        if run is None or run in self._form.runs or run.control is None or run.views is None or not self._loop.runs:
            return
        view, record = self._shown()
        view.update(run.state, Resumed(step=run.state.step))
        view.steer(run.control)
        run.views.extend([view, record])
        self._form.runs.append(run)
        self._trains = True
        self._become(f"`{self._name(run)}` is training. {BEGUN_BEFORE}")

    def tell(self, text: str, *, is_said: bool = False) -> None:
        """Say why a run did not begin; no more, for "".

        Args:
            text: The whole reason.
            is_said: It stands in the form already.
        """
        self.told = text
        self._said.value = complaint(SEE_ABOVE if is_said else text) if text else ""
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
            job = FinetuneJob(config, self._views, origin, form.variables, self._began)
            job.prepare()
            if self._loop.runs:
                job.train_in_background()
        if not self._loop.runs:
            job.train()
            self._ended(None)

    def _began(self, stored: StoredRun) -> None:
        """A run is prepared: the one that was asked for, or a branch of it."""
        form, run = self._form, Run(stored)
        form.runs.append(run)
        if form.shell is not None and form.out:
            form.shell.push({form.out: run})
        if self._loop.runs:
            if form.cell:
                _begun[form.cell] = run
            self._trains = True
            self._become(TRAINING)

    def _views(self) -> list[View]:
        if not self._loop.runs:
            return [TextTable()]
        view, record = self._shown()
        return [view, record, *feed(self._form.shell, record, background=True)]

    def _shown(self) -> tuple[PanelInForm, RecordView]:
        """A panel in the form, and a record below it."""
        kernel = getattr(self._form.shell, "kernel", None)
        behind = [run.state for run in self._form.runs[-MOST_COMPARED:]]
        self._panel = Panel(hint=in_background(self._form.out), behind=behind)
        self._arrange()
        panel = self._panel
        view = PanelInForm(panel, kernel, lambda: self._loop.later(self._ended, panel))
        return view, RecordView(folded=True, reserved=True, handle=self.places.record)

    def _name(self, run: Run) -> str:
        """The variable that holds `run`, else its id."""
        return variable_names(self._form.variables).get(id(run), run.id)

    def _failed(self, text: str) -> None:
        self.tell(text)
        self._close_panel()
        self._become("")

    def _ended(self, panel: Panel | None) -> None:
        """The run that `panel` shows is over."""
        if not self._trains and self._loop.runs:
            return  # it ended while it was prepared: that is told already
        if panel is not self._panel:  # a branch of it trains already
            if panel is not None:
                panel.close_view()
            return
        self._trains = False
        self._close_panel()
        self._become("")
        self._loop.later(self.places.compare, self._form.runs)  # it draws, which takes a moment

    def _close_panel(self) -> None:
        panel, self._panel = self._panel, None
        self._arrange()
        if panel is not None:
            panel.close_view()

    def _arrange(self) -> None:
        """The widgets that have something to show."""
        parts = [(self._said, self.told), (self._panel, self._panel)]
        self.widget.children = [widget for widget, is_there in parts if is_there]

    def _become(self, busy: str) -> None:
        self.busy = busy
        self._changed()
