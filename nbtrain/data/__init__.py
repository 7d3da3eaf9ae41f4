"""Data: from what the configuration names to token ids, every choice said, every mistake found before training."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbtrain.data.encoding import encode, encode_rows
    from nbtrain.data.fingerprints import fingerprint
    from nbtrain.data.reading import read
    from nbtrain.data.rows import in_parts, is_stream, new_rows
    from nbtrain.data.source import Data, Encoded, Examples, Source

__all__ = [
    "Data",
    "Encoded",
    "Examples",
    "Source",
    "encode",
    "encode_rows",
    "fingerprint",
    "in_parts",
    "is_stream",
    "new_rows",
    "read",
]

_MODULES = {
    "Data": "source",
    "Encoded": "source",
    "Examples": "source",
    "Source": "source",
    "encode": "encoding",
    "encode_rows": "encoding",
    "fingerprint": "fingerprints",
    "in_parts": "rows",
    "is_stream": "rows",
    "new_rows": "rows",
    "read": "reading",
}


def __getattr__(name: str) -> Any:
    # Lazy, because the tasks use modules of this package and `read` uses the tasks.
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
