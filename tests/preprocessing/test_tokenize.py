"""Token IDs, compared with the real tokenizer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from datasets import Dataset

from nbtrain.data.source import Source
from nbtrain.errors import DataError
from nbtrain.preprocessing.dataset import read
from nbtrain.preprocessing.tokenize import encode
from tests.data.conftest import read_frame

if TYPE_CHECKING:
    from pathlib import Path


def test_sst2_is_what_the_tokenizer_gives(real_data: Path, tokenizer: Any) -> None:
    data = read(Source(str(real_data / "sst2"), max_train_samples=1500))
    encoded = encode(data, tokenizer, 512)
    assert encoded.spec.options == {"max_length": 512}
    assert encoded.truncated == {"train": 0, "validation": 0, "test": 0}
    wanted = tokenizer(data.splits["train"]["sentence"][:])
    rows = encoded.splits["train"]
    assert rows.column_names == ["input_ids", "token_type_ids", "attention_mask", "labels"]
    assert rows["input_ids"][:] == wanted["input_ids"]
    assert rows["attention_mask"][:] == wanted["attention_mask"]
    assert rows["labels"][:] == data.splits["train"]["label"][:]


@pytest.mark.slow
def test_long_pairs_of_mrpc_are_truncated_as_the_tokenizer_does(real_data: Path, tokenizer: Any) -> None:
    data = read(Source(str(real_data / "mrpc"), max_train_samples=1200))
    encoded = encode(data, tokenizer, 64)
    train = data.splits["train"]
    pairs = train["sentence1"][:], train["sentence2"][:]
    lengths = [len(ids) for ids in tokenizer(*pairs)["input_ids"]]
    wanted = tokenizer(*pairs, truncation="longest_first", max_length=64)
    assert encoded.splits["train"]["input_ids"][:] == wanted["input_ids"]
    assert encoded.splits["train"]["token_type_ids"][:] == wanted["token_type_ids"]
    num_truncated = sum(length > 64 for length in lengths)
    assert 0 < encoded.truncated["train"] == num_truncated < 1200
    assert any(f"{num_truncated} of 1,200 inputs" in note and "64 tokens" in note for note in encoded.notes)


def test_nothing_is_logged_of_long_inputs(
    tokenizer: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    data = read_frame(pd.DataFrame({"text": ["word " * 2000, "b"] * 10, "label": [0, 1] * 10}))
    with caplog.at_level(logging.WARNING):
        assert encode(data, tokenizer, 512).truncated["train"] == 9
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


def test_the_collator_pads_it(tokenizer: Any) -> None:
    from transformers import DataCollatorWithPadding

    data = read_frame(pd.DataFrame({"text": ["one", "one two three"] * 10, "label": [0, 1] * 10}))
    rows = encode(data, tokenizer, 512).splits["train"]
    batch = DataCollatorWithPadding(tokenizer)([rows[0], rows[1]])
    assert batch["input_ids"].shape == (2, 5)
    assert batch["labels"].tolist() == [0, 1]


def test_labels_of_each_task(tokenizer: Any) -> None:
    texts = [f"text {n}" for n in range(20)]
    numbers = read_frame(pd.DataFrame({"text": texts, "score": [n / 4 for n in range(20)]}), label=["score"])
    rows = encode(numbers, tokenizer, 512).splits["train"]
    assert rows.features["labels"].dtype == "float32"
    assert rows["labels"][1] == numbers.splits["train"]["score"][1]
    several = read_frame(pd.DataFrame({"text": texts, "labels": [["a"], ["b", "a"]] * 10}))
    rows = encode(several, tokenizer, 512).splits["train"].with_format("torch")
    assert rows["labels"][:2].tolist() in ([[1.0, 0.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 0.0]])
    assert str(rows["labels"][:2].dtype) == "torch.float32"


def test_more_than_two_texts_are_joined(tokenizer: Any) -> None:
    frame = pd.DataFrame({"a": ["one"] * 20, "b": ["two"] * 20, "c": ["three"] * 20, "label": [0, 1] * 10})
    encoded = encode(read_frame(frame, text=["a", "b", "c"]), tokenizer, 512)
    assert tokenizer.decode(encoded.splits["train"][0]["input_ids"]) == "[CLS] one [SEP] two [SEP] three [SEP]"
    assert any("`a`, and `b`, `c` joined" in note for note in encoded.notes)


def test_a_split_without_labels_has_none(tokenizer: Any) -> None:
    frame = pd.DataFrame({"text": [f"text {n}" for n in range(20)], "label": [0, 1] * 10})
    encoded = encode(read(Source(train=frame, test=frame.assign(label=-1))), tokenizer, 512)
    assert "labels" not in encoded.splits["test"].column_names
    assert "labels" in encoded.splits["validation"].column_names


def test_progress_counts_all_rows(tokenizer: Any) -> None:
    frame = pd.DataFrame({"text": [f"text {n}" for n in range(2500)], "label": [0, 1] * 1250})
    told: list[tuple[str, int, int]] = []
    encode(read_frame(frame), tokenizer, 512, lambda *work: told.append(work))
    done = [step[1] for step in told]
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] == 2500
    assert {step[2] for step in told} == {2500}
    assert {step[0] for step in told} == {"tokenize"}


def test_no_room_for_text(tokenizer: Any) -> None:
    data = read_frame(pd.DataFrame({"text": ["a", "b"] * 10, "label": [0, 1] * 10}))
    with pytest.raises(DataError, match=r"max_length = 2 .* max_length = 3"):
        encode(data, tokenizer, 2)


def test_formatted_rows_are_read_as_they_are(tokenizer: Any) -> None:
    rows = Dataset.from_dict({"text": ["a", "b"] * 10, "label": [0, 1] * 10}).with_format("torch")
    assert len(encode(read_frame(rows), tokenizer, 512).splits["train"]) == 18
