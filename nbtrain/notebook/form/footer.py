"""What can be done with a form: train, write the cell, name the run. And the text of the cell, as it is written."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets

from nbtrain.errors import Problem
from nbtrain.notebook.channel import channel
from nbtrain.notebook.form.maker import Maker
from nbtrain.notebook.form.words import prose, told
from nbtrain.notebook.form.write import WriteButton
from nbtrain.notebook.magic_line import name_problem

if TYPE_CHECKING:
    from nbtrain.notebook.form.document import Form

NOT_YET = "Not ready to train: see above."
TRAIN = "Train under the form; the notebook goes on meanwhile"
RUN_CELL = "Run this cell; what comes of it is its output"


class Footer:
    """Buttons, and the text that they are about.

    Args:
        make: Makes widgets.
        form: The form.
        train: Called to train.
        renamed: Called with another name for the run.
        is_written: The text is in a cell all the time, so that it need be neither shown nor written, and is run there.

    Attributes:
        train: The button that trains; `why` says why it does not.
        out: The name of the run.
        text: The text of the cell.
        problems: What is wrong, where no field stands for it.
    """

    def __init__(
        self,
        make: Maker,
        form: Form,
        train: Callable[[], None],
        renamed: Callable[[str], None],
        *,
        is_written: bool,
    ) -> None:
        self._form = form
        self._is_written = is_written
        name = "Run cell" if is_written else "Train"
        self.train = make.named("nbf-train", ipywidgets.Button, description=name, button_style="primary")
        self.out = make.named(
            "nbf-out",
            ipywidgets.Text,
            description="run is kept as",
            continuous_update=False,
            tooltip="Name of the variable that holds the run (--out)",
        )
        self.write = WriteButton(self._write_cell)
        self.why = make.named("nbf-why", ipywidgets.HTML)
        self.problems = make(ipywidgets.HTML)
        self.text = make.named("nbf-text", ipywidgets.HTML)
        writing = [] if is_written else [self.write]
        actions = make.named("nbf-actions", ipywidgets.Box, [self.train, *writing, self.out, self.why])
        parts = [self.problems, actions, *([] if is_written else [self.text])]
        self.widget = make.named("nbf-footer", ipywidgets.VBox, parts)
        self.train.on_click(lambda _: train())
        self.out.observe(lambda change: self._named(change["new"].strip(), renamed), "value")

    def refresh(self, problems: list[Problem], busy: str, *, is_sound: bool) -> None:
        """Show the text and what can be done with it.

        Args:
            problems: Those for which no field stands.
            busy: Why nothing can be trained just now.
            is_sound: Whether there are no problems at all.
        """
        why = busy or ("" if is_sound else NOT_YET)
        self.train.disabled = bool(why)
        self.train.tooltip = why or (RUN_CELL if self._is_written else TRAIN)
        self.why.value = f"<span role='status'>{prose(why)}</span>" if why else ""
        self.out.value = self._form.out
        self._complain(problems)
        if not self._is_written:
            open_channel = channel()
            self.write.writes = open_channel is not None and open_channel.attended
            self.write.text = self._form.text
            self.text.value = (
                f"<pre tabindex='0' aria-label='The text of the cell'>{html.escape(self._form.text)}</pre>"
            )

    def _named(self, name: str, renamed: Callable[[str], None]) -> None:
        if name and (problem := name_problem(name)) is not None:
            self._complain([Problem(problem, key="--out")])
        elif name != self._form.out:
            renamed(name)

    def _complain(self, problems: list[Problem]) -> None:
        is_mistake = any(problem.key is not None or problem.line is not None for problem in problems)
        kind = "nbf-problem" if is_mistake else "nbf-hint"  # what is missing is no mistake yet
        said = told(problems, where=True)
        self.problems.value = f"<div class='{kind}' role='status'>{said}</div>" if said else ""

    def _write_cell(self) -> None:
        open_channel = channel()
        if open_channel is not None:
            open_channel.send({"type": "write", "text": self._form.text, "below": self._form.cell})
