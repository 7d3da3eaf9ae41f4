"""Controls: one or a few widgets for a key, which show what a text says, and say what somebody changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import ipywidgets

from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.fields import Field
from nbtrain.config.toml.writing import toml_value
from nbtrain.notebook.form.entry import entry, read
from nbtrain.notebook.form.widget_factory import WidgetFactory

Edit = Callable[[Mapping[str, Any]], None]
"""Takes the changes of somebody: values by key, None for a key that is to go."""

NOT_SET = "not set"


class Control(Protocol):
    """Shows the value of a key, or of several that belong together.

    Attributes:
        widget: What shows it.
    """

    widget: ipywidgets.Widget

    def show(self, values: Mapping[str, Any]) -> None:
        """Show what `values`, those of the text, have for the key; where they have nothing, the default."""


class SilentUpdates:
    """A widget that is set by the program tells nobody of it."""

    _is_set_by_program = False

    @contextlib.contextmanager
    def _silently(self) -> Iterator[None]:
        self._is_set_by_program = True
        try:
            yield
        finally:
            self._is_set_by_program = False

    def _listen(self, widget: ipywidgets.Widget, trait: str, then: Callable[[], None]) -> None:
        def heard(_: Any) -> None:
            if not self._is_set_by_program:
                then()

        widget.observe(heard, trait)


class TextControl(SilentUpdates):
    """A box for anything; an empty one takes the key out of the text.

    Args:
        make: Makes its widget.
        field: The key.
        edit: Is told of changes.
        suggestions: What it might be.
        in_front: Show the default as if it had been typed, for those who would change it.
        traits: Further traits of the widget.
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
        traits = {"description": field.name, "placeholder": _placeholder(field), "continuous_update": False, **traits}
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
            return  # as somebody wrote it: 1e-4 is not made 0.0001 under their hands
        with self._silently():
            self.widget.value = entry(self._field, values[key]) if key in values else self._default

    def _typed(self) -> None:
        self._edit({self._field.name: read(self._field, self.widget.value)})


class ChoiceControl(SilentUpdates):
    """A drop-down. A value of the text that is no choice is there, too, as long as it is the value.

    Args:
        make: Makes its widget.
        name: The label.
        key: The key.
        edit: Is told of changes.
        choices: The values to choose from; None takes the key out of the text.
        default: What is shown where the text has nothing; one of `choices`.
        words: How a value is shown, where not as itself.
        traits: Further traits of the widget.
    """

    def __init__(
        self,
        make: WidgetFactory,
        name: str,
        key: str,
        edit: Edit,
        choices: Sequence[Any],
        default: Any,
        words: Mapping[Any, str] | None = None,
        **traits: Any,
    ) -> None:
        self._key = key
        self._edit = edit
        self._choices = list(choices)
        self._default = default
        self._labels = words or {}
        self._offered: list[Any] = []
        self.widget = make(ipywidgets.Dropdown, description=name, **traits)
        self.show({})
        self._listen(self.widget, "index", self._chosen)

    def offer(self, choices: Sequence[Any], words: Mapping[Any, str]) -> None:
        """Have other choices from the next `show` on."""
        self._choices, self._labels = list(choices), words

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
        """What is chosen."""
        return None if self.widget.index is None else self._offered[self.widget.index]

    def _label(self, value: Any) -> str:
        if value is None or isinstance(value, (str, bool)):
            shown = self._labels.get(value)
            if shown is not None:
                return shown
        return NOT_SET if value is None else value if isinstance(value, str) else toml_value(value)

    def _chosen(self) -> None:
        self._edit({self._key: self.value})


class FlagControl(SilentUpdates):
    """A box to tick."""

    def __init__(self, make: WidgetFactory, field: Field, edit: Edit, **traits: Any) -> None:
        self._field = field
        self._edit = edit
        self.widget = make(ipywidgets.Checkbox, description=field.name, indent=False, **traits)
        self.show({})
        self._listen(self.widget, "value", self._ticked)

    def show(self, values: Mapping[str, Any]) -> None:
        value = values.get(self._field.name, self._field.default)
        with self._silently():
            self.widget.value = value is True

    def _ticked(self) -> None:
        self._edit({self._field.name: self.widget.value})


def control_for(make: WidgetFactory, field: Field, edit: Edit, *, in_front: bool = True, **traits: Any) -> Control:
    """The control that suits a key."""
    if field.kinds == ("bool",) and not field.optional and field.default in (True, False):
        return FlagControl(make, field, edit, **traits)
    if field.kinds == ("bool",):
        return ChoiceControl(
            make, field.name, field.name, edit, _flag_choices(field), _known_default(field.default), **traits
        )
    if field.choices:
        unset = [None] if _known_default(field.default) is None else []
        none = ["none"] if field.optional and not unset and "none" not in field.choices else []
        return ChoiceControl(
            make, field.name, field.name, edit, [*unset, *field.choices, *none], _known_default(field.default), **traits
        )
    return TextControl(make, field, edit, in_front=in_front, **traits)


def _placeholder(field: Field) -> str:
    """What stands in an empty box: the default, or what the help has after its colon."""
    if field.default == UNKNOWN:
        return UNKNOWN[1:-1]
    if field.default not in (None, ""):
        return entry(field, field.default)
    about = field.help.partition(": ")[2].rstrip(".") if field.own else ""
    return about.replace("`", "") or NOT_SET


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
