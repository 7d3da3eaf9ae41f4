"""The fields of a form: their order, their values, and the problems at each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.config.fields import Field
from nbtrain.config.schema import schema
from nbtrain.errors import Problem
from nbtrain.notebook.form.columns import AUTO_DETECT, ColumnsControl
from nbtrain.notebook.form.controls import ChoiceControl, Control, Edit, control_for
from nbtrain.notebook.form.field import FieldBox
from nbtrain.notebook.form.field_order import (
    GROUPS,
    PRECISION,
    SLIDERS,
    TASK,
    field_of,
    group_of,
    is_offered,
    keys_of,
)
from nbtrain.notebook.form.groups import Groups
from nbtrain.notebook.form.html import about_html
from nbtrain.notebook.form.labels import label_of
from nbtrain.notebook.form.more import MoreOptions
from nbtrain.notebook.form.number import SliderControl
from nbtrain.notebook.form.precision import PrecisionControl
from nbtrain.notebook.form.suggestions import suggestions
from nbtrain.notebook.form.widget_factory import WidgetFactory
from nbtrain.tasks.base import Task

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel

MAX_TEXT_COLUMNS = 2
MAX_LABEL_COLUMNS = 100


class Fields:
    """All fields of a form that are for its task. Common keys, those of the task and those of the text are created at
    once, the others when they are opened.

    Args:
        make: Creates widgets.
        form: The form.
        edit: Called with changes.
        call: Calls a function on the main thread.

    Attributes:
        front: The keys of the visible fields.
        groups: These fields, in groups.
        more: All others.
        data_problems: Problems that only the data or the Hub reveal, such as a missing file.
    """

    def __init__(
        self, make: WidgetFactory, form: FormModel, edit: Edit, call: Callable[[Callable[[], None]], None]
    ) -> None:
        self._make = make
        self._form = form
        self._edit = edit
        self._made: dict[str, FieldBox] = {}
        self._columns: dict[str, ColumnsControl] = {}
        self._task: ChoiceControl | None = None
        self._found_task = ""
        self._from_text: dict[str, None] = {}
        self._shown: dict[str, Any] = {}
        self.front: list[str] = []
        self.data_problems: list[Problem] = []
        self.groups = Groups(make, is_titled=form.only is None)
        self.more = MoreOptions(make, self._field, self.refresh, call)
        self.refresh()

    def refresh(self) -> list[Problem]:
        """Show the current fields, values and problems; returns the problems without a field."""
        values, problems = self._values(), self._form.problems()
        self._arrange()
        wrong = {problem.key for problem in problems}
        problems += [problem for problem in self.data_problems if problem.key not in wrong]
        by_field: dict[str, list[Problem]] = {}
        for problem in problems:
            by_field.setdefault(field_of(problem.key or ""), []).append(problem)
        for key in (*self.front, *self.more.fields):
            field = self.field(key)
            field.control.show(values)
            field.mark(by_field.get(key, []))
        shown = {*self.front, *self.more.fields}
        return [problem for key, found in by_field.items() if key not in shown for problem in found]

    def offer(self, columns: Sequence[str], text: Sequence[str], label: Sequence[str], task: str) -> None:
        """Show the columns of the data, and what was auto-detected."""
        self._found_task = task
        if self._task is not None:
            choices = [None, *schema()["task"].choices]
            self._task.offer(choices, {None: f"{task} (auto)" if task else AUTO_DETECT})
        self.refresh()
        known = self.task
        several = known is not None and known.takes_label_columns
        if (box := self._columns.get("text")) is not None:
            box.offer(columns, text, MAX_TEXT_COLUMNS if known is None else known.max_inputs)
        if (box := self._columns.get("label")) is not None:
            box.offer(columns, label, MAX_LABEL_COLUMNS if several else 1)

    @property
    def task(self) -> Task | None:
        """The task that is chosen, or was auto-detected; None if it is not known."""
        name = self._shown.get("task") or self._found_task
        return tasks.get(name) if name in tasks.names() else None

    def field(self, key: str) -> FieldBox:
        """The field of `key`.

        Raises:
            KeyError: There is none.
        """
        key = field_of(key)
        return self._made[key] if key in self.front else self.more.fields[key]

    def _values(self) -> dict[str, Any]:
        """The values to show: those of the text, those derived from them, and the last values of lines that are
        invalid TOML while the user types.
        """
        values, config = self._form.values, self._form.partial()
        kept = self._shown if self._form.has_broken_lines else {}
        follows = {key: config[key] for key in schema() if key not in values and config[key] != schema()[key].default}
        self._shown = {**kept, **follows, **values}
        return self._shown

    def _arrange(self) -> None:
        """Show the fields of the task and of the text; offer the others."""
        task, only = self.task, self._form.only
        self.front = self._front(task) if only is None else list(dict.fromkeys(map(field_of, only)))
        for key in self.front:
            if key not in self._made:
                self._made[key] = self._field(key)
        groups: dict[str, list[FieldBox]] = {group: [] for group in GROUPS}
        for key in self.front:
            groups[group_of(key, task)].append(self._made[key])
        self.groups.show(groups, task)
        if only is None:
            self.more.offer([key for key in schema() if field_of(key) not in self.front and is_offered(key, task)])

    def _front(self, task: Task | None) -> list[str]:
        """The visible keys: those of the groups that are for the task, then those of the text."""
        given = {field_of(key): None for key in self._form.values if key in schema()}
        own = keys_of(task) if task is not None else ()
        usual = [key for group, keys in GROUPS.items() for key in (own if group == TASK else keys)]
        front = {key: None for key in usual if is_offered(key, task) or key in given}
        self._from_text |= {key: None for key in given if key not in self.more.fields}
        kept = [key for key in self._from_text if is_offered(key, task) or key in given]
        return list(front | dict.fromkeys(kept))

    def _field(self, key: str, *, in_front: bool = True) -> FieldBox:
        field = schema()[key]
        keys = PRECISION if in_front and key in PRECISION else (key,)
        return FieldBox(self._make, key, self._control(field, in_front=in_front), about_html(field, keys))

    def _control(self, field: Field, *, in_front: bool) -> Control:
        key, limit = field.name, self._form.limits.get(field.name)
        if limit is not None and limit.choices:
            return ChoiceControl(self._make, label_of(key), key, self._edit, limit.choices, field.default)
        if limit is not None or key in SLIDERS:
            low, high = (limit.low, limit.high) if limit is not None else SLIDERS[key]
            return SliderControl(self._make, field, self._edit, low, high)
        if key in PRECISION and in_front:
            return PrecisionControl(self._make, self._edit)
        if key in ("text", "label") and in_front:
            self._columns[key] = ColumnsControl(self._make, key, self._edit)
            return self._columns[key]
        control = control_for(self._make, field, self._edit, in_front=in_front, **_suggested(key, self._form.variables))
        if key == "task" and isinstance(control, ChoiceControl):
            self._task = control
        return control


def _suggested(key: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    found = suggestions(key, variables)
    return {"suggestions": found} if found else {}
