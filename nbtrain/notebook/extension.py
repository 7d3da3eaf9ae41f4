"""Load and unload the IPython extension; both are idempotent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.notebook.cell import completion, key_help
from nbtrain.notebook.cell.magics import FinetuneMagics
from nbtrain.notebook.kernel import channel, warm_up

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register magics, completion and help, and open the channel to the page."""
    _unregister(shell)  # `%reload_ext` imports the package again: remove what the old one registered
    shell.register_magics(FinetuneMagics)
    completion.register(shell)
    key_help.register(shell)
    channel.connect(shell)
    warm_up.schedule(shell)


def unload(shell: InteractiveShell) -> None:
    """Remove what `load` registered, also for an earlier import of the package."""
    _unregister(shell)
    channel.disconnect()


def _unregister(shell: InteractiveShell) -> None:
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("finetune", None)
    name = FinetuneMagics.__name__
    shell.magics_manager.registry.pop(name, None)
    shell.configurables[:] = [
        configurable for configurable in shell.configurables if type(configurable).__name__ != name
    ]
    completion.unregister(shell)
    key_help.unregister(shell)
