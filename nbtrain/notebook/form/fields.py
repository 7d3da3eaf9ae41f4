"""The fields of a form: their order, their values, and the problems at each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain import tasks
from nbtrain.config.fields import Field
from nbtrain.config.schema import schema
from nbtrain.errors import Problem
from nbtrain.notebook.form.columns import AUTO_DETECT, ColumnsControl
from nbtrain.notebook.form.controls import ChoiceControl, Control, Edit, control_for
from nbtrain.notebook.form.field import FieldBox
from nbtrain.notebook.form.field_order import DATA, PRECISION, SLIDERS, TUNED, field_of
from nbtrain.notebook.form.more import MoreOptions
from nbtrain.notebook.form.number import SliderControl
from nbtrain.notebook.form.precision import PrecisionControl
from nbtrain.notebook.form.suggestions import suggestions
from nbtrain.notebook.form.widget_factory import WidgetFactory

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel

MAX_TEXT_COLUMNS = 2
MAX_LABEL_COLUMNS = 100


class Fields:
    """All fields of a form. Common keys and those of the text are created at once, the others when they are opened.

    Args:
        make: Creates widgets.
        form: The form.
        edit: Called with changes.
        call: Calls a function on the main thread.

    Attributes:
        data: The fields for model and data.
        tuned: The fields for hyper-parameters.
        more: All others.
        data_problems: Problems that only the data or the Hub reveal, such as a missing file.
    """

    def __init__(
        self, make: WidgetFactory, form: FormModel, edit: Edit, call: Callable[[Callable[[], None]], None]
    ) -> None:
        self._make = make
        self._form = form
        self._edit = edit
        self._front: dict[str, FieldBox] = {}
        self._columns: dict[str, ColumnsControl] = {}
        self._task: ChoiceControl | None = None
        self._shown: dict[str, Any] = {}
        self.data_problems: list[Problem] = []
        self.data = make.named("nbf-fields", ipywidgets.Box)
        self.tuned = make.named("nbf-fields", ipywidgets.Box)
        only = form.only
        front = [*DATA, *TUNED] if only is None else list(dict.fromkeys(field_of(key) for key in only))
        for key in front:
            self._front[key] = self._field(key)
        self._arrange()
        others = [key for key in schema() if field_of(key) not in self._front]
        self.more = MoreOptions(make, others, self._field, self.refresh, call)
        self.refresh()

    def refresh(self) -> list[Problem]:
        """Show the current values and problems; returns the problems without a field."""
        self._add_fields_of_text()
        values, problems = self._values(), self._form.problems()
        wrong = {problem.key for problem in problems}
        problems += [problem for problem in self.data_problems if problem.key not in wrong]
        fields = {**self.more.fields, **self._front}
        for field in fields.values():
            field.control.show(values)
        by_field: dict[str, list[Problem]] = {}
        for problem in problems:
            by_field.setdefault(field_of(problem.key or ""), []).append(problem)
        for key, field in fields.items():
            field.mark(by_field.pop(key, []))
        return [problem for found in by_field.values() for problem in found]

    def offer(self, columns: Sequence[str], text: Sequence[str], label: Sequence[str], task: str) -> None:
        """Show the columns of the data, and what was auto-detected."""
        name = task or self._shown.get("task")
        known = tasks.get(name) if name in tasks.names() else None
        several = known is not None and known.takes_label_columns
        if (box := self._columns.get("text")) is not None:
            box.offer(columns, text, MAX_TEXT_COLUMNS if known is None else known.max_inputs)
        if (box := self._columns.get("label")) is not None:
            box.offer(columns, label, MAX_LABEL_COLUMNS if several else 1)
        if self._task is not None:
            choices = [None, *schema()["task"].choices]
            self._task.offer(choices, {None: f"{task} (auto-detected)" if task else AUTO_DETECT})
            self._task.show(self._shown)

    def field(self, key: str) -> FieldBox:
        """The field of `key`.

        Raises:
            KeyError: It has not been created yet.
        """
        return self._front.get(field_of(key)) or self.more.fields[key]

    def _values(self) -> dict[str, Any]:
        """The values to show: those of the text, those derived from them, and the last values of lines that are
        invalid TOML while the user types.
        """
        values, config = self._form.values, self._form.partial()
        kept = self._shown if self._form.has_broken_lines else {}
        follows = {key: config[key] for key in schema() if key not in values and config[key] != schema()[key].default}
        self._shown = {**kept, **follows, **values}
        return self._shown

    def _add_fields_of_text(self) -> None:
        """Add a visible field for each key of the text."""
        if self._form.only is not None:
            return
        keys = [key for key in self._form.values if key in schema() and field_of(key) not in self._front]
        if new := [key for key in keys if self.more.remove(key)]:
            self._front.update({key: self._field(key) for key in new})
            self._arrange()

    def _arrange(self) -> None:
        groups = {True: self.data, False: self.tuned}
        for is_data, group in groups.items():
            group.children = [box.widget for key, box in self._front.items() if (key in DATA) == is_data]

    def _field(self, key: str, *, in_front: bool = True) -> FieldBox:
        field = schema()[key]
        return FieldBox(self._make, key, self._control(field, in_front=in_front))

    def _control(self, field: Field, *, in_front: bool) -> Control:
        key, limit = field.name, self._form.limits.get(field.name)
        traits: dict[str, Any] = {"tooltip": field.help} if in_front else {}
        if limit is not None and limit.choices:
            return ChoiceControl(self._make, key, key, self._edit, limit.choices, field.default, **traits)
        if limit is not None or key in SLIDERS:
            low, high = (limit.low, limit.high) if limit is not None else SLIDERS[key]
            return SliderControl(self._make, field, self._edit, low, high, **traits)
        if key in PRECISION and in_front:
            return PrecisionControl(self._make, self._edit)
        if key in ("text", "label") and in_front:
            self._columns[key] = ColumnsControl(self._make, key, self._edit, **traits)
            return self._columns[key]
        traits |= _suggested(key, self._form.variables)
        control = control_for(self._make, field, self._edit, in_front=in_front, **traits)
        if key == "task" and isinstance(control, ChoiceControl):
            self._task = control
        return control


def _suggested(key: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    found = suggestions(key, variables)
    return {"suggestions": found} if found else {}
