"""PreviewPane: the first rows of the data, and an estimate of steps and memory, computed after each change."""

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
    from nbtrain.preview.rows import Row

DATA_KEYS = ("dataset", "train")
MODEL_KEYS = ("model", "tokenizer")
PREVIEWED_KEYS = (*MODEL_KEYS, *SOURCES, "text", "label", "task")
"""Keys whose values can cause errors in the preview. If one changes, the errors are outdated."""


@dataclass(frozen=True)
class LoadedData:
    """The result of loading the data.

    Args:
        data: The data, or why they cannot be used; None if the form has no data yet.
        columns: Their columns.
        rows: The first rows.
    """

    data: DataPreview | PreviewFailure | None
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


class PreviewPane:
    """Computes the preview after each change, in a thread.

    Args:
        make: Creates widgets.
        form: The form.
        loop: The main thread's loop.
        fields: The fields, which show columns and task of the data.
        errors_changed: Called when `errors` has changed.

    Attributes:
        errors: Errors of the preview whose key is known.
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
        self.rows = make.named("nbf-preview-rows", ipywidgets.HTML)
        self.summary = make.named("nbf-summary", ipywidgets.HTML)

    def update(self, *, is_sound: bool, is_silent: bool = False) -> None:
        """Compute the preview of the current configuration.

        Args:
            is_sound: It has no problems, so steps and memory can be estimated.
            is_silent: It has not changed: show no progress, only results.
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
            self._show_status("Loading data..." if any(key in config for key in DATA_KEYS) else "")
        self._worker.ask(lambda: self._load_data(config), lambda found: self._show_data(config, found))

    def recheck(self, *, is_sound: bool) -> None:
        """Update the preview if a cell may have changed a referenced variable, or fixed an error."""
        names = any(isinstance(value, str) and value.startswith("$") for value in self._previewed.values())
        if names or self.errors:
            self.update(is_sound=is_sound, is_silent=True)

    def run_pending(self) -> None:
        """Compute the preview now, if no event loop runs."""
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
            message = "" if data.key else error_html(data.text)  # with a known key, its field shows it
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
            self._show_status("Estimating...")
        self._worker.ask(
            lambda: self._check_and_estimate(config, can_estimate), lambda result: self._show_estimate(errors, result)
        )

    def _check_and_estimate(self, config: Config, can_estimate: bool) -> Estimate | PreviewFailure | None:
        assert self._client is not None, "the data were loaded first"
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
