"""`%finetune --show`: show any run in any cell with its whole history; live if it trains in this kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from nbtrain.errors import RunError
from nbtrain.events import Resumed
from nbtrain.notebook.displays import views_for
from nbtrain.runs.find import all_runs, find

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.runs.run import Run


def show(shell: InteractiveShell, name: str) -> None:
    """Show the run `name`, a variable, ID or directory; the newest run if it is "".

    Raises:
        RunError: There is no such run.
    """
    run = find(name, shell.user_ns) if name else _newest(shell)
    if run.control is None or run.views is None or not _can_be_live(shell):
        display(run)
        return
    for view in views_for(shell, background=True)[:1]:  # the panel only: the record stays in the cell that trains
        view.update(run.state, Resumed(step=run.state.step))
        view.steer(run.control)
        run.views.append(view)


def _can_be_live(shell: InteractiveShell) -> bool:
    kernel = getattr(shell, "kernel", None)
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", True))


def _newest(shell: InteractiveShell) -> Run:
    runs = all_runs(shell.user_ns)
    if not runs:
        raise RunError("No runs here yet. Train one: `%finetune --template` inserts a starter cell.")
    return runs[-1]
