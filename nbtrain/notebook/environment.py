"""The notebook as the environment of runs (see `nbtrain.runs.environment`)."""

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
        """Views for the current front end: the live panel if it can show one."""
        from nbtrain.notebook.displays import views_for

        return views_for(self._shell)
