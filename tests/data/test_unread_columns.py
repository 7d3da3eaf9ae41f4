"""Columns that nobody reads stop nothing; they are an error only as text or label."""

from __future__ import annotations

import decimal
import json
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset

from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.frames import concatenate, from_columns
from tests.data.conftest import read_frame, refusal

ODD: dict[str, list[Any]] = {
    "kinds": [1, "x"] * 20,
    "identifier": [uuid.UUID(int=n) for n in range(40)],
    "period": list(pd.period_range("2024-01", periods=40, freq="M")),
    "interval": list(pd.interval_range(0, 40)),
    "big": [2**70 + n for n in range(40)],
    "nested": [{"a": 1}, {"a": "x"}] * 20,
    "maybe a list": ["a", ["a", "b"]] * 20,
    "complex": [1j, 2j] * 20,
    "anything": [object()] * 40,
    "flags and numbers": [True, 3] * 20,
    "missing": [None, float("nan"), "x", 3] * 10,
}
FINE: dict[str, list[Any]] = {
    "sets": [{1}, {2, 3}] * 20,
    "decimals": [decimal.Decimal("1.5")] * 40,
    "numbers": [1, 2.5] * 20,
    "dates": list(pd.date_range("2024-01-01", periods=40)),
    "differences": list(pd.to_timedelta(range(40), unit="s")),
    "categories": list(pd.Categorical(["a", "b"] * 20)),
    "objects": [{"a": 1}, {"b": 2}] * 20,
}


@pytest.mark.parametrize("name", [*ODD, *FINE])
def test_an_unread_column_is_carried_along(reviews: pd.DataFrame, name: str) -> None:
    values = (ODD | FINE)[name]
    for given in (reviews.assign(**{name: pd.Series(values)}), {**reviews.to_dict("list"), name: values}):
        data = read_frame(given)
        assert data.spec.target == ("label",)
        assert data.splits["train"].column_names == ["text", "label", name]
        kept = [note for note in data.notes if note.startswith("Kept as text") and f"`{name}`" in note]
        assert len(kept) == (name in ODD)


def test_what_was_kept_is_the_text_of_the_values(reviews: pd.DataFrame) -> None:
    data = read_frame(reviews.assign(extra=ODD["missing"], big=ODD["big"]))
    rows = data.splits["train"].to_pandas()
    at = rows["text"].tolist().index("review 2")
    assert rows["extra"][at] == "x" and rows["big"][at] == str(2**70 + 2)
    assert rows["extra"].isna().sum() == sum(n % 4 < 2 for n in map(int, rows["text"].str.removeprefix("review ")))


def test_as_text_or_label_it_is_an_error_that_says_what_is_in_it(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(text=[7, *reviews["text"][1:]]))
    assert message.startswith("train: column `text` cannot be read")
    assert "integers (1 row, such as 7) and text (39 rows, such as 'review 1')" in message
    assert 'df["text"] = df["text"].astype(str)' in message
    message = refusal(reviews.assign(label=["a", ["a", "b"]] * 20))
    assert "column `label` cannot be read" in message
    assert "text (20 rows, such as 'a') and lists (20 rows, such as ['a', 'b'])" in message
    message = refusal(reviews.assign(big=ODD["big"]), label=["big"])
    assert f"integers of more than 64 bits, such as {2**70 + 39}" in message
    message = refusal(reviews.assign(identifier=ODD["identifier"]), text=["identifier"])
    assert "values of type UUID" in message
    broken = reviews.assign(label=[0, "x"] * 20)
    assert refusal(train=reviews, validation=broken).startswith("validation: column `label` cannot be read")


def test_the_fix_works(reviews: pd.DataFrame) -> None:
    df = reviews.assign(text=[7, *reviews["text"][1:]])
    fix = refusal(df).partition("Correct it first: ")[2]
    names = {"df": df}
    exec(fix, names)
    assert read_frame(names["df"]).spec.inputs == ("text",)


def test_two_columns_of_one_name(reviews: pd.DataFrame) -> None:
    df = pd.concat([reviews, pd.DataFrame({"n": range(40)}), pd.DataFrame({"n": range(40)})], axis="columns")
    data = read_frame(df)
    assert data.spec.target == ("label",)
    assert any("`n` (2 columns of this name)" in note for note in data.notes)
    df = pd.concat([reviews, reviews[["text"]]], axis="columns")
    message = refusal(df)
    assert "`text` cannot be read: it contains 2 columns of this name" in message
    names = {"df": df}
    exec(message.partition("Correct it first: ")[2], names)
    assert read_frame(names["df"]).spec.inputs == ("text",)


def test_a_json_field_of_several_kinds(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"text": f"t{n}", "label": n % 2, "id": n if n < 30 else f"r{n}", "big": 2**64 + n} for n in range(40)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = read_frame(str(path))
    assert data.spec.target == ("label",)
    assert any("`id`" in note and "`big`" in note for note in data.notes)


def test_shards_whose_types_differ(tmp_path: Path) -> None:
    for shard, label in enumerate(([0, 1], [1, 0])):
        rows = {"text": ["a", "b"], "label": label, "code": [[1, 2], ["x", "y"]][shard], "n": [[1, 2], [0.5, 1]][shard]}
        pd.DataFrame(rows).to_parquet(tmp_path / f"train-{shard:05d}-of-00002.parquet")
    data = read_frame(str(tmp_path), validation_split=0.25)
    assert any("`code` (integers (2 rows, such as 1) and text (2 rows, such as 'x'))" in note for note in data.notes)
    assert not any("`n`" in note for note in data.notes)
    assert data.splits["train"].column_names == ["text", "label", "code", "n"]


def test_parts_keep_what_is_unreadable_in_one_of_them() -> None:
    parts = [from_columns({"a": [1, "x"]}), from_columns({"a": ["y", "z"]}), from_columns({"a": [None]})]
    rows = concatenate(parts)
    assert feature_type(rows.features["a"]) is FeatureType.UNREADABLE
    assert rows["a"][:] == ["1", "x", "y", "z", None]
    assert concatenate([Dataset.from_dict({"a": [1]}), Dataset.from_dict({"b": [2]})]).to_dict() == {
        "a": [1, None], "b": [None, 2],
    }  # fmt: skip
