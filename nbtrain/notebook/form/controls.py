"""Controls: the widgets of a key. They show its value and report what the user changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import ipywidgets

from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.fields import Field
from nbtrain.config.toml.writing import toml_value
from nbtrain.notebook.form.entry import entry, read
from nbtrain.notebook.form.labels import PLACEHOLDERS, label_of
from nbtrain.notebook.form.widget_factory import WidgetFactory

Edit = Callable[[Mapping[str, Any]], None]
"""Called with the user's changes: values by key, None to remove a key."""

DEFAULT = "(default)"


class Control(Protocol):
    """Shows the value of a key, or of several that belong together.

    Attributes:
        widget: The widget that shows it.
    """

    widget: ipywidgets.Widget

    def show(self, values: Mapping[str, Any]) -> None:
        """Show the key's value in `values`, those of the text, or its default."""


class SilentUpdates:
    """Mixin: observers are not called for changes that the program makes."""

    _is_set_by_program = False

    @contextlib.contextmanager
    def _silently(self) -> Iterator[None]:
        self._is_set_by_program = True
        try:
            yield
        finally:
            self._is_set_by_program = False

    def _listen(self, widget: ipywidgets.Widget, trait: str, then: Callable[[], None]) -> None:
        def changed(_: Any) -> None:
            if not self._is_set_by_program:
                then()

        widget.observe(changed, trait)


class TextControl(SilentUpdates):
    """A text box for any value; an empty box removes the key.

    Args:
        make: Creates its widget.
        field: The key.
        edit: Called with changes.
        suggestions: Suggested values.
        in_front: Show the default as a value that can be edited, not as a placeholder.
        traits: Additional traits of the widget.
    """

    def __init__(
        self,
        make: WidgetFactory,
        field: Field,
        edit: Edit,
        *,
        suggestions: Sequence[str] = (),
        in_front: bool = True,
        **traits: Any,
    ) -> None:
        self._field = field
        self._edit = edit
        has_default = field.default not in (None, UNKNOWN, "")
        self._default = entry(field, field.default) if has_default and in_front else ""
        common = {"description": label_of(field.name), "placeholder": _placeholder(field), "continuous_update": False}
        traits = {**common, **traits}
        if suggestions:
            self.widget = make(ipywidgets.Combobox, options=tuple(suggestions), **traits)
        else:
            self.widget = make(ipywidgets.Text, **traits)
        self.show({})
        self._listen(self.widget, "value", self._typed)

    def show(self, values: Mapping[str, Any]) -> None:
        key = self._field.name
        shown = read(self._field, self.widget.value)
        if key in values and _is_same(shown, values[key]):
            return  # keep the notation of the user: 1e-4, not 0.0001
        with self._silently():
            self.widget.value = entry(self._field, values[key]) if key in values else self._default

    def _typed(self) -> None:
        self._edit({self._field.name: read(self._field, self.widget.value)})


class ChoiceControl(SilentUpdates):
    """A drop-down. If the current value is not a choice, it is added while it is the value.

    Args:
        make: Creates its widget.
        name: The label.
        key: The key.
        edit: Called with changes.
        choices: The values; None removes the key.
        default: The value that is shown without the key; one of `choices`.
        labels: Labels of values that are not shown as they are.
        traits: Additional traits of the widget.
    """

    def __init__(
        self,
        make: WidgetFactory,
        name: str,
        key: str,
        edit: Edit,
        choices: Sequence[Any],
        default: Any,
        labels: Mapping[Any, str] | None = None,
        **traits: Any,
    ) -> None:
        self._key = key
        self._edit = edit
        self._choices = list(choices)
        self._default = default
        self._labels = labels or {}
        self._offered: list[Any] = []
        self.widget = make(ipywidgets.Dropdown, description=name, **traits)
        self.show({})
        self._listen(self.widget, "index", self._chosen)

    def offer(self, choices: Sequence[Any], labels: Mapping[Any, str]) -> None:
        """Set other choices, effective with the next `show`."""
        self._choices, self._labels = list(choices), labels

    def show(self, values: Mapping[str, Any]) -> None:
        self.show_value(values.get(self._key, self._default))

    def show_value(self, value: Any) -> None:
        """Show `value`."""
        offered = self._choices if _is_in(value, self._choices) else [*self._choices, value]
        labels = [self._label(one) for one in offered]
        with self._silently():
            if labels != list(self.widget.options):
                self.widget.options = labels
            self._offered = offered
            self.widget.index = next(number for number, one in enumerate(offered) if _is_same(one, value))

    @property
    def value(self) -> Any:
        """The chosen value."""
        return None if self.widget.index is None else self._offered[self.widget.index]

    def _label(self, value: Any) -> str:
        if value is None or isinstance(value, (str, bool)):
            shown = self._labels.get(value)
            if shown is not None:
                return shown
        return DEFAULT if value is None else value if isinstance(value, str) else toml_value(value)

    def _chosen(self) -> None:
        self._edit({self._key: self.value})


class FlagControl(SilentUpdates):
    """A check box."""

    def __init__(self, make: WidgetFactory, field: Field, edit: Edit, **traits: Any) -> None:
        self._field = field
        self._edit = edit
        self.widget = make(ipywidgets.Checkbox, description=label_of(field.name), indent=False, **traits)
        self.show({})
        self._listen(self.widget, "value", self._ticked)

    def show(self, values: Mapping[str, Any]) -> None:
        value = values.get(self._field.name, self._field.default)
        with self._silently():
            self.widget.value = value is True

    def _ticked(self) -> None:
        self._edit({self._field.name: self.widget.value})


def control_for(make: WidgetFactory, field: Field, edit: Edit, *, in_front: bool = True, **traits: Any) -> Control:
    """The control for a key, by its type."""
    name, key = label_of(field.name), field.name
    if field.kinds == ("bool",) and not field.optional and field.default in (True, False):
        return FlagControl(make, field, edit, **traits)
    if field.kinds == ("bool",):
        return ChoiceControl(make, name, key, edit, _flag_choices(field), _known_default(field.default), **traits)
    if field.choices and "dict" not in field.kinds:
        unset = [None] if _known_default(field.default) is None else []
        none = ["none"] if field.optional and not unset and "none" not in field.choices else []
        choices = [*unset, *field.choices, *none]
        return ChoiceControl(make, name, key, edit, choices, _known_default(field.default), **traits)
    return TextControl(make, field, edit, in_front=in_front, **traits)


def _placeholder(field: Field) -> str:
    """Placeholder of an empty box: the default, or what no value means."""
    if field.default == UNKNOWN:
        return UNKNOWN[1:-1]
    if field.default not in (None, ""):
        return entry(field, field.default)
    return PLACEHOLDERS.get(field.name, DEFAULT)


def _flag_choices(field: Field) -> list[Any]:
    if _known_default(field.default) is None:
        return [None, True, False]
    return [True, False, "none"] if field.optional else [True, False]


def _known_default(default: Any) -> Any:
    return None if default == UNKNOWN else default


def _is_in(value: Any, choices: Sequence[Any]) -> bool:
    return any(_is_same(value, choice) for choice in choices)


def _is_same(one: Any, other: Any) -> bool:
    return (type(one) is type(other) or {type(one), type(other)} == {int, float}) and bool(one == other)
