"""Outlook: the first rows of the data and a line on what training would take, as soon as they can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ipywidgets

from nbtrain.config import Config
from nbtrain.notebook.form.fields import Fields
from nbtrain.notebook.form.looking import Looking
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.maker import Maker
from nbtrain.notebook.form.rows import rows_html, table
from nbtrain.notebook.form.words import complaint, prose
from nbtrain.notebook.form.worker import Latest

if TYPE_CHECKING:
    from nbtrain.notebook.form.document import Form
    from nbtrain.preview import DataPreview, Estimate

DATA_KEYS = ("dataset", "train")


@dataclass(frozen=True)
class Found:
    """What is known of the data.

    Args:
        data: The data, or why they will not do.
        columns: Their columns.
        rows: The first rows.
    """

    data: DataPreview | str
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)


class Outlook:
    """Looks ahead after each change, in a thread.

    Args:
        make: Makes widgets.
        form: The form.
        loop: The main thread's.
        fields: They offer what was found.

    Attributes:
        rows: The first rows.
        summary: Steps, examples, memory.
        has_complaint: The last look found something wrong.
    """

    def __init__(self, make: Maker, form: Form, loop: MainLoop, fields: Fields) -> None:
        self._form = form
        self._fields = fields
        self._looking: Looking | None = None
        self._latest = Latest(loop)
        self._problems = 0
        self.has_complaint = False
        self.rows = make.named("nbf-outlook", ipywidgets.HTML)
        self.summary = make.named("nbf-summary", ipywidgets.HTML)

    def look(self, problems: int) -> None:
        """Look at the configuration as it is now.

        Args:
            problems: How many problems it has; what training would take is told if there are none.
        """
        self._problems = problems
        config = self._form.partial()
        if not any(key in config for key in DATA_KEYS):
            self._latest.cancel()
            self._say("")
            return
        self._say("Looking at the data ...")
        self._latest.ask(lambda: self._data(config), lambda found: self._show_data(config, found))

    def settle(self) -> None:
        """Look here and now, where no loop runs that would do it."""
        while self._latest.settle():
            pass

    def _data(self, config: Config) -> Found:
        self._looking = looking = self._looking or Looking()
        data = looking.data(config)
        if not isinstance(data, str):
            return Found(data, data.columns, data.rows)
        columns, rows = looking.columns(config), looking.rows(config)
        if isinstance(columns, str) or isinstance(rows, str):
            return Found(data)
        return Found(data, columns, rows)

    def _show_data(self, config: Config, found: Found) -> None:
        data = found.data
        self.has_complaint = isinstance(data, str)
        if isinstance(data, str):
            self.rows.value = complaint(data) + (table(found.columns, found.rows) if found.rows else "")
            self._fields.offer(found.columns, [], [], "")
            self._say("")
            return
        self.rows.value = rows_html(data)
        self._fields.offer(data.columns, data.text, data.label, data.task)
        if self._problems or self._looking is None:
            self._say("")
            return
        self._say("Working out what training takes ...")
        estimate = self._looking.estimate
        self._latest.ask(lambda: estimate(config), self._show_estimate)

    def _show_estimate(self, estimate: Estimate | str) -> None:
        self.has_complaint = isinstance(estimate, str)
        if isinstance(estimate, str):
            self.summary.value = complaint(estimate)
        else:
            self._say(estimate.words())

    def _say(self, text: str) -> None:
        self.summary.value = f"<div role='status'>{prose(text)}</div>" if text else ""
