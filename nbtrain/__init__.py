"""Fine-tune transformer models inside a notebook, live: `%load_ext nbtrain`, then a `%%finetune` cell."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from typing import TYPE_CHECKING, Any

from nbtrain.runs import environment

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.config import Config
    from nbtrain.engine.stream import Stream, stream
    from nbtrain.errors import (
        ConfigError,
        DataError,
        ModelError,
        NbTrainError,
        NotEnoughMemoryError,
        RunError,
        RunInterrupted,
    )
    from nbtrain.events.commands import Control
    from nbtrain.notebook.form import form
    from nbtrain.runs.compare import compare
    from nbtrain.runs.finetune import clear_cache, finetune, watch
    from nbtrain.runs.run import Run

    __version__: str

__all__ = [
    "Config",
    "ConfigError",
    "Control",
    "DataError",
    "ModelError",
    "NbTrainError",
    "NotEnoughMemoryError",
    "Run",
    "RunError",
    "RunInterrupted",
    "Stream",
    "clear_cache",
    "compare",
    "finetune",
    "form",
    "stream",
    "watch",
]

_HOMES = {
    "Config": "nbtrain.config",
    "Control": "nbtrain.events.commands",
    "Run": "nbtrain.runs.run",
    "Stream": "nbtrain.engine.stream",
    "clear_cache": "nbtrain.runs.finetune",
    "compare": "nbtrain.runs.compare",
    "finetune": "nbtrain.runs.finetune",
    "form": "nbtrain.notebook.form",
    "stream": "nbtrain.engine.stream",
    "watch": "nbtrain.runs.finetune",
}


def __getattr__(name: str) -> Any:
    """Import public names on first use, so that importing nbtrain does not import torch."""
    if name == "__version__":
        return importlib.metadata.version("nbtrain")  # of the installed package: labextension/package.json has it
    if name not in __all__:
        raise AttributeError(f"module 'nbtrain' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES.get(name, "nbtrain.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _notebook() -> environment.Environment | None:
    """The notebook that this code runs in, if there is one. IPython is not imported for that."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return None
    from nbtrain.notebook.environment import Notebook

    return Notebook(shell)


environment.register(_notebook)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext nbtrain`."""
    from nbtrain.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext nbtrain`."""
    from nbtrain.notebook.extension import unload

    unload(shell)
