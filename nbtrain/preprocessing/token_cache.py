"""In-memory cache of tokenized data: the next run on the same texts, say with another learning rate, reuses them.

The cache key is a hash of the content: the input columns, the state of the tokenizer, and the maximum length. Nothing
is written to disk, so there is nothing to clean up.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.fingerprints import fingerprint
from nbtrain.data.memory import total_memory

if TYPE_CHECKING:
    import pyarrow as pa

    from nbtrain.data.source import Examples
    from nbtrain.events import TaskSpec

MIN_CACHE_BYTES = 256 * 2**20
MEMORY_FRACTION = 1 / 16
"""The cache holds at most this fraction of the machine's memory, or `MIN_CACHE_BYTES` if that is more."""

ATTRIBUTES = (
    *("model_input_names", "padding_side", "truncation_side", "split_special_tokens"),
    *("sep_token", "eos_token", "bos_token", "chat_template", "src_lang", "tgt_lang"),
)
"""Settings of a tokenizer that only its Python object has."""


@dataclass(frozen=True)
class Tokens:
    """The tokenized rows of a data set.

    Args:
        columns: Columns such as "input_ids", with a list for each row.
        num_truncated: How many rows were truncated.
    """

    columns: dict[str, pa.ChunkedArray]
    num_truncated: int

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(sum(column.nbytes for column in self.columns.values()))


class TokenCache:
    """Thread-safe LRU cache of `Tokens`, of at most `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._entries: dict[str, Tokens] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Tokens | None:
        """The cached tokens for `key`, or None."""
        with self._lock:
            found = self._entries.pop(key, None)
            if found is not None:
                self._entries[key] = found
            return found

    def put(self, key: str, tokens: Tokens) -> None:
        """Cache `tokens` and evict the least recently used entries; no-op if `tokens` alone are too large."""
        if tokens.size > self.max_bytes:
            return
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = tokens
            while sum(each.size for each in self._entries.values()) > self.max_bytes:
                del self._entries[next(iter(self._entries))]

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()


def key_of(examples: Examples, spec: TaskSpec, tokenizer: str) -> str:
    """The cache key for the tokens of `examples`; `tokenizer` is its hash by `identity`."""
    import numpy as np

    task = tasks.get(spec.task)
    other = {"class_weights", *(key.name for key in task.keys if not key.changes_inputs)}
    options = {name: value for name, value in spec.options.items() if name not in other}
    columns = list(task.read_columns(spec))
    used = examples.rows.select_columns(columns)
    parts = [
        fingerprint(used),
        *columns,
        tokenizer,
        json.dumps(options, sort_keys=True, default=str),
        task.tokenize.__qualname__,
    ]
    if task.aligns_labels and examples.labels is not None:
        parts += [str(len(labels)) for labels in examples.labels]
        parts.append(hashlib.blake2b(b"".join(np.asarray(labels).tobytes() for labels in examples.labels)).hexdigest())
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def identity(tokenizer: Any) -> str | None:
    """A hash of the state of `tokenizer`; None if it cannot be determined, or if tokenization is random.

    It can be determined for the tokenizers of transformers that a `tokenizer.json` describes completely.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or not type(tokenizer).__module__.startswith("transformers."):  # a subclass can do anything
        return None
    try:
        parts = json.loads(backend.to_str())
    except Exception:  # a component in Python; tokenizers raises a plain Exception
        return None
    if parts.get("model", {}).get("dropout"):
        return None
    parts.update(truncation=None, padding=None)  # every call sets these
    attributes = {name: getattr(tokenizer, name, None) for name in ATTRIBUTES}
    state = json.dumps([type(tokenizer).__name__, parts, attributes], default=str)
    return hashlib.blake2b(state.encode(), digest_size=16).hexdigest()


CACHE = TokenCache(max(MIN_CACHE_BYTES, int(total_memory() * MEMORY_FRACTION)))
"""The cache of this process."""
