"""The analyses of labels, numbers, tags, answers and texts, by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbtrain import RunError
from nbtrain.insight.analysis import Analysis
from tests.insight import runs


@pytest.fixture
def labels(tmp_path: Path) -> Analysis:
    p = np.array([[0.9, 0.2], [0.8, 0.6], [0.4, 0.3], [0.2, 0.1]])
    true = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], dtype=bool)
    names = ["red", "blue"]
    table = pd.DataFrame(
        {
            "label": [[name for name, has in zip(names, row, strict=True) if has] for row in true],
            "prediction": [[name for name, has in zip(names, row > 0.5, strict=True) if has] for row in p],
            "p(red)": p[:, 0],
            "p(blue)": p[:, 1],
            "loss": -np.where(true, np.log(p), np.log(1 - p)).mean(axis=1),
            "correct": ((p > 0.5) == true).all(axis=1),
        }
    )
    return runs.write(tmp_path / "run", runs.spec("multi_label", *names), {1: table}).analysis


def test_labels(labels: Analysis) -> None:
    assert labels.confusion.loc["red"].tolist() == [2, 0, 1, 1]
    assert labels.confusion.loc["blue"].tolist() == [0, 1, 1, 2]
    assert list(labels.confusion.rows("blue").index) == [2]
    assert labels.report.loc["red", ["precision", "recall", "f1", "support"]].tolist() == [1, 2 / 3, 0.8, 3]
    assert labels.report.loc["blue", ["precision", "recall", "f1", "support"]].tolist() == [0, 0, 0, 1]
    scores = labels.scores["value"]
    assert scores["exact_match"] == 2 / 4
    assert scores["f1"] == pytest.approx(0.4)
    assert scores["f1_micro"] == pytest.approx(2 * 2 / (3 + 4))
    assert labels.calibration["n"].sum() == 8
    with pytest.raises(RunError, match="one class for each example, or tags"):
        _ = labels.most_confused


def test_thresholds_of_labels(labels: Analysis) -> None:
    red = labels.threshold().loc["red"]
    assert (red["threshold"], red["f1"], red["at_half"]) == (pytest.approx(0.3), 1, pytest.approx(0.8))
    blue = labels.threshold().loc["blue"]
    assert (blue["threshold"], blue["f1"], blue["at_half"]) == (pytest.approx(0.25), pytest.approx(2 / 3), 0)


def test_numbers(tmp_path: Path) -> None:
    label, prediction = [0.0, 1.0, 2.0, 3.0, np.nan], [0.5, 1.0, 1.0, 5.0, 2.0]
    error = np.subtract(prediction, label)
    table = pd.DataFrame({"label": label, "prediction": prediction, "error": error, "loss": error**2})
    analysis = runs.write(tmp_path / "run", runs.spec("regression"), {1: table}).analysis
    assert analysis.scores.loc["mae", ["value", "n"]].tolist() == [3.5 / 4, 4]
    assert analysis.scores.loc["mse", "value"] == (0.25 + 1 + 4) / 4
    assert analysis.scores.loc["bias", "value"] == 1.5 / 4
    assert analysis.scores.loc["pearsonr", "value"] == pytest.approx(np.corrcoef(label[:4], prediction[:4])[0, 1])
    assert list(analysis.top_losses(2).index) == [3, 2]
    residuals = analysis.residuals
    assert residuals["n"].sum() == 4
    assert residuals.loc[1.0, ["bias", "mae", "n"]].tolist() == [-0.5, 0.5, 2]
    with pytest.raises(RunError, match="regression predicts numbers"):
        _ = analysis.confusion


def test_residuals_of_ranges(tmp_path: Path) -> None:
    prediction = np.arange(100.0)
    label = prediction - (prediction >= 50)  # too high by 1 in the upper half
    error = prediction - label
    table = pd.DataFrame({"label": label, "prediction": prediction, "error": error, "loss": error**2})
    residuals = runs.write(tmp_path / "run", runs.spec("regression"), {1: table}).analysis.residuals
    assert residuals["n"].tolist() == [10] * 10
    assert residuals["bias"].tolist() == [0] * 5 + [1] * 5
    assert len(residuals.rows(75.0)) == 10


@pytest.fixture
def tags(tmp_path: Path) -> Analysis:
    table = pd.DataFrame(
        {
            "label": [["B-per", "I-per", "O"], ["O", "B-loc"], ["O"]],
            "prediction": [["B-per", "I-per", "O"], ["O", "B-per"], ["B-loc"]],
            "loss": [0.1, 2.0, 3.0],
            "correct": [True, False, False],
        }
    )
    words = pd.DataFrame({"tokens": [["Anna", "Lee", "runs"], ["in", "Paris"], ["hm"]]})
    spec = runs.spec("token_classification", "O", "B-per", "I-per", "B-loc", "I-loc", inputs=["tokens"])
    return runs.write(tmp_path / "run", spec, {1: table}, words).analysis


def test_entities(tags: Analysis) -> None:
    assert tags.report.loc["per", ["precision", "recall", "support", "predicted"]].tolist() == [1 / 2, 1, 1, 2]
    assert tags.report.loc["loc", ["precision", "recall", "support", "predicted"]].tolist() == [0, 0, 1, 1]
    assert tags.confusion.to_dict("index") == {
        "loc": {"loc": 0, "per": 1, "(none)": 0},
        "per": {"loc": 0, "per": 1, "(none)": 0},
        "(none)": {"loc": 1, "per": 0, "(none)": 0},
    }
    assert tags.most_confused[["label", "prediction", "confused"]].to_numpy().tolist() == [["loc", "per", 1]]
    assert list(tags.entities["error"]) == ["", "type", "spurious"]
    assert list(tags.confusion.rows("loc", "per").index) == [1]
    scores = tags.scores
    assert scores.loc["f1", ["value", "n"]].tolist() == [2 / 5, 4]
    assert scores.loc["sentences_right", "value"] == 1 / 3
    assert tags.slices().index.name == "length (words)"


def test_tags_that_are_no_entities_are_counted_by_word(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "label": [["NN", "VB"], ["NN"]],
            "prediction": [["NN", "NN"], ["NN"]],
            "loss": [1.0, 0.1],
            "correct": [False, True],
        }
    )
    analysis = runs.write(tmp_path / "run", runs.spec("token_classification", "NN", "VB"), {1: table}).analysis
    assert analysis.confusion.to_numpy().tolist() == [[2, 0], [1, 0]]
    assert analysis.report.loc["NN", ["precision", "recall"]].tolist() == [2 / 3, 1]
    assert analysis.scores.loc["accuracy", ["value", "n"]].tolist() == [2 / 3, 3]
    with pytest.raises(RunError, match="parts of speech"):
        _ = analysis.entities


def test_texts(tmp_path: Path) -> None:
    table = pd.DataFrame({"reference": ["a1 b1", "c d"], "generated": ["a1 b1", "c x"], "correct": [True, False]})
    analysis = runs.write(tmp_path / "run", runs.spec("seq2seq", predict_with_generate=True), {1: table}).analysis
    assert analysis.scores.loc["exact_match", "value"] == 1 / 2
    assert analysis.scores.loc["words_f1", "value"] == 0.75
    worst = analysis.worst(1)
    assert list(worst.index) == [1] and worst["words_f1"].tolist() == [0.5]
    with pytest.raises(RunError, match="a loss for each example"):
        analysis.top_losses()


def test_texts_without_a_reference_can_be_read(tmp_path: Path) -> None:
    table = pd.DataFrame({"prompt": ["a b", "c d"], "generated": ["x", "y"]})
    analysis = runs.write(tmp_path / "run", runs.spec("causal_lm"), {1: table}).analysis
    assert sorted(analysis.samples()["generated"]) == ["x", "y"]
    with pytest.raises(RunError, match="no texts to compare with"):
        analysis.worst()


def test_answers(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "label": ["x", "y z", ""], "prediction": ["x", "y", "w"], "start": [0, 3, 5],
            "probability": [0.9, 0.4, 0.8], "f1": [1.0, 2 / 3, 0.0], "correct": [True, False, False],
        }
    )  # fmt: skip
    spec = runs.spec("question_answering", inputs=["question", "context"])
    analysis = runs.write(tmp_path / "run", spec, {1: table}).analysis
    assert analysis.scores.loc["exact_match", "value"] == 1 / 3
    assert analysis.scores.loc["f1", "value"] == pytest.approx(5 / 9)
    assert list(analysis.worst().index) == [2, 1, 0]
    assert analysis.calibration.loc[0.75, ["accuracy", "n"]].tolist() == [0, 1]


def test_a_task_without_predictions_says_so(tmp_path: Path) -> None:
    run = runs.write(tmp_path / "run", runs.spec("masked_lm"), {}, ended=False)
    with pytest.raises(RunError, match="fill-mask"):
        _ = run.analysis


def test_a_run_that_only_predicted_at_its_end(tmp_path: Path) -> None:
    table = runs.classes(["a", "b"], [[0.9, 0.1]] * 2, ["a", "b"])
    run = runs.write(tmp_path / "run", runs.spec("text_classification", "a", "b"), {}, ended=False)
    with pytest.raises(RunError, match="eval_strategy"):
        _ = run.analysis
    table.assign(text=["x", "yy"])[["text", *table]].to_parquet(run.directory / "predictions.parquet")
    assert run.analysis.scores.loc["accuracy", "value"] == 1 / 2
    assert math.isclose(run.analysis.slices(by="text")["n"].sum(), 2)
