"""Footer of a form: buttons to train and to write the cell, the name of the run, and the text of the cell."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets

from nbtrain.errors import Problem
from nbtrain.notebook.form.html import problems_html, prose
from nbtrain.notebook.form.name import NameControl
from nbtrain.notebook.form.widget_factory import WidgetFactory
from nbtrain.notebook.form.write import WriteButton
from nbtrain.notebook.kernel.channel import channel

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel

HAS_ERRORS = "Fix the errors above to train."
INACTIVE_CLASS = "nbf-off"
"""CSS class of an inactive button. It is not disabled, because then it would lose the keyboard focus."""


class Footer:
    """Buttons, and the text of the cell.

    Args:
        make: Creates widgets.
        form: The form.
        train: Called to train.
        renamed: Called with a new name for the run.
        changed: Called if the typed name is invalid.
        is_written: The form is linked to a cell, which trains: its text is neither shown nor written.

    Attributes:
        train: The button that trains.
        disabled_reason: Why training cannot start now; "" if it can.
        reason: Shows that.
        name: The name of the run.
        text: The text of the cell.
        problems: The problems without a field.
    """

    def __init__(
        self,
        make: WidgetFactory,
        form: FormModel,
        train: Callable[[], None],
        renamed: Callable[[str], None],
        changed: Callable[[], None],
        *,
        is_written: bool,
    ) -> None:
        self._form = form
        self._train = train
        self._is_written = is_written
        self.disabled_reason = ""
        label = "Run cell" if is_written else "Train"
        self.train = make.named("nbf-train", ipywidgets.Button, description=label, button_style="primary")
        self.name = NameControl(make, form, renamed, changed)
        self.write = WriteButton(self._write_cell)
        self.reason = make.named("nbf-why", ipywidgets.HTML)
        self.problems = make(ipywidgets.HTML)
        self.text = make.named("nbf-text", ipywidgets.HTML)
        writing = [] if is_written else [self.write]
        actions = make.named("nbf-actions", ipywidgets.Box, [self.train, *writing, self.name.field.widget, self.reason])
        parts = [self.problems, actions, *([] if is_written else [self.text])]
        self.widget = make.named("nbf-footer", ipywidgets.VBox, parts)
        self.train.on_click(lambda _: self._clicked())

    def refresh(self, problems: list[Problem], busy: str, *, is_sound: bool) -> None:
        """Update the text and the buttons.

        Args:
            problems: The problems without a field.
            busy: Why no run can start now; "" if one can.
            is_sound: Whether there are no problems at all.
        """
        self.name.show({})
        self.disabled_reason = busy or ("" if is_sound and self.name.is_sound else HAS_ERRORS)
        self._show_reason()
        self._show_problems(problems)
        self.offer_writing()
        if not self._is_written:
            self.write.text = self._form.text
            self.text.value = f"<pre tabindex='0' aria-label='Text of the cell'>{html.escape(self._form.text)}</pre>"

    def offer_writing(self) -> None:
        """Let the button write a cell if a page with the extension is connected, and copy the text otherwise."""
        open_channel = channel()
        self.write.writes = open_channel is not None and open_channel.attended

    def _show_reason(self) -> None:
        does = "Run the cell, like Shift+Enter" if self._is_written else "Train in the background"
        self.train.tooltip = self.disabled_reason or does
        self.reason.value = f"<span role='status'>{prose(self.disabled_reason)}</span>" if self.disabled_reason else ""
        if self.disabled_reason:
            self.train.add_class(INACTIVE_CLASS)
        else:
            self.train.remove_class(INACTIVE_CLASS)

    def _clicked(self) -> None:
        if not self.disabled_reason:
            self._train()

    def _show_problems(self, problems: list[Problem]) -> None:
        is_mistake = any(problem.key is not None or problem.line is not None for problem in problems)
        kind = "nbf-problem" if is_mistake else "nbf-hint"  # a missing key is not an error yet
        text = problems_html(problems, where=True)
        self.problems.value = f"<div class='{kind}' role='status'>{text}</div>" if text else ""

    def _write_cell(self) -> None:
        open_channel = channel()
        if open_channel is not None:
            open_channel.send({"type": "write", "text": self._form.text, "below": self._form.cell})
