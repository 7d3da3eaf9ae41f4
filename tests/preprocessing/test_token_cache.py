"""Texts are tokenized once, unless something changes that the tokens depend on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import PreTokenizer
from transformers import AutoTokenizer, BertTokenizerFast

from nbtrain.config import from_mapping
from nbtrain.data.source import Source
from nbtrain.preprocessing.dataset import read
from nbtrain.preprocessing.token_cache import CACHE, TokenCache, Tokens, identity
from nbtrain.preprocessing.tokenize import encode
from nbtrain.preprocessing.types import Data, Encoded
from nbtrain.preview import Preview
from nbtrain.tasks import base


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    CACHE.clear()
    yield
    CACHE.clear()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the tokenized batches."""
    seen: list[int] = []
    tokenize: Callable[..., Any] = base.tokenize_texts

    def counted(batch: dict[str, list[str]], *others: Any) -> Any:
        seen.append(len(next(iter(batch.values()))))
        return tokenize(batch, *others)

    monkeypatch.setattr(base, "tokenize_texts", counted)
    return seen


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_model)


def data_of(frame: pd.DataFrame, **options: Any) -> Data:
    return read(Source(train=frame, text=["left", "right"], label=["label"], **options))


def columns(encoded: Encoded) -> dict[str, Any]:
    return {split: rows[:] for split, rows in encoded.splits.items()}


def test_the_second_time_nothing_is_tokenized(pairs: pd.DataFrame, tokenizer: Any, batches: list[int]) -> None:
    first = encode(data_of(pairs), tokenizer, 9)
    assert sum(batches) == 60
    second = encode(data_of(pairs.copy()), tokenizer, 9)
    assert sum(batches) == 60
    assert columns(second) == columns(first)
    assert second.truncated == first.truncated
    assert second.notes == first.notes
    assert any("truncated to 9 tokens" in note for note in second.notes), "cached results have the note too"


def test_an_equal_tokenizer_uses_the_cache(
    pairs: pd.DataFrame, tokenizer: Any, tiny_model: Path, batches: list[int]
) -> None:
    encode(data_of(pairs), tokenizer, 9)
    tokenizer("a text that is cut", truncation=True, max_length=3, padding="max_length")
    assert identity(AutoTokenizer.from_pretrained(tiny_model)) == identity(tokenizer)
    encode(data_of(pairs), AutoTokenizer.from_pretrained(tiny_model), 9)
    assert sum(batches) == 60


def test_labels_are_not_cached(pairs: pd.DataFrame, tokenizer: Any, batches: list[int]) -> None:
    swapped = pairs.assign(label=pairs["label"].map({"same": "a", "different": "b"}))
    first, second = (encode(data_of(frame, validation=frame), tokenizer, 9) for frame in (pairs, swapped))
    assert sum(batches) == 60, "both splits are of the same texts"
    assert second.splits["train"]["labels"][:] == [1 - label for label in first.splits["train"]["labels"]]


@pytest.mark.parametrize("change", ["a text", "an order", "max_length", "a word", "a side"])
def test_changes_of_the_tokens_are_detected(
    pairs: pd.DataFrame, tokenizer: Any, batches: list[int], change: str
) -> None:
    encode(data_of(pairs), tokenizer, 9)
    frame, max_length = pairs.copy(), 9
    if change == "a text":
        frame.loc[0, "left"] = "the cat sees one dog"
    elif change == "an order":
        frame = frame.rename(columns={"left": "right", "right": "left"})
    elif change == "max_length":
        max_length = 8
    elif change == "a word":
        tokenizer.add_tokens(["cat dog"])
    else:
        tokenizer.truncation_side = "left"
    changed = encode(data_of(frame), tokenizer, max_length)
    assert sum(batches) > 60
    CACHE.clear()
    assert columns(changed) == columns(encode(data_of(frame), tokenizer, max_length))


def test_the_preview_tokenizes_for_the_run(
    pairs: pd.DataFrame, tiny_model: Path, tokenizer: Any, batches: list[int]
) -> None:
    keys = {"model": str(tiny_model), "train": pairs, "text": ["left", "right"], "use_cpu": True}
    Preview().estimate(from_mapping(keys))
    assert sum(batches) == 54
    encode(data_of(pairs), tokenizer, 32)
    assert sum(batches) == 60, "the preview has tokenized the training split"


def test_unknown_tokenizers_are_not_cached(tiny_model: Path, tokenizer: Any) -> None:
    class Own(BertTokenizerFast):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return super().__call__(*args, **kwargs)

    assert identity(Own.from_pretrained(tiny_model)) is None
    assert identity(str.split) is None
    assert identity(tokenizer) is not None

    class Python:
        def pre_tokenize(self, text: Any) -> None: ...

    tokenizer.backend_tokenizer.pre_tokenizer = PreTokenizer.custom(Python())
    assert identity(tokenizer) is None


def test_random_tokenization_is_not_cached() -> None:
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    for dropout, is_known in ((None, True), (0.1, False)):
        backend = Tokenizer(BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")], dropout=dropout))
        assert (identity(PreTrainedTokenizerFast(tokenizer_object=backend)) is not None) == is_known


def tokens(rows: int) -> Tokens:
    return Tokens({"input_ids": pa.chunked_array([pa.array(range(rows), pa.int32())])}, 0)


def test_the_least_recently_used_entries_are_evicted() -> None:
    cache = TokenCache(max_bytes=4 * 1000)
    for name in ("a", "b"):
        cache.put(name, tokens(400))
    assert cache.get("a") is not None
    cache.put("c", tokens(400))
    assert cache.get("b") is None, "`a` was used since"
    assert cache.get("a") is not None and cache.get("c") is not None
    cache.put("d", tokens(1001))
    assert cache.get("d") is None
    assert cache.get("a") is not None, "an entry that is too large evicts nothing"


def test_threads_do_not_disturb_each_other() -> None:
    cache, problems = TokenCache(max_bytes=4 * 50), []

    def use(number: int) -> None:
        try:
            for at in range(2000):
                cache.put(str((number, at % 7)), tokens(9))
                cache.get(str(((number + 1) % 4, at % 7)))
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
