"""MoreOptions: all other keys with their help, behind a button and with a search box."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets

from nbtrain.config.schema import schema
from nbtrain.notebook.form.field import FieldBox
from nbtrain.notebook.form.html import help_html
from nbtrain.notebook.form.widget_factory import WidgetFactory


class MoreOptions:
    """A searchable list of keys. It has over a hundred fields, so it is created when it is first opened.

    Args:
        make: Creates widgets.
        keys: The keys.
        field: Creates the field of a key.
        on_open: Called after the fields are created.
        call: Calls a function on the main thread.
    """

    def __init__(
        self,
        make: WidgetFactory,
        keys: Iterable[str],
        field: Callable[..., FieldBox],
        on_open: Callable[[], object],
        call: Callable[[Callable[[], None]], None],
    ) -> None:
        self._keys = list(keys)
        self._make = make
        self._field = field
        self._on_open = on_open
        self.fields: dict[str, FieldBox] = {}
        self._rows: dict[str, ipywidgets.Widget] = {}
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
            description="search options",
            placeholder="name, or word in the help",
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
        return [key for key, row in self._rows.items() if row in self._list.children]

    def remove(self, key: str) -> bool:
        """Remove `key` from the list; returns False if its field has been created here."""
        if key in self.fields:
            return False
        self._keys.remove(key)
        self.toggle.description = self._title()
        return True

    def _title(self) -> str:
        return f"More options ({len(self._keys)})"

    def _toggle_list(self) -> None:
        is_open = self.toggle.value
        self.toggle.icon = "caret-down" if is_open else "caret-right"
        if is_open and not self._rows:
            self._fill()
        self.widget.children = (self.toggle, self._head, self._list) if is_open else (self.toggle,)

    def _fill(self) -> None:
        for key in self._keys:
            self.fields[key] = field = self._field(key, in_front=False)
            text = self._make(ipywidgets.HTML, help_html(schema()[key]))
            self._rows[key] = self._make.named("nbf-option", ipywidgets.Box, [field.widget, text])
        self._filter()
        self._on_open()

    def _filter(self) -> None:
        words = self.search.value.lower().replace("-", "_").split()
        found = [key for key in self._rows if all(self._matches(key, word) for word in words)]
        found.sort(key=lambda key: not all(word in key for word in words))  # matches in names first
        self._list.children = [self._rows[key] for key in found]
        count = f"{len(found)} of {len(self._rows)}" if found else "No matching options."
        self._count.value = f"<span role='status'>{count}</span>"

    def _matches(self, key: str, word: str) -> bool:
        return word in key or word in schema()[key].help.lower()
