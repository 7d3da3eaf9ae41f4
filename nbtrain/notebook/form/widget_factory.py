"""WidgetFactory: creates ipywidgets that share layouts and styles, because the form is styled by CSS.

Each layout and style costs a message to the page, and a form can have over a hundred widgets.
"""

from __future__ import annotations

from typing import Any, TypeVar

import ipywidgets

from nbtrain.notebook.widgets import known_traits

Kind = TypeVar("Kind", bound=ipywidgets.Widget)


class WidgetFactory:
    """Creates the widgets of one form."""

    def __init__(self) -> None:
        self._layout = ipywidgets.Layout()
        self._styles: dict[type, ipywidgets.Widget] = {}

    def __call__(self, kind: type[Kind], *arguments: Any, **traits: Any) -> Kind:
        """Create a widget of class `kind`."""
        if kind in self._styles:
            traits["style"] = self._styles[kind]
        made: Kind = kind(*arguments, layout=self._layout, **known_traits(kind, traits))
        if made.has_trait("style"):
            self._styles[kind] = made.style
        return made

    def named(self, name: str, kind: type[Kind], *arguments: Any, **traits: Any) -> Kind:
        """Create a widget of class `kind` with the CSS class `name`."""
        made = self(kind, *arguments, **traits)
        made.add_class(name)
        return made
