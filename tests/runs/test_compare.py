from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from msgspec.structs import replace

import nbtrain
from nbtrain.errors import RunError
from nbtrain.events import Branched, Created, Event
from nbtrain.events.journal import Journal
from nbtrain.events.names import two_words
from nbtrain.runs.compare import choices, compare
from nbtrain.runs.find import find
from nbtrain.runs.listing import Listing
from nbtrain.runs.run import Run
from tests.views.conftest import PREPARED, finished, runs, training  # noqa: F401  `runs` is a fixture

Make = Callable[..., Run]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """``make(id, config, events)``: a stored run."""
    monkeypatch.chdir(tmp_path)

    def make(run: str, config: str = "", made: Sequence[Event] | None = None) -> Run:
        directory = tmp_path / "nbtrain_runs" / run
        directory.mkdir(parents=True)
        with Journal(directory, run, began=float(len(run))) as journal:
            for event in [
                Created(config=config, directory=str(directory), name=run),
                *(finished() if made is None else made),
            ]:
                journal.append(event)
        return Run.load(directory)

    return make


def accuracy(*values: float) -> list[Event]:
    """A run that is evaluated after each of three epochs."""
    scores = iter(values)
    return finished(training(30, 3, metrics=lambda step: {"loss": 0.5, "accuracy": next(scores)}))


def test_only_the_keys_that_differ_are_shown_as_they_came_to_be(make: Make) -> None:
    first = make("a", 'model = "demo"\nlearning_rate = 5e-5\nnum_train_epochs = 3\nmetrics = ["f1"]\noutput_dir = "a"')
    second = make("b", 'model = "demo"\nlearning_rate = 1e-4\nmetrics = "f1"\noutput_dir = "b"\noptim = "sgd"')
    table = compare(first, second).table
    keys = list(table.columns[: table.columns.get_loc("status")])
    assert keys == ["name", "learning_rate", "optim"], "three epochs are the default, and one metric is one metric"
    assert list(table.learning_rate) == [5e-5, 1e-4]
    assert table.optim["a"].startswith("adamw"), "the default, if the key is not given"
    assert list(table.index) == ["a", "b"]


def test_what_no_key_says_is_a_difference_too(make: Make) -> None:
    small = replace(PREPARED, sizes={"train": 100}, spec=PREPARED.spec.with_options(max_length=64))
    branch = Branched(step=153, parent="a", directory="a")
    first, second = make("a", 'train = "$df"'), make("b", 'train = "$df"', [small, branch, *training(30)[1:]])
    table = compare(first, second).table
    assert list(table["training examples"]) == [3668, 100]
    assert list(table["max_length"]) == [128, 64]
    assert table["continues"]["b"] == f"{two_words('a')} from step 153" and pd.isna(table["continues"]["a"])


def test_newest_and_best_of_the_main_metric(make: Make) -> None:
    both = [make("a", made=accuracy(0.7, 0.9, 0.8)), make("b", made=accuracy(0.6, 0.7, 0.85))]
    comparison = compare(*both)
    assert list(comparison.table.accuracy) == [0.8, 0.85]
    assert list(comparison.table["best accuracy"]) == [0.9, 0.85]
    assert list(comparison.table["validation loss"]) == [0.5, 0.5]
    best = next(line for line in repr(comparison).splitlines() if line.startswith("*"))
    assert best.split()[1] == "a"
    assert "Shaded: best accuracy" in comparison._repr_html_()


def test_runs_that_are_equally_good_are_marked_alike(make: Make) -> None:
    first, second, third = make("a", made=accuracy(0.7, 0.8, 0.8)), make("b", made=accuracy(0.6, 0.7, 0.8)), make("c")
    marked = [line.split()[1] for line in repr(compare(first, second, third)).splitlines()[1:4] if line[0] == "*"]
    assert marked == ["c"]
    assert "*" not in repr(compare(first, second)), "equal results have no best run"


def test_long_paths_are_told_apart_by_their_ends(make: Make) -> None:
    folder = "/data/of/the/whole/department/models"
    two = [make(name, f'model = "{folder}/{name}/"\ntrain = "{folder}/{name}/train.csv"') for name in ("a", "b")]
    for shown in (repr(compare(*two)), compare(*two)._repr_html_()):
        assert "…/a" in shown and "…/b" in shown and "…/train.csv" not in shown
        assert f"{folder}/a/"[:20] in shown, "the ends of the second are the same"


