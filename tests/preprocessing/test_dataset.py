"""What `read` returns for data, and the errors and notes that a user reads."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from nbtrain.config.schema import schema
from nbtrain.data.source import Source
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.dataset import read
from tests.data.conftest import read_frame, refusal

if TYPE_CHECKING:
    from pathlib import Path


def with_names(frame: pd.DataFrame, names: list[str]) -> Dataset:
    return Dataset.from_pandas(frame, preserve_index=False).cast_column("label", ClassLabel(names=names))


def test_mrpc(real_data: Path) -> None:
    data = read(Source(str(real_data / "mrpc")))
    assert {split: len(rows) for split, rows in data.splits.items()} == {"train": 3668, "validation": 408, "test": 1725}
    assert data.spec == TaskSpec("text_classification", ("sentence1", "sentence2"), ("label",), (0, 1))
    [note] = data.notes
    assert 'text = ["sentence1", "sentence2"], label = "label"' in note
    assert data.splits["train"].column_names == ["sentence1", "sentence2", "label", "idx"]


def test_sst2(real_data: Path) -> None:
    data = read(Source(str(real_data / "sst2")))
    assert (data.spec.inputs, data.spec.target) == (("sentence",), ("label",))


def test_demo() -> None:
    data = read(Source("demo"))
    assert list(data.splits) == ["train", "validation", "test"]
    assert len(data.spec.inputs) == 2
    assert len(data.spec.labels) == 2


def test_every_type_of_object(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews)
    for given in (
        reviews,
        rows,
        DatasetDict(train=rows),
        {"train": reviews},
        {"text": reviews["text"].tolist(), "label": reviews["label"].tolist()},
        rows.data.table,
    ):
        assert len(read_frame(given).splits["train"]) == 36


def test_separate_splits(reviews: pd.DataFrame) -> None:
    data = read(Source(train=reviews, validation=reviews[:10], test=Dataset.from_pandas(reviews[:5])))
    assert [len(rows) for rows in data.splits.values()] == [40, 10, 5]


def test_split_of_the_data_set_by_name(reviews: pd.DataFrame) -> None:
    splits = DatasetDict(train=Dataset.from_pandas(reviews), test=Dataset.from_pandas(reviews[:5]))
    data = read(Source(splits, validation="test"))
    assert len(data.splits["validation"]) == 5
    assert len(data.splits["train"]) == 40


def test_odd_split_names(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews)
    given = DatasetDict(train=rows, validation_matched=rows, validation_mismatched=rows, unsupervised=rows)
    data = read(Source(given))
    assert list(data.splits) == ["train", "validation"]
    assert any("`validation_matched`" in note for note in data.notes)
    assert any("`validation_mismatched`, `unsupervised`" in note for note in data.notes)


def test_no_split_is_for_training(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews)
    message = refusal(DatasetDict(one=rows, two=rows))
    assert "`one`, `two`" in message
    assert 'train = "one"' in message


def test_no_data_at_all() -> None:
    assert 'dataset = "demo"' in refusal()
    assert re.match("`dataset`: expected .* got an object of type int", refusal(3))


def test_missing_validation_split_is_held_out_stratified_and_in_order() -> None:
    frame = pd.DataFrame(
        {"text": [f"t{n}" for n in range(200)], "label": [int(n % 4 == 0) for n in range(200)], "n": range(200)}
    )
    data = read_frame(frame)
    kept, held_out = data.splits["train"].to_pandas(), data.splits["validation"].to_pandas()
    assert len(held_out) == 20
    assert held_out["label"].sum() == 5
    assert sorted([*kept["n"], *held_out["n"]]) == list(range(200))
    assert kept["n"].is_monotonic_increasing
    assert held_out["n"].is_monotonic_increasing
    note = next(note for note in data.notes if "20 of 200 training examples (10%)" in note)
    assert "stratified by label, seed 42" in note
    assert read_frame(frame).splits["validation"].to_pandas().equals(held_out)
    assert not read_frame(frame, seed=1).splits["validation"].to_pandas().equals(held_out)


def test_labels_too_rare_to_stratify(reviews: pd.DataFrame) -> None:
    reviews.loc[0, "label"] = 2
    data = read_frame(reviews)
    assert any("Not stratified" in note for note in data.notes)
    assert not any("stratified by label" in note for note in data.notes)


def test_the_number_of_examples_is_limited(reviews: pd.DataFrame) -> None:
    reviews = reviews.sort_values("label")  # the first twenty are of one class
    data = read(Source(train=reviews, validation=reviews, max_train_samples=20, max_eval_samples=10))
    assert len(data.splits["train"]) == 20
    assert len(data.splits["validation"]) == 10
    assert set(data.splits["train"]["label"][:]) == {0, 1}
    assert any("20 of 40 examples (seed 42)" in note for note in data.notes)
    assert any("10 of 40 validation examples (seed 42)" in note for note in data.notes)


def test_a_sample_of_one_class_is_refused(reviews: pd.DataFrame) -> None:
    named = set(re.findall(r"\b\w+_\w+\b", refusal(reviews, max_train_samples=1)))
    assert named == {"max_train_samples"}
    assert named <= set(schema())


def test_every_field_has_the_name_of_a_key() -> None:
    assert {field.name for field in dataclasses.fields(Source)} - {"keys"} <= set(schema())


def test_loading_shows_no_progress_bars_and_restores_the_setting(
    reviews: pd.DataFrame, capfd: pytest.CaptureFixture[str]
) -> None:
    read_frame(reviews)
    assert capfd.readouterr() == ("", "")
    assert datasets.are_progress_bars_disabled() is False


# Labels


def test_class_names_of_the_features(reviews: pd.DataFrame) -> None:
    assert read_frame(with_names(reviews, ["negative", "positive"])).spec.labels == ("negative", "positive")


@pytest.mark.parametrize(
    ("values", "labels", "note"),
    [
        (["spam", "ham"], ["ham", "spam"], "0 = ham, 1 = spam"),
        (["10", "2"], ["2", "10"], "0 = 2, 1 = 10"),
        ([5, 1], [1, 5], "0 = 1, 1 = 5"),
        ([-1, 1], [-1, 1], "0 = -1, 1 = 1"),
        ([False, True], [False, True], None),
        ([1, 0], [0, 1], None),
        (pd.Categorical(["b", "a"]), ["a", "b"], "0 = a, 1 = b"),
    ],
)
def test_labels_from_values(reviews: pd.DataFrame, values: Any, labels: list[Any], note: str | None) -> None:
    reviews["label"] = pd.concat([pd.Series(values)] * 20, ignore_index=True)
    data = read_frame(reviews)
    assert data.spec.labels == tuple(labels)
    assert list(map(type, data.spec.labels)) == list(map(type, labels))
    assert data.spec.task == "text_classification"
    assert [said for said in data.notes if "Label IDs" in said] == ([f"Label IDs: {note}."] if note else [])


def test_labels_that_look_alike_are_noted(reviews: pd.DataFrame) -> None:
    reviews["label"] = ["Good", "good "] * 20
    assert any("`Good`, `good `" in note for note in read_frame(reviews).notes)


def test_hidden_test_labels(reviews: pd.DataFrame) -> None:
    hidden = reviews.assign(label=-1)
    data = read(
        Source(train=with_names(reviews, ["a", "b"]), validation=reviews.assign(label=["a", "b"] * 20), test=hidden)
    )
    assert data.splits["test"].column_names == ["text"]
    assert any(note.startswith("test: 40 of 40 rows have no label") for note in data.notes)
    data = read(Source(train=reviews, test=reviews[["text"]]))
    assert any(note.startswith("test: no label column") for note in data.notes)


def test_some_hidden_test_labels(reviews: pd.DataFrame) -> None:
    test = reviews.assign(label=[-1, *reviews["label"][1:]])
    notes = read(Source(train=reviews, test=test)).notes
    assert any(note.startswith("test: 1 of 40 rows has no label") for note in notes)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_missing_labels_are_counted(reviews: pd.DataFrame, split: str) -> None:
    good = with_names(reviews, ["a", "b"])
    hidden = with_names(reviews.assign(label=[-1, -1, *reviews["label"][2:]]), ["a", "b"])
    message = refusal(**{"train": good, "validation": good, split: hidden})
    assert message.startswith(f"{split}: 2 of 40 rows")
    assert "`label` is -1" in message
    assert 'ds.filter(lambda row: row["label"] != -1)' in message
    empty = reviews.assign(label=[np.nan, *reviews["label"][1:]])
    message = refusal(**{"train": reviews, "validation": reviews, split: empty})
    assert message.startswith(f"{split}: 1 of 40 rows")
    assert "`label` is empty" in message
    assert 'df.dropna(subset=["label"])' in message


def test_minus_one_next_to_many_classes_is_refused(reviews: pd.DataFrame) -> None:
    reviews["label"] = [-1, 0, 1, 2] * 10
    assert re.search(r'0 to 2 and also -1(.|\n)*df\[df\["label"\] != -1\]', refusal(reviews))


def test_labels_that_do_not_occur_in_training(reviews: pd.DataFrame) -> None:
    message = refusal(train=reviews, validation=reviews.assign(label=[7, 7, *reviews["label"][2:]]))
    assert re.match("validation: 2 of 40 rows have a label in `label` .*: 7", message)
    assert "Known labels: 0, 1." in message


def test_labels_out_of_range(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews.assign(label=[5, *reviews["label"][1:]]), preserve_index=False)
    features = Features({"text": Value("large_string"), "label": ClassLabel(names=["neg", "pos"])})
    broken = Dataset(rows.data.table.replace_schema_metadata(None), info=datasets.DatasetInfo(features=features))
    message = refusal(broken)
    assert message.startswith("train: 1 of 40 rows has a label out of range: `label` = 5")
    assert "2 classes, 0 to 1 (neg, pos)" in message


def test_floats_for_a_classification(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(label=reviews["label"] + 0.5), task="text_classification")
    assert "floats (0.5, 1.5)" in message
    assert 'task = "regression"' in message
    message = refusal(reviews.assign(label=reviews["label"] * 1.0), task="text_classification")
    assert "floats (0.0, 1.0)" in message
    assert 'df["label"] = df["label"].astype(int)' in message


def test_floats_without_a_fraction_are_ambiguous(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(label=reviews["label"] * 1.0))
    assert "`label`, which contains floats" in message
    assert 'task = "regression"' in message
    assert "astype(int)" in message


def test_one_single_class(reviews: pd.DataFrame) -> None:
    assert refusal(reviews.assign(label=1)).startswith("train: all 40 rows have the same label, `label` = 1")
    assert "`label` = b: " in refusal(with_names(reviews.assign(label=1), ["a", "b"]))


def test_a_column_of_ids_is_not_a_label(reviews: pd.DataFrame) -> None:
    assert "40 distinct values in 40 rows" in refusal(reviews.assign(label=range(40)))


def test_unknown_task(reviews: pd.DataFrame) -> None:
    message = refusal(reviews, task="text_clasification")
    assert "Did you mean `text_classification`?" in message
    assert "regression" in message


# Splits and texts


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_empty_split(reviews: pd.DataFrame, split: str) -> None:
    message = refusal(**{"train": reviews, "validation": reviews, split: reviews[:0]})
    assert f"{split} split is empty" in message


def test_too_few_rows_to_hold_some_out(reviews: pd.DataFrame) -> None:
    few = reviews.assign(label=reviews["label"] + 0.5)[:2]
    assert "train has 2 rows" in refusal(few, validation_split=0.9)


def test_nulls_in_a_text_column_are_counted(reviews: pd.DataFrame) -> None:
    reviews.loc[[3, 5], "text"] = None
    message = refusal(reviews)
    assert message.startswith("train: 2 of 40 rows")
    assert "column `text`" in message
    assert 'dropna(subset=["text"])' in message
    assert "40 of 40 rows" in refusal(reviews.assign(text=None), text=["text"], label=["label"])


def test_a_text_column_that_is_not_text(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(stars=3), text=["stars"])
    assert "column `stars` is not text" in message
    assert "integers" in message
    assert 'text = "text"' in message


def test_a_streamed_data_set_is_refused(reviews: pd.DataFrame) -> None:
    assert "streaming=True" in refusal(Dataset.from_pandas(reviews).to_iterable_dataset())
