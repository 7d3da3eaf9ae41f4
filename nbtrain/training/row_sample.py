"""Encode some rows of a Trainer again, to see how its inputs were made.

Nothing is assumed: a guess at the columns, their order and the maximum length is used only if it gives the Trainer's
own encoded rows, token for token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nbtrain.data.source import Examples
from nbtrain.data.values import arrow_values
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.tokenize import encode_rows

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

Preprocess = Callable[[dict[str, Any]], Mapping[str, Any]]
"""A function for `Dataset.map`: from rows (batched, or one by one) to the model's inputs."""

SAMPLE = 24
"""Rows that are encoded again to check a guess, besides the longest one."""

UNLIMITED = 1_000_000
"""A maximum length that truncates nothing."""


class RowSample:
    """Some encoded rows, the longest one included, to compare a guess with."""

    def __init__(self, encoded: Dataset, raw: Dataset) -> None:
        import numpy as np

        encoded = encoded.with_format(None)
        lengths, self._padded_to = _lengths(encoded)
        spread = np.linspace(0, len(encoded) - 1, min(SAMPLE, len(encoded))).astype(int)
        rows = np.unique([*spread, int(lengths.argmax())])
        self._raw = raw.select(rows)
        self._expected = [_real_tokens(encoded[int(at)]) for at in rows]

    def max_length(self, inputs: tuple[str, ...], tokenizer: Any) -> int | None:
        """The maximum length with which tokenizing `inputs` gives these rows; None if there is none."""
        try:
            [(first, _)] = self._encode(self._raw.select([0]), inputs, tokenizer, UNLIMITED)
            if first[:3] != self._expected[0][0][:3]:
                return None
            whole = self._encode(self._raw, inputs, tokenizer, UNLIMITED)
            cut = {
                len(ids)
                for (all_ids, _), (ids, _) in zip(whole, self._expected, strict=True)
                if len(all_ids) > len(ids)
            }
            limit = getattr(tokenizer, "model_max_length", UNLIMITED)
            found = cut.pop() if cut else self._padded_to or (limit if limit < UNLIMITED else 512)
            made = self._encode(self._raw, inputs, tokenizer, found)
        except Exception:  # for example a missing text
            return None
        return found if not cut and made == self._expected else None

    def _encode(self, rows: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int) -> list[Tokens]:
        spec = TaskSpec("text_classification", inputs, options={"max_length": max_length})
        return self._tokens(encode_rows(Examples(rows, None), tokenizer, spec))

    def _tokens(self, encoded: Dataset) -> list[Tokens]:
        has_types = self._expected[0][1] is not None
        return [(ids, types if has_types else None) for ids, types in map(_real_tokens, encoded)]

    def try_preprocess(self, preprocess: Preprocess, texts: list[str]) -> tuple[tuple[str, ...], int | None, str]:
        """The text columns that `preprocess` reads. Whether it gives these rows is checked if it can read them."""
        read: list[str] = []
        try:
            made = preprocessed(self._raw, preprocess, read)
        except KeyError:  # the columns that it reads were removed
            return (), None, ""
        if self._tokens(made) != self._expected:
            return (), None, "`preprocess` does not give the rows that this Trainer was given"
        return tuple(name for name in dict.fromkeys(read) if name in texts), None, ""


Tokens = tuple[list[int], list[int] | None]
"""`input_ids` and `token_type_ids` of a row, without padding."""


def _real_tokens(row: Mapping[str, Any]) -> Tokens:
    ids, types, mask = row["input_ids"], row.get("token_type_ids"), row.get("attention_mask")
    kept = range(len(ids)) if mask is None else [at for at, is_real in enumerate(mask) if is_real]
    return [ids[at] for at in kept], None if types is None else [types[at] for at in kept]


def _lengths(encoded: Dataset) -> tuple[NDArray[np.int64], int | None]:
    """Number of tokens of each row, (rows,), and the length to which all are padded, if no row fills it."""
    import pyarrow.compute as pc

    sizes = pc.list_value_length(arrow_values(encoded, "input_ids")).to_numpy(zero_copy_only=False)
    if len(set(sizes.tolist())) > 1 or "attention_mask" not in encoded.column_names:
        return sizes, None
    mask = arrow_values(encoded, "attention_mask")
    real = pc.list_flatten(mask).to_numpy(zero_copy_only=False).reshape(len(encoded), -1).sum(axis=1)
    return real, int(sizes[0]) if real.max() < sizes[0] else None


class _Recording(dict[str, Any]):
    """Rows that remember which columns are read."""

    def __init__(self, columns: Mapping[str, Any], read: list[str]) -> None:
        super().__init__(columns)
        self._read = read

    def __getitem__(self, name: str) -> Any:
        self._read.append(name)
        return super().__getitem__(name)


def preprocessed(rows: Dataset, preprocess: Preprocess, read: list[str]) -> Dataset:
    """The model inputs that `preprocess` makes of rows, all at once as with `map(batched=True)`, or one by one.

    Raises:
        KeyError: `preprocess` reads a column that `rows` do not have.
    """
    from datasets import Dataset

    rows = rows.with_format(None)
    try:
        made = dict(preprocess(_Recording(rows[:], read)))
        if {len(values) for values in made.values()} == {len(rows)} and not isinstance(made["input_ids"][0], int):
            return Dataset.from_dict(_inputs(made, rows))
    except KeyError:
        raise
    except Exception:  # it takes one row
        read.clear()
    each = [dict(preprocess(_Recording(row, read))) for row in rows]
    return Dataset.from_dict(_inputs({name: [one[name] for one in each] for name in each[0]}, rows))


def _inputs(made: Mapping[str, Any], rows: Dataset) -> dict[str, Any]:
    """The columns that `preprocess` made; it may also have passed on those of the rows."""
    return {name: values for name, values in made.items() if name not in rows.column_names}
