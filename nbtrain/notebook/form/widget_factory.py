"""Makes ipywidgets that share their layouts and styles, as the form's traits are all CSS.

Each layout and each style is a message to the page of its own, and a form has some hundred widgets.
"""

from __future__ import annotations

from typing import Any, TypeVar

import ipywidgets

Kind = TypeVar("Kind", bound=ipywidgets.Widget)


class WidgetFactory:
    """Makes the widgets of one form."""

    def __init__(self) -> None:
        self._layout = ipywidgets.Layout()
        self._styles: dict[type, ipywidgets.Widget] = {}

    def __call__(self, kind: type[Kind], *arguments: Any, **traits: Any) -> Kind:
        """A widget of `kind`."""
        if kind in self._styles:
            traits["style"] = self._styles[kind]
        made: Kind = kind(*arguments, layout=self._layout, **traits)
        if made.has_trait("style"):
            self._styles[kind] = made.style
        return made

    def named(self, name: str, kind: type[Kind], *arguments: Any, **traits: Any) -> Kind:
        """A widget of `kind` with the CSS class `name`."""
        made = self(kind, *arguments, **traits)
        made.add_class(name)
        return made
