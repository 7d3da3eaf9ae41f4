"""Texts that were tokenized in this process already: the next run on the same texts, with another learning rate say,
has their tokens at once.

They are known by content: what stands in the columns that are read, what the tokenizer is made of, and where inputs are
cut. Nothing is written to the disk, where such a cache would have to be looked after.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.data.fingerprints import fingerprint
from nbtrain.data.memory import total_memory

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

    from nbtrain.events import TaskSpec

LEAST_BYTES = 256 * 2**20
SHARE = 1 / 16
"""What is kept at most: `LEAST_BYTES`, or this share of the machine's memory if that is more."""

ATTRIBUTES = ("model_input_names", "padding_side", "truncation_side", "split_special_tokens", "sep_token", "eos_token")
"""What the Python side of a tokenizer decides for itself."""


@dataclass(frozen=True)
class Tokens:
    """What a tokenizer made of the rows of a data set.

    Args:
        columns: Such as "input_ids": a list for each row.
        cut: How many rows were too long.
    """

    columns: dict[str, pa.ChunkedArray]
    cut: int

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(sum(column.nbytes for column in self.columns.values()))


class TokenCache:
    """The newest `Tokens`, at most `most` bytes of them; for any thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._known: dict[str, Tokens] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Tokens | None:
        """The tokens that were kept as `key`, if they are still there."""
        with self._lock:
            found = self._known.pop(key, None)
            if found is not None:
                self._known[key] = found
            return found

    def put(self, key: str, tokens: Tokens) -> None:
        """Keep `tokens`, in place of the oldest ones where there is no room; not at all if they are too many."""
        if tokens.size > self.most:
            return
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = tokens
            while sum(each.size for each in self._known.values()) > self.most:
                del self._known[next(iter(self._known))]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()


def key_of(rows: Dataset, spec: TaskSpec, tokenizer: str) -> str:
    """What the tokens of `rows` depend on; `tokenizer` as `identity` has it."""
    columns = list(spec.inputs)
    parts = [fingerprint(rows.select_columns(columns)), *columns, tokenizer, str(spec.options["max_length"])]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def identity(tokenizer: Any) -> str | None:
    """A hash of all that `tokenizer` is made of; None where that cannot be told, and where it draws at random.

    It can be told of the tokenizers of transformers that are written down whole in a `tokenizer.json`.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or not type(tokenizer).__module__.startswith("transformers."):  # it may do what it wants
        return None
    try:
        parts = json.loads(backend.to_str())
    except Exception:  # a part of it is written in Python: tokenizers raises nothing more special
        return None
    if parts.get("model", {}).get("dropout"):
        return None
    parts.update(truncation=None, padding=None)  # every call sets these
    own = {name: getattr(tokenizer, name, None) for name in ATTRIBUTES}
    whole = json.dumps([type(tokenizer).__name__, parts, own], default=str)
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


CACHE = TokenCache(max(LEAST_BYTES, int(total_memory() * SHARE)))
"""That of this process."""
