"""Hide progress bars and load reports of the libraries; nbtrain's notes have what matters."""

from __future__ import annotations

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
