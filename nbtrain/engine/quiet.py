"""Hide progress bars and load reports of the libraries; nbtrain's notes have what matters."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from nbtrain.data.quiet import quiet as quiet_data


@contextmanager
def quiet_bars() -> Iterator[None]:
    """Context manager: no progress bars of transformers, datasets and huggingface_hub."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with quiet_data():
            yield
    finally:
        if shown:
            logging.enable_progress_bar()


@contextmanager
def quiet() -> Iterator[None]:
    """Context manager: no progress bars, and only errors from transformers."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with quiet_bars(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(verbosity)


@contextmanager
def without_warning(start: str) -> Iterator[None]:
    """Context manager: no `UserWarning` that begins with `start`. Other filters stay, also those added inside."""
    before = list(warnings.filters)
    warnings.filterwarnings("ignore", re.escape(start), UserWarning)
    added = [one for one in warnings.filters if one not in before]
    try:
        yield
    finally:
        for one in added:
            if one in warnings.filters:
                warnings.filters.remove(one)  # type: ignore[attr-defined]