def test_a_name_has_room_for_its_chip(make: Make) -> None:
    """An image whose width is limited in percent counts as nothing in the width of its column."""
    assert compare(make("a"), make("b"))._repr_html_().count("max-width:none") == 2


def test_less_is_better_for_an_error(make: Make) -> None:
    def with_error(value: float) -> list[Event]:
        return finished(training(30, 3, metrics=lambda step: {"loss": 1.0, "mse": value * step}))

    comparison = compare(make("a", made=with_error(2)), make("b", made=with_error(3)))
    assert list(comparison.table["best mse"]) == [20.0, 30.0]
    assert repr(comparison).splitlines()[1].startswith("* a")


def test_the_best_is_that_of_all_evaluations_not_only_of_those_kept(make: Make) -> None:
    def scores(step: int) -> dict[str, float]:
        return {"loss": 1.0, "accuracy": 0.99 if step == 2 else 0.5}

    many = finished(training(300, 3, every=1, metrics=scores))
    assert list(compare(make("a", made=many)).table["best accuracy"]) == [0.99]


def test_runs_of_every_kind_beside_each_other(make: Make, runs: dict[str, list[Event]]) -> None:  # noqa: F811
    """A failed run, one that is training, one with other metrics, one without evaluations, ..."""
    held = [make(kind.replace(" ", "-"), 'model = "demo"', made) for kind, made in runs.items()]
    comparison = compare(*held)
    table = comparison.table
    assert len(table) == len(runs)
    assert table.status["failed"] == "failed" and table.status["preparing"] == "interrupted"
    assert math.isnan(table["best mse"]["finished"]) and table["best mse"]["regression"] > 0
    html, text = comparison._repr_html_(), repr(comparison)
    for shown in (html, text):
        assert "CUDA out of memory" in shown
        assert "lr 1e-5 from step 97 on" in shown
    assert "<script" not in html and "<svg" not in html and "<style" not in html and "class=" not in html
    assert len(html) < 200_000


def test_one_run_and_runs_that_do_not_differ(make: Make) -> None:
    first = make("a", 'model = "demo"')
    alone = compare(first)
    assert list(alone.table.columns[:3]) == ["name", "status", "steps"]
    assert not repr(alone).splitlines()[1].startswith("*"), "one is not the best of anything"
    assert "a" in repr(compare(first, make("b", 'model = "demo"')))


def test_a_watched_run_does_not_tell_its_configuration(make: Make) -> None:
    three = [make("a", "learning_rate = 1e-4"), make("b", "learning_rate = 1e-5"), make("c")]
    assert list(compare(*three).table.learning_rate)[:2] == [1e-4, 1e-5]
    assert pd.isna(compare(*three).table.learning_rate["c"])
    assert list(compare(*three[1:]).table.columns[:3]) == ["name", "status", "steps"], (
        "one known value differs from nothing"
    )


def test_a_run_that_goes_on_is_shown_as_it_is_when_looked_at(make: Make) -> None:
    run = make("a", made=training(until=100))
    comparison = compare(run)
    assert list(comparison.table.steps) == [100]
    run.state.apply(replace(training(until=101)[-1], run="a"))
    assert list(comparison.table.steps) == [101]


def test_runs_are_named_by_id_directory_or_in_a_list(make: Make, tmp_path: Path) -> None:
    first, second = make("a"), make("b")
    for given in (["a", "b"], [str(first.directory), second.directory], [[first, "b"]], [first, first, second, "a"]):
        assert [run.id for run in compare(*given).runs] == ["a", "b"]


def test_none_means_the_newest_of_this_directory(make: Make) -> None:
    for index in range(10):
        make("x" * (index + 1))
    assert [len(run.id) for run in nbtrain.compare().runs] == list(range(3, 11))


