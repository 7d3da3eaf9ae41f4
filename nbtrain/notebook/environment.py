"""The notebook that this code runs in, as the layers below know it (`nbtrain.runs.environment`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.events.recorder import View


class Notebook:
    """Variables and views of an IPython shell.

    Args:
        shell: The shell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the notebook."""
        variables: dict[str, Any] = self._shell.user_ns
        return variables

    def views(self) -> list[View]:
        """A live panel where the front end shows one, else what it can show."""
        from nbtrain.notebook.displays import views_for

        return views_for(self._shell)
