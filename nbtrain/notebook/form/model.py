"""FormModel: the text of a cell, its problems, and the runs that the form started."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nbtrain.config import Config, Draft
from nbtrain.config.schema import schema
from nbtrain.errors import ConfigError, Problem
from nbtrain.notebook.cell.magic_line import DEFAULT_OUT, Cell
from nbtrain.notebook.form import limits as limiting

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.runs.run import Run
    from nbtrain.training.resume import ResumePoint


class FormModel:
    """A `%%finetune` cell as a form.

    Args:
        text: A cell, or its body.
        only: The keys to show; None for the most common ones and all others below them.
        fields: Values, bounds and choices by key, as for `nbtrain.form`.
        shell: The IPython shell, whose variables can be referenced and are assigned.

    Attributes:
        runs: The runs that it started, oldest first.
        cell: ID of the JupyterLab cell that shows it, "" if unknown.
        is_named: Whether the user chose the name of the variable for the run.

    Raises:
        ConfigError: A key is unknown, or a value is invalid.
    """

    def __init__(
        self,
        text: str = "",
        *,
        only: Iterable[str] | str | None = None,
        fields: Mapping[str, Any] | None = None,
        shell: InteractiveShell | None = None,
    ) -> None:
        self.shell = shell
        self.only = None if only is None else [only] if isinstance(only, str) else list(only)
        limiting.check_keys(self.only or [])
        presets, self.limits = limiting.split(fields or {}, self.variables)
        self._cell = Cell.of(text)
        self.is_named = bool(self._cell.head)
        if not self.is_named:
            self.choose_name()
        self._draft = self._new_draft()
        self.set({**presets, **self._defaults_within_limits(presets)})
        self.runs: list[Run] = []
        self.cell = ""

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables of the notebook."""
        return self.shell.user_ns if self.shell is not None else {}

    @property
    def text(self) -> str:
        """The whole cell. What the form has not changed stays as given."""
        return Cell(self._cell.head, self._draft.text).text

    @property
    def body(self) -> str:
        """Its configuration, as TOML."""
        return self._draft.text

    @property
    def values(self) -> dict[str, Any]:
        """Values of the text by key, without lines that are invalid TOML."""
        return self._draft.values

    @property
    def has_broken_lines(self) -> bool:
        """Whether there are lines of invalid TOML, as while the user types."""
        return any(problem.key is None and problem.line is not None for problem in self._draft.problems())

    @property
    def out(self) -> str:
        """The name of the variable for the run."""
        return self._cell.out

    @property
    def run(self) -> Run | None:
        """The newest run that it started."""
        return self.runs[-1] if self.runs else None

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change keys; None removes one. The rest of the text stays as it is."""
        for key, value in changes.items():
            if value is None:
                self._draft.unset(key)
            else:
                self._draft.set(key, value)

    def name(self, out: str) -> None:
        """Rename the variable for the run."""
        self._cell = self._cell.named(out)
        self.is_named = True

    def choose_name(self, taken: Collection[str] = ()) -> None:
        """Name the variable for the run with the first free name of run, run_2, ..."""
        names = itertools.chain([DEFAULT_OUT], (f"{DEFAULT_OUT}_{number}" for number in itertools.count(2)))
        self._cell = self._cell.named(next(name for name in names if name not in taken))
        self.is_named = False

    def read(self, text: str) -> bool:
        """Replace the text; returns False if it is unchanged."""
        if text == self.text:
            return False
        self._cell = Cell.of(text)
        self._draft = self._new_draft()
        return True

    def problems(self) -> list[Problem]:
        """All problems, of the parser or with the limits; line numbers are those of the body."""
        return self._draft.problems() or self._limit_problems(self._draft.config())

    def config(self) -> Config:
        """The complete configuration.

        Raises:
            ConfigError: There are problems.
        """
        config = self._draft.config()
        if problems := self._limit_problems(config):
            raise ConfigError(problems)
        return config

    def origin(self) -> ResumePoint | None:
        """The run to resume, if the magic line has `--resume`.

        Raises:
            RunError: There is no such run.
        """
        resumed = self._cell.option("resume")
        if resumed is None:
            return None
        from nbtrain.runs.find import find
        from nbtrain.training.resume import ResumePoint

        step = self._cell.option("step")
        return ResumePoint.of(find(resumed, self.variables).stored, int(step) if step and step.isdigit() else None)

    def partial(self) -> Config:
        """The valid part of the configuration."""
        return self._draft.partial()

    def _new_draft(self) -> Draft:
        return Draft(self._cell.body, self.variables, complete=self._cell.option("resume") is None)

    def _limit_problems(self, config: Config) -> list[Problem]:
        found = (limit.problem(config[key], config.lines.get(key)) for key, limit in self.limits.items())
        return [problem for problem in found if problem is not None]

    def _defaults_within_limits(self, presets: Mapping[str, Any]) -> dict[str, Any]:
        """The nearest allowed value for each limited key that is not set and whose default is outside the limit."""
        given = {**self.values, **presets}
        moved = {key: limit.nearest(schema()[key].default) for key, limit in self.limits.items() if key not in given}
        return {key: value for key, value in moved.items() if value != schema()[key].default}
