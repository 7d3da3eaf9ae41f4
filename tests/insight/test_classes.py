"""The analysis of classes, by hand: ham is right 3 times and taken for spam twice, spam is right twice and once ham."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from nbtrain import Run, RunError
from nbtrain.insight.analysis import Analysis
from tests.insight import runs
from tests.insight.conftest import LABELS, NAMES, PROBABILITIES


def test_the_newest_evaluation_and_any_other(run: Run) -> None:
    assert run.analysis.step == 30
    assert run.analysis(step=10).step == 10
    assert list(run.analysis(step=10).confusion["spam"]) == [0, 0, 0]
    with pytest.raises(RunError) as refused:
        run.analysis(step=22)
    assert "10, 20, 30" in str(refused.value) and "run.analysis(step=20)" in str(refused.value)


def test_confusion(run: Run) -> None:
    confusion = run.analysis.confusion
    assert confusion.to_numpy().tolist() == [[3, 2, 0], [1, 2, 0], [0, 0, 0]]
    assert list(confusion.index) == list(confusion.columns) == NAMES
    assert list(confusion.rows("ham", "spam").index) == [2, 3]
    assert list(confusion.rows("ham").index) == [0, 1, 2, 3, 7]
    with pytest.raises(RunError, match="'ham', 'spam', 'eggs'"):
        confusion.rows("bacon")


def test_report(run: Run) -> None:
    report = run.analysis.report
    assert report.loc["ham", ["precision", "recall", "support", "predicted"]].tolist() == [3 / 4, 3 / 5, 5, 4]
    assert report.loc["spam", ["precision", "recall", "support", "predicted"]].tolist() == [2 / 4, 2 / 3, 3, 4]
    assert report.loc["ham", "f1"] == pytest.approx(2 * 3 / 9)
    assert report.loc["spam", "f1"] == pytest.approx(2 * 2 / 7)
    assert report.loc["eggs", ["precision", "recall", "f1"]].isna().all(), "neither a label nor a prediction"
    assert report.loc["eggs", ["support", "predicted"]].tolist() == [0, 0]
    for name in ("precision", "recall", "f1"):
        known = report.drop("eggs")
        assert (known[f"{name}_low"] < known[name]).all() and (known[name] < known[f"{name}_high"]).all()


def test_a_class_that_is_never_predicted_has_no_precision(tmp_path: Path) -> None:
    table = runs.classes(["a", "b", "b"], [[0.9, 0.1]] * 3, ["a", "b"])
    report = runs.write(tmp_path / "run", runs.spec("text_classification", "a", "b"), {1: table}).analysis.report
    assert math.isnan(report.loc["b", "precision"])
    assert report.loc["b", ["recall", "f1", "support", "predicted"]].tolist() == [0, 0, 2, 0]


def test_most_confused(run: Run) -> None:
    pairs = run.analysis.most_confused
    assert pairs[["label", "prediction", "confused", "n"]].to_numpy().tolist() == [
        ["ham", "spam", 2, 5],
        ["spam", "ham", 1, 3],
    ]
    assert list(pairs["rate"]) == [2 / 5, 1 / 3]
    assert list(pairs.rows(0).index) == [2, 3]
    assert list(pairs.rows(1).index) == [6]


def test_scores_are_those_of_the_metrics(run: Run) -> None:
    scores = run.analysis.scores
    newest = runs.classes(LABELS, PROBABILITIES, NAMES)
    assert scores.loc["accuracy", "value"] == 5 / 8
    assert scores.loc["f1", "value"] == pytest.approx(f1_score(newest["label"], newest["prediction"], average="macro"))
    assert scores.loc["f1", "value"] == pytest.approx((6 / 9 + 4 / 7) / 2)
    assert scores.loc["loss", "value"] == pytest.approx(newest["loss"].mean())
    assert (scores["n"] == 8).all()
    assert (scores["low"] <= scores["value"]).all() and (scores["value"] <= scores["high"]).all()


def test_calibration(run: Run) -> None:
    table = run.analysis.calibration
    # probability and whether it is right: .9 .85 .85 .8 .95 yes; .65 .6 .7 no
    assert table["n"].tolist() == [0, 0, 0, 0, 0, 1, 2, 1, 3, 1]
    assert table["accuracy"].tolist()[5:] == [0, 0, 1, 1, 1]
    assert table["mean"].tolist()[6:9] == pytest.approx([0.675, 0.8, 2.6 / 3])
    gap = (0.6 + 2 * 0.675 + 0.2 + 3 * (1 - 2.6 / 3) + 0.05) / 8
    assert table["ece"].sum() == pytest.approx(gap)
    error = run.analysis.scores.loc["calibration_error"]
    assert error["value"] == pytest.approx(gap) and error["n"] == 8
    assert list(table.rows(0.65).index) == [2, 6]


def test_top_losses(run: Run) -> None:
    worst = run.analysis.top_losses(2)
    assert list(worst.index) == [6, 2]
    assert worst["loss"].tolist() == pytest.approx([-math.log(0.2), -math.log(0.3)])
    assert list(worst["text"]) == ["ggggggg", "ccc"]
    assert len(run.analysis.top_losses(100)) == 8
    for wrong in (-1, 2.5, True):
        with pytest.raises(RunError, match="integer"):
            run.analysis.top_losses(wrong)


def test_samples_are_random_and_repeatable(run: Run) -> None:
    assert run.analysis.samples(4).equals(run.analysis.samples(4))
    assert not run.analysis.samples(4).equals(run.analysis.samples(4, seed=1))
    assert len(run.analysis.samples(100)) == 8


def test_a_threshold_needs_two_classes(run: Run) -> None:
    with pytest.raises(RunError, match="3 classes") as refused:
        run.analysis.threshold()
    assert "threshold()" not in str(refused.value).partition("There is:")[2]


def test_threshold(tmp_path: Path) -> None:
    """By hand: of .9 yes, .7 no, .4 yes, .35 yes, .1 no, the best F1 is from between .1 and .35 on: 3 of 4, 2*3/7."""
    p = [0.9, 0.7, 0.4, 0.35, 0.1]
    table = runs.classes([1, 0, 1, 1, 0], [[1 - each, each] for each in p], [0, 1])
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", 0, 1), {1: table}).analysis
    found = analysis.threshold("f1").loc[1]
    assert found["threshold"] == pytest.approx((0.35 + 0.1) / 2)
    assert found["f1"] == pytest.approx(6 / 7)
    assert found["at_half"] == pytest.approx(2 / 5)
    assert found["gain"] == pytest.approx(6 / 7 - 2 / 5)
    assert found[["n", "positives"]].tolist() == [5, 3]
    assert found["f1_low"] < found["f1"] <= found["f1_high"] <= 1
    accuracy = analysis.threshold("accuracy").loc[1]
    assert accuracy["accuracy"] == 4 / 5 and accuracy["at_half"] == 2 / 5
    with pytest.raises(RunError, match="balanced_accuracy"):
        analysis.threshold("balanced")


def test_slices_by_length_by_column_and_by_function(run: Run) -> None:
    by_length = run.analysis.slices(bins=2)
    assert by_length["n"].tolist() == [4, 4]
    assert by_length["accuracy"].tolist() == [2 / 4, 3 / 4]
    assert by_length.index.name == "length (characters)"
    by_source = run.analysis.slices(by="source")
    assert by_source.loc["web", ["accuracy", "n"]].tolist() == [4 / 4, 4]
    assert by_source.loc["mail", ["accuracy", "n"]].tolist() == [0, 3], "a missing value is in no group"
    assert list(by_source.rows("mail").index) == [2, 3, 6]
    by_function = run.analysis.slices(by=lambda rows: rows["text"].str.len() > 3)
    assert by_function.loc[True, "n"] == 5


@pytest.mark.parametrize(
    ("by", "said"),
    [("sauce", "`source`"), ("text", "8 values in 8 rows"), (lambda rows: 3, "8 rows, got 3"), (7, "got 7")],
)
def test_what_makes_no_slices_is_refused(tmp_path: Path, by: object, said: str) -> None:
    count = 24 if by == "text" else 8
    table = runs.classes(["a", "b"] * (count // 2), [[0.9, 0.1]] * count, ["a", "b"])
    inputs = pd.DataFrame({"text": [f"text {at}" for at in range(count)], "source": ["web"] * count})
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", "a", "b"), {1: table}, inputs).analysis
    with pytest.raises(RunError, match=said.replace("8", str(count))):
        analysis.slices(by=by)  # type: ignore[arg-type]


def test_rare_values_are_one_group(tmp_path: Path) -> None:
    count = 200
    table = runs.classes(["a", "b"] * (count // 2), [[0.9, 0.1]] * count, ["a", "b"])
    inputs = pd.DataFrame({"text": ["x"] * count, "user": [f"u{at % 50:02}" for at in range(count)]})
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", "a", "b"), {1: table}, inputs).analysis
    slices = analysis.slices(by="user")
    assert len(slices) == 20
    assert slices["n"].tolist() == [4] * 19 + [200 - 4 * 19]
    assert slices["n"].sum() == count


def test_rows_without_a_label_do_not_count(tmp_path: Path) -> None:
    labels = [*LABELS[:7], None]
    table = runs.classes(labels, PROBABILITIES, NAMES)
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table}).analysis
    assert analysis.confusion.to_numpy().sum() == 7
    assert analysis.scores.loc["accuracy", ["value", "n"]].tolist() == [4 / 7, 7]
    assert 7 not in analysis.top_losses(100).index
    assert analysis.report["support"].tolist() == [4, 3, 0]
    assert analysis.calibration["n"].sum() == 7


def test_no_row_has_a_label(tmp_path: Path) -> None:
    table = runs.classes(LABELS, PROBABILITIES, NAMES).drop(columns=["label", "loss", "correct"])
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table}).analysis
    for ask in (lambda: analysis.confusion, lambda: analysis.report, analysis.top_losses, analysis.slices):
        with pytest.raises(RunError, match="no labels to compare with"):
            ask()
    assert len(analysis.samples()) == 8
    assert "samples()" in repr(analysis)


def test_an_evaluation_of_nothing(tmp_path: Path) -> None:
    table = runs.classes(LABELS, PROBABILITIES, NAMES).head(0)
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table}).analysis
    assert analysis.confusion.to_numpy().tolist() == [[0] * 3] * 3
    assert analysis.report[["precision", "recall", "f1"]].isna().all(axis=None)
    assert analysis.scores["n"].tolist() == [0] * 6 and analysis.scores["value"].isna().all()
    assert analysis.calibration["n"].sum() == 0
    assert len(analysis.top_losses()) == len(analysis.most_confused) == len(analysis.samples()) == 0
    assert len(analysis.slices(by="label")) == 0


def test_all_examples_have_the_same_class(tmp_path: Path) -> None:
    table = runs.classes(["b"] * 4, [[0.2, 0.8]] * 3 + [[0.6, 0.4]], ["a", "b"])
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", "a", "b"), {1: table}).analysis
    assert analysis.confusion.to_numpy().tolist() == [[0, 0], [1, 3]]
    assert analysis.scores.loc["accuracy", "value"] == 3 / 4
    assert analysis.threshold().loc["b", "f1"] == 1, "from 0.2 on everything is b"
    assert analysis.threshold("matthews_correlation").loc["b", "matthews_correlation"] == 0


def test_a_loss_that_is_no_number_comes_first(tmp_path: Path) -> None:
    rows = [*PROBABILITIES[:7], [np.nan] * 3]
    table = runs.classes(LABELS, rows, NAMES)
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table}).analysis
    assert list(analysis.top_losses(2).index) == [7, 6]
    assert math.isnan(analysis.scores.loc["loss", "value"])
    assert analysis.calibration["n"].sum() == 7
    assert analysis.scores.loc["calibration_error", "n"] == 7


@pytest.mark.parametrize("names", [[3, 7], [True, False], ["1", "0"]])
def test_labels_keep_their_type(tmp_path: Path, names: list[object]) -> None:
    table = runs.classes([names[0], names[1], names[1]], [[0.9, 0.1]] * 3, names)
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *names), {1: table}).analysis
    assert analysis.confusion.loc[names[1], names[0]] == 2
    assert analysis.report.loc[names[0], "support"] == 1
    assert list(analysis.confusion.rows(names[1], names[0]).index) == [1, 2]


def test_journals_of_early_versions_have_labels_as_text(tmp_path: Path) -> None:
    table = runs.classes([3, 7, 7], [[0.9, 0.1]] * 3, [3, 7])
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", "3", "7"), {1: table}).analysis
    assert analysis.confusion.to_numpy().tolist() == [[1, 0], [2, 0]]


def test_what_a_task_does_not_have_is_said(run: Run) -> None:
    analysis: Analysis = run.analysis
    with pytest.raises(RunError, match="needs predicted numbers") as refused:
        _ = analysis.residuals
    assert "confusion" in str(refused.value)
    assert not hasattr(analysis, "residuals")
    with pytest.raises(AttributeError, match="`confusion`"):
        _ = analysis.confusoin
    assert "residuals" not in repr(analysis) and "accuracy" in repr(analysis)
