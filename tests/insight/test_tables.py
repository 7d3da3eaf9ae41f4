"""Tables are DataFrames, draw themselves without pyplot, and their evaluations are found."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from nbtrain import Run, RunError
from nbtrain.events import Evaluated, Started, run_dir
from tests.insight import runs
from tests.insight.conftest import LABELS, NAMES, PROBABILITIES

TABLES = ("scores", "confusion", "report", "most_confused", "calibration")


def test_a_table_is_a_data_frame(run: Run) -> None:
    report = run.analysis.report
    assert isinstance(report, pd.DataFrame)
    assert list(report.sort_values("support").index) == ["eggs", "spam", "ham"]
    assert list(report.sort_values("support").rows("spam").index) == [4, 5, 6]
    assert list(report.head(1).columns) == list(report.columns)
    again = pickle.loads(pickle.dumps(report))
    assert again.equals(report) and list(again.rows("spam").index) == [4, 5, 6]
    assert isinstance(report["f1"], pd.Series)
    assert "<table" in report._repr_html_()


def test_each_table_draws_itself(run: Run) -> None:
    analysis = run.analysis
    tables = [getattr(analysis, name) for name in TABLES]
    for table in [*tables, analysis.top_losses(), analysis.slices(), analysis.samples(), run.dynamics]:
        figure = table.plot()
        figure.savefig(io.BytesIO(), format="png")
        assert figure._repr_png_()[0].startswith(b"\x89PNG")
    shown = [text.get_text() for text in analysis.report.plot().axes[0].get_yticklabels()]
    assert shown == ["ham  (n=5)", "spam  (n=3)", "eggs  (n=0)"]


@pytest.mark.kernel
def test_no_figure_needs_pyplot_or_torch(run: Run) -> None:
    code = f"""if True:
        import sys, nbtrain
        run = nbtrain.Run.load({str(run.directory)!r})
        for name in {TABLES}:
            getattr(run.analysis, name).plot()
        run.dynamics.plot()
        assert "matplotlib.pyplot" not in sys.modules and "torch" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_plots_of_pandas_are_there(run: Run) -> None:
    import matplotlib

    matplotlib.use("agg")
    report = run.analysis.report
    assert len(report.plot.bar(y="f1").patches) == 3
    assert len(report.plot(kind="barh", y="f1").patches) == 3
    assert len(report[["support", "predicted"]].plot().lines) == 2, "a part of a table is drawn by pandas"


def test_an_empty_table_can_be_drawn(tmp_path: Path) -> None:
    table = runs.classes(LABELS, PROBABILITIES, NAMES).head(0)
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table}).analysis
    for name in TABLES:
        getattr(analysis, name).plot().savefig(io.BytesIO())


def test_texts_with_marks_of_formulas_can_be_drawn(tmp_path: Path) -> None:
    table = runs.classes(LABELS, PROBABILITIES, NAMES)
    texts = pd.DataFrame({"text": ["costs $5 or $x_", "\\frac{"] * 4})
    spec = runs.spec("text_classification", *NAMES)
    run = runs.write(tmp_path / "run", spec, {1: table, 2: table}, texts)
    run.analysis.top_losses().plot().savefig(io.BytesIO())
    run.dynamics.plot().savefig(io.BytesIO())


def test_an_evaluation_that_was_repeated_counts_once(tmp_path: Path) -> None:
    """A run that starts again from a checkpoint forgets what came after it."""
    first = runs.classes(LABELS, [[0.8, 0.1, 0.1]] * 8, NAMES)
    again = Started(step=10, max_steps=100, epochs=2.0, batch_size=8)
    newest = runs.classes(LABELS, PROBABILITIES, NAMES)
    spec = runs.spec("text_classification", *NAMES)
    run = runs.write(tmp_path / "run", spec, {10: first, 20: first, 30: newest}, between={30: [again]})
    assert run.analysis.step == 30
    with pytest.raises(RunError, match="10, 30"):
        run.analysis(step=20)


def test_several_evaluation_sets_are_one_table(tmp_path: Path) -> None:
    run = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {}, ended=False)
    table = runs.classes(LABELS, PROBABILITIES, NAMES)
    (run.directory / "evaluations").mkdir()
    for name, part in (("old", table.head(2)), ("new/er", table.tail(3))):
        part.reset_index(drop=True).to_parquet(run.directory / run_dir.evaluation_file(5, name))
    from nbtrain.events.journal import Journal

    with Journal(run.directory, run.id) as journal:
        file = run_dir.evaluation_file(5, "old")
        journal.append(Evaluated(step=5, epoch=1.0, metrics={}, file=file))
    analysis = Run.load(run.directory).analysis
    assert analysis.slices(by="evaluation_set")["n"].to_dict() == {"new/er": 3, "old": 2}


def test_a_missing_file_is_no_evaluation(run: Run) -> None:
    (run.directory / run_dir.evaluation_file(30)).unlink()
    assert run.analysis.step == 20


def test_the_newest_evaluation_is_read_once(run: Run) -> None:
    assert run.analysis is run.analysis
    assert "accuracy" in run.analysis._repr_html_() and "0.6250" in run.analysis._repr_html_()
    (run.directory / run_dir.evaluation_file(30)).unlink()
    assert run.analysis.step == 20


def test_classes_that_are_integers_are_no_ranges(tmp_path: Path) -> None:
    labels = list(range(15)) * 2
    table = runs.classes(labels, [[1 / 15] * 15] * 30, list(range(15)))
    analysis = runs.write(tmp_path / "run", runs.spec("text_classification", *range(15)), {1: table}).analysis
    assert list(analysis.slices(by="label").index) == list(range(15))