def test_none_means_those_of_this_notebook_that_finished(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make("other", made=[Created(config="", directory="", name="other", notebook="other.ipynb"), *finished()])
    make("here", made=[Created(config="", directory="", name="here", notebook="here.ipynb"), *finished()])
    stopped = [Created(config="", directory="", name="cut", notebook="here.ipynb"), *training(until=100)]
    make("cut", made=stopped)
    monkeypatch.setenv("JPY_SESSION_NAME", "here.ipynb")
    assert [run.name for run in nbtrain.compare().runs] == ["here"]
    assert [run.name for run in Listing.of({}).runs] == ["cut", "here"]
    listing = Listing.of({}, everything=True)
    assert [run.name for run in listing.runs] == ["cut", "here", "other"]
    assert "1 more run in this folder" in repr(Listing.of({})) and "more run" not in repr(listing)
    monkeypatch.setenv("JPY_SESSION_NAME", "empty.ipynb")
    with pytest.raises(RunError, match="No runs to compare"):
        compare()


def test_the_choice_has_all_runs_and_marks_those_of_this_notebook_that_finished(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = 'model = "demo"\ntrain = "reviews.csv"'
    for name, notebook, events in (
        ("theirs", "other.ipynb", accuracy(0.5, 0.6, 0.7)),
        ("cut", "here.ipynb", training(until=100)),
        ("mine", "here.ipynb", accuracy(0.6, 0.8, 0.75)),
    ):
        created = Created(config=config, directory="", name=name, notebook=notebook)
        make(f"2026-{len(name)}{name}", made=[created, *events])
    monkeypatch.setenv("JPY_SESSION_NAME", "here.ipynb")
    found = {one["name"].partition(" ")[0]: one for one in choices({})}
    assert {name: (one["here"], one["chosen"], one["status"]) for name, one in found.items()} == {
        "theirs": (False, False, "Finished"),
        "cut": (True, False, "Interrupted"),
        "mine": (True, True, "Finished"),
    }
    mine = found["mine"]
    assert (mine["model"], mine["data"], mine["metric"]) == ("demo", "reviews.csv", "accuracy 0.7500")
    assert mine["code"] == f'"{two_words("2026-4mine")}"'
    run = find("mine")
    held = next(one for one in choices({"best": run}) if one["name"].startswith("best"))
    assert held["code"] == "best"


def test_runs_that_did_not_finish_are_to_be_named(make: Make) -> None:
    make("cut", made=training(until=100))
    with pytest.raises(RunError, match=r'nbtrain\.compare\("cut"\)'):
        compare()
    assert [run.name for run in compare("cut").runs] == ["cut"]


def test_names_with_changed_keys_are_in_the_legend(make: Make) -> None:
    fast, slow = make("fast", "learning_rate = 1e-3"), make("slow", "learning_rate = 1e-5")
    labels = [text.get_text() for text in compare(fast, slow).plot().legends[0].get_texts()]
    assert labels[:2] == ["fast: lr 0.001", "slow: lr 1e-5"]
    fast.state.name = slow.state.name = "run"
    twins = compare(fast, slow)
    assert list(twins.table["name"]) == [f"run ({two_words('fast')})", f"run ({two_words('slow')})"]


def test_the_list_as_html_has_sorted_numbers(make: Make) -> None:
    make("first", 'model = "demo"\ndataset = "demo"\nlearning_rate = 1e-3', accuracy(0.7, 0.9, 0.8))
    make("second", 'model = "/a/long/path/to/a/model/of/mine"\ntrain = "<b>.csv"', accuracy(0.5, 0.6, 0.65))
    html = Listing.of({})._repr_html_()
    assert html.index("second") < html.index("first"), "the newest is the first"
    assert 'data-sort="0.8"' in html and 'data-sort="0.65"' in html
    assert "&lt;b&gt;.csv" in html and "<b>" not in html
    assert "learning_rate 0.001" in html and ">mine<" in html


def test_what_cannot_be_compared_is_said_in_words(make: Make) -> None:
    with pytest.raises(RunError, match="--template"):
        compare()
    make("20260101-first")
    with pytest.raises(RunError, match="Did you mean `20260101-first`"):
        compare("20260101-frist")
    with pytest.raises(RunError, match="of type int"):
        compare(5)  # type: ignore[arg-type]


@pytest.mark.kernel
def test_importing_it_needs_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, nbtrain; nbtrain.compare; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
