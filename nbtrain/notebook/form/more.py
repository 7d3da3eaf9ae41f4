"""MoreOptions: all other keys with their help, behind a button and with a search box."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from nbtrain.config.schema import schema
from nbtrain.notebook.form.field import FieldBox
from nbtrain.notebook.form.labels import label_of
from nbtrain.notebook.form.widget_factory import WidgetFactory


class MoreOptions:
    """A searchable list of keys. It has over a hundred fields, so they are created when it is first opened.

    Args:
        make: Creates widgets.
        field: Creates the field of a key.
        on_open: Called after the fields are created, to show their values.
        call: Calls a function on the main thread.
    """

    def __init__(
        self,
        make: WidgetFactory,
        field: Callable[..., FieldBox],
        on_open: Callable[[], object],
        call: Callable[[Callable[[], None]], None],
    ) -> None:
        self._keys: list[str] = []
        self._make = make
        self._field = field
        self._on_open = on_open
        self._made: dict[str, FieldBox] = {}
        self.toggle = make.named(
            "nbf-toggle",
            ipywidgets.ToggleButton,
            description=self._title(),
            icon="caret-right",
            tooltip="All other keys, with help",
        )
        self.search = make.named(
            "nbf-search",
            ipywidgets.Text,
            description="Search options",
            placeholder="name or word in the help",
            continuous_update=True,
        )
        self._count = make.named("nbf-count", ipywidgets.HTML)
        self._list = make.named("nbf-options", ipywidgets.VBox)
        self._head = make.named("nbf-search-line", ipywidgets.Box, [self.search, self._count])
        self.widget = make.named("nbf-more", ipywidgets.VBox, [self.toggle])
        self.toggle.observe(lambda _: call(self._toggle_list), "value")
        self.search.observe(lambda _: call(self._filter), "value")

    @property
    def shown(self) -> list[str]:
        """The visible keys."""
        return [key for key, field in self.fields.items() if field.widget in self._list.children]

    @property
    def fields(self) -> dict[str, FieldBox]:
        """The fields of the offered keys; none until they are created."""
        return {key: self._made[key] for key in self._keys if key in self._made}

    def offer(self, keys: Sequence[str]) -> None:
        """Offer these keys from now on."""
        if list(keys) == self._keys:
            return
        self._keys = list(keys)
        self.toggle.description = self._title()
        if self._made:
            self._fill()

    def _title(self) -> str:
        return f"More options ({len(self._keys)})"

    def _toggle_list(self) -> None:
        is_open = self.toggle.value
        self.toggle.icon = "caret-down" if is_open else "caret-right"
        if is_open and not self._made:
            self._fill()
            self._on_open()
        self.widget.children = (self.toggle, self._head, self._list) if is_open else (self.toggle,)

    def _fill(self) -> None:
        for key in self._keys:
            if key not in self._made:
                self._made[key] = self._field(key, in_front=False)
        self._filter()

    def _filter(self) -> None:
        words = self.search.value.lower().replace("-", "_").split()
        found = [key for key in self._keys if all(self._matches(key, word) for word in words)]
        found.sort(key=lambda key: not all(word in key for word in words))  # matches in names first
        self._list.children = [self._made[key].widget for key in found]
        count = f"{len(found)} of {len(self._keys)}" if found else "No matching options."
        self._count.value = f"<span role='status'>{count}</span>"

    def _matches(self, key: str, word: str) -> bool:
        return any(word in text.lower() for text in (key, label_of(key), schema()[key].help))
