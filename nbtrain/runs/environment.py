"""Where the code runs. A notebook registers itself here (see `nbtrain/__init__.py`); this layer never imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from nbtrain.events.recorder import View


class Environment(Protocol):
    """A notebook, or another front end with its own views and variables."""

    @property
    def variables(self) -> dict[str, Any]:
        """Its variables by name, which "$name" in a configuration refers to."""

    def views(self) -> list[View]:
        """New views for one run."""


_find: Callable[[], Environment | None] = lambda: None  # noqa: E731


def register(find: Callable[[], Environment | None]) -> None:
    """Register a function that returns the notebook in which the code runs; None in a plain script."""
    global _find
    _find = find


def current() -> Environment | None:
    """The notebook that this code runs in; None in a script."""
    return _find()


def variables() -> dict[str, Any] | None:
    """The variables of the notebook that this code runs in; None in a script."""
    environment = _find()
    return None if environment is None else environment.variables


def default_views() -> list[View]:
    """New views for the current environment: a live panel in a notebook, a text table elsewhere."""
    environment = _find()
    if environment is not None:
        return environment.views()
    from nbtrain.views.table import TextTable

    return [TextTable()]


def view_factory(views: Iterable[View] | None) -> Callable[[], Iterable[View]]:
    """A function that makes the views of each run: always `views`, or the default ones if None."""
    if views is None:
        return default_views
    given = list(views)
    return lambda: given
