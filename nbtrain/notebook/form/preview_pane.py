"""PreviewPane: the first rows of the data and a line on what training would take, as soon as they can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.config import Config
from nbtrain.notebook.form.fields import Fields
from nbtrain.notebook.form.html import error_html, prose
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.preview_client import SOURCES, PreviewClient, PreviewFailure
from nbtrain.notebook.form.rows import rows_html, table
from nbtrain.notebook.form.widget_factory import WidgetFactory
from nbtrain.notebook.form.worker import DebouncedWorker

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel
    from nbtrain.preview import DataPreview, Estimate

DATA_KEYS = ("dataset", "train")
MODEL_KEYS = ("model", "tokenizer")
PREVIEWED_KEYS = (*MODEL_KEYS, *SOURCES, "text", "label", "task")
"""Keys whose values can be in the way; what was found of one is about the values that it had."""


@dataclass(frozen=True)
class LoadedData:
    """What is known of the data.

    Args:
        data: The data, or why they will not do; None if none are named.
        columns: Their columns.
        rows: The first rows.
    """

    data: DataPreview | PreviewFailure | None
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)


class PreviewPane:
    """Looks ahead after each change, in a thread.

    Args:
        make: Makes widgets.
        form: The form.
        loop: The main thread's.
        fields: They offer what was found.
        errors_changed: Is called when there are other `errors`.

    Attributes:
        errors: What is in the way of training, of which the key is known.
        rows: The first rows.
        summary: Steps, examples, memory.
    """

    def __init__(
        self, make: WidgetFactory, form: FormModel, loop: MainLoop, fields: Fields, errors_changed: Callable[[], None]
    ) -> None:
        self._form = form
        self._fields = fields
        self._errors_changed = errors_changed
        self._client: PreviewClient | None = None
        self._worker = DebouncedWorker(loop)
        self._previewed: dict[str, Any] = {}
        self._is_sound = False
        self._is_silent = False
        self.errors: list[PreviewFailure] = []
        self.rows = make.named("nbf-outlook", ipywidgets.HTML)
        self.summary = make.named("nbf-summary", ipywidgets.HTML)

    def update(self, *, is_sound: bool, is_silent: bool = False) -> None:
        """Look at the configuration as it is now.

        Args:
            is_sound: It has no problems; if so, it is told what training would take.
            is_silent: Nobody changed it: say nothing before something is found.
        """
        self._is_sound, self._is_silent = is_sound, is_silent
        values, config = self._form.values, self._form.partial()
        previewed = {key: values.get(key) for key in PREVIEWED_KEYS}
        if previewed != self._previewed:
            self._previewed = previewed
            self._set_errors([])
        if not any(key in config for key in DATA_KEYS):
            self.rows.value = ""
            if "model" not in config:
                self._worker.cancel()
                self._show_status("")
                return
        if not is_silent:
            self._show_status("PreviewClient at the data ..." if any(key in config for key in DATA_KEYS) else "")
        self._worker.ask(lambda: self._load_data(config), lambda found: self._show_data(config, found))

    def recheck(self, *, is_sound: bool) -> None:
        """Look whether a cell has changed what the configuration names: variables, or what could not be found."""
        names = any(isinstance(value, str) and value.startswith("$") for value in self._previewed.values())
        if names or self.errors:
            self.update(is_sound=is_sound, is_silent=True)

    def run_pending(self) -> None:
        """Look here and now, where no loop runs that would do it."""
        while self._worker.run_pending():
            pass

    def _load_data(self, config: Config) -> LoadedData:
        self._client = client = self._client or PreviewClient()
        if not any(key in config for key in DATA_KEYS):
            return LoadedData(None)
        data = client.data(config)
        if not isinstance(data, PreviewFailure):
            return LoadedData(data, data.columns, data.rows)
        columns, rows = client.columns(config), client.rows(config)
        if isinstance(columns, PreviewFailure):
            return LoadedData(columns)
        return LoadedData(data, columns, [] if isinstance(rows, PreviewFailure) else rows)

    def _show_data(self, config: Config, found: LoadedData) -> None:
        data, errors = found.data, list[PreviewFailure]()
        if isinstance(data, PreviewFailure):
            errors = [data] if data.key else []
            message = "" if data.key else error_html(data.text)  # where its key is known, it is message there
            self.rows.value = message + (table(found.columns, found.rows) if found.rows else "")
            self._fields.offer(found.columns, [], [], "")
        elif data is not None:
            self.rows.value = rows_html(data)
            self._fields.offer(data.columns, data.spec.inputs, data.spec.target, data.spec.task)
        self._set_errors([*errors, *(one for one in self.errors if one.key in MODEL_KEYS)])
        can_estimate = self._is_sound and data is not None and not isinstance(data, PreviewFailure)
        if not can_estimate:
            self._show_status("")
        elif not self._is_silent:
            self._show_status("Working out what training takes ...")
        self._worker.ask(
            lambda: self._check_and_estimate(config, can_estimate), lambda result: self._show_estimate(errors, result)
        )

    def _check_and_estimate(self, config: Config, can_estimate: bool) -> Estimate | PreviewFailure | None:
        assert self._client is not None, "the data were looked at"
        wrong = self._client.model(config) if "model" in config else None
        return wrong if wrong is not None or not can_estimate else self._client.estimate(config)

    def _show_estimate(self, errors: list[PreviewFailure], result: Estimate | PreviewFailure | None) -> None:
        if isinstance(result, PreviewFailure) and not result.key:
            self.summary.value = error_html(result.text)
        else:
            self._show_status("" if result is None or isinstance(result, PreviewFailure) else result.words())
        self._set_errors([*errors, result] if isinstance(result, PreviewFailure) and result.key else errors)

    def _set_errors(self, errors: list[PreviewFailure]) -> None:
        if errors != self.errors:
            self.errors = errors
            self._errors_changed()

    def _show_status(self, text: str) -> None:
        self.summary.value = f"<div role='status'>{prose(text)}</div>" if text else ""
