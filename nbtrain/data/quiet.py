"""Silence progress bars and logs of the data libraries: only nbtrain's views show progress."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet() -> Iterator[None]:
    """Context manager: no progress bars of `datasets` and `huggingface_hub`, and `datasets` logs only errors."""
    import datasets
    from huggingface_hub import utils as hub

    bars = [datasets.utils, hub]
    shown = [not module.are_progress_bars_disabled() for module in bars]
    for module in bars:
        module.disable_progress_bars()
    verbosity = datasets.logging.get_verbosity()
    datasets.logging.set_verbosity_error()
    try:
        yield
    finally:
        datasets.logging.set_verbosity(verbosity)
        for module, was_shown in zip(bars, shown, strict=True):
            if was_shown:
                module.enable_progress_bars()
