"""Outlook: the first rows of the data and a line on what training would take, as soon as they can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.config import Config
from nbtrain.notebook.form.fields import Fields
from nbtrain.notebook.form.html import complaint, prose
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.preview_client import SOURCES, Looking, Obstacle
from nbtrain.notebook.form.rows import rows_html, table
from nbtrain.notebook.form.widget_factory import Maker
from nbtrain.notebook.form.worker import Latest

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel
    from nbtrain.preview import DataPreview, Estimate

DATA_KEYS = ("dataset", "train")
MODEL_KEYS = ("model", "tokenizer")
ASKED = (*MODEL_KEYS, *SOURCES, "text", "label", "task")
"""Keys whose values can be in the way; what was found of one is about the values that it had."""


@dataclass(frozen=True)
class Found:
    """What is known of the data.

    Args:
        data: The data, or why they will not do; None if none are named.
        columns: Their columns.
        rows: The first rows.
    """

    data: DataPreview | Obstacle | None
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)


class Outlook:
    """Looks ahead after each change, in a thread.

    Args:
        make: Makes widgets.
        form: The form.
        loop: The main thread's.
        fields: They offer what was found.
        marked: Is called when there are other `obstacles`.

    Attributes:
        obstacles: What is in the way of training, of which the key is known.
        rows: The first rows.
        summary: Steps, examples, memory.
    """

    def __init__(
        self, make: Maker, form: FormModel, loop: MainLoop, fields: Fields, marked: Callable[[], None]
    ) -> None:
        self._form = form
        self._fields = fields
        self._marked = marked
        self._looking: Looking | None = None
        self._latest = Latest(loop)
        self._asked: dict[str, Any] = {}
        self._is_sound = False
        self._is_quiet = False
        self.obstacles: list[Obstacle] = []
        self.rows = make.named("nbf-outlook", ipywidgets.HTML)
        self.summary = make.named("nbf-summary", ipywidgets.HTML)

    def look(self, *, is_sound: bool, is_quiet: bool = False) -> None:
        """Look at the configuration as it is now.

        Args:
            is_sound: It has no problems; if so, it is told what training would take.
            is_quiet: Nobody changed it: say nothing before something is found.
        """
        self._is_sound, self._is_quiet = is_sound, is_quiet
        values, config = self._form.values, self._form.partial()
        asked = {key: values.get(key) for key in ASKED}
        if asked != self._asked:
            self._asked = asked
            self._mark([])
        if not any(key in config for key in DATA_KEYS):
            self.rows.value = ""
            if "model" not in config:
                self._latest.cancel()
                self._say("")
                return
        if not is_quiet:
            self._say("Looking at the data ..." if any(key in config for key in DATA_KEYS) else "")
        self._latest.ask(lambda: self._data(config), lambda found: self._show_data(config, found))

    def look_again(self, *, is_sound: bool) -> None:
        """Look whether a cell has changed what the configuration names: variables, or what could not be found."""
        names = any(isinstance(value, str) and value.startswith("$") for value in self._asked.values())
        if names or self.obstacles:
            self.look(is_sound=is_sound, is_quiet=True)

    def settle(self) -> None:
        """Look here and now, where no loop runs that would do it."""
        while self._latest.settle():
            pass

    def _data(self, config: Config) -> Found:
        self._looking = looking = self._looking or Looking()
        if not any(key in config for key in DATA_KEYS):
            return Found(None)
        data = looking.data(config)
        if not isinstance(data, Obstacle):
            return Found(data, data.columns, data.rows)
        columns, rows = looking.columns(config), looking.rows(config)
        if isinstance(columns, Obstacle):
            return Found(columns)
        return Found(data, columns, [] if isinstance(rows, Obstacle) else rows)

    def _show_data(self, config: Config, found: Found) -> None:
        data, obstacles = found.data, list[Obstacle]()
        if isinstance(data, Obstacle):
            obstacles = [data] if data.key else []
            said = "" if data.key else complaint(data.text)  # where its key is known, it is said there
            self.rows.value = said + (table(found.columns, found.rows) if found.rows else "")
            self._fields.offer(found.columns, [], [], "")
        elif data is not None:
            self.rows.value = rows_html(data)
            self._fields.offer(data.columns, data.spec.inputs, data.spec.target, data.spec.task)
        self._mark([*obstacles, *(one for one in self.obstacles if one.key in MODEL_KEYS)])
        can_estimate = self._is_sound and data is not None and not isinstance(data, Obstacle)
        if not can_estimate:
            self._say("")
        elif not self._is_quiet:
            self._say("Working out what training takes ...")
        self._latest.ask(lambda: self._rest(config, can_estimate), lambda rest: self._show_rest(obstacles, rest))

    def _rest(self, config: Config, can_estimate: bool) -> Estimate | Obstacle | None:
        assert self._looking is not None, "the data were looked at"
        wrong = self._looking.model(config) if "model" in config else None
        return wrong if wrong is not None or not can_estimate else self._looking.estimate(config)

    def _show_rest(self, obstacles: list[Obstacle], rest: Estimate | Obstacle | None) -> None:
        if isinstance(rest, Obstacle) and not rest.key:
            self.summary.value = complaint(rest.text)
        else:
            self._say("" if rest is None or isinstance(rest, Obstacle) else rest.words())
        self._mark([*obstacles, rest] if isinstance(rest, Obstacle) and rest.key else obstacles)

    def _mark(self, obstacles: list[Obstacle]) -> None:
        if obstacles != self.obstacles:
            self.obstacles = obstacles
            self._marked()

    def _say(self, text: str) -> None:
        self.summary.value = f"<div role='status'>{prose(text)}</div>" if text else ""
