"""Runs that earlier versions wrote can be opened and resumed. `tests/fixtures/make_runs.py` says how they were
made.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain.events import Prepared, TaskSpec, journal
from nbtrain.events.codec import from_json, to_json
from nbtrain.events.old_journals import upgrade
from nbtrain.views import summary

FIXTURE = Path(__file__).parents[1] / "fixtures" / "run-12b3eb9"
SAME = TaskSpec(
    "text_classification",
    inputs=("left", "right"),
    target=("label",),
    labels=("different", "same"),
    options={"max_length": 24},
)
SPECS = {
    "finished": SAME,
    "stopped": SAME,
    "branched": SAME,
    "multi_label": TaskSpec(
        "multi_label", ("left", "right"), ("red", "blue", "green"), ("red", "blue", "green"), {"max_length": 24}
    ),
    "regression": TaskSpec("regression", ("left", "right"), ("score",), (), {"max_length": 24}),
}


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the fixture, in which the working directory is: configurations name the model and the data from
    there.
    """
    folder = shutil.copytree(FIXTURE, tmp_path / "course")
    monkeypatch.chdir(folder)
    return folder


def lines(name: str) -> list[str]:
    return (FIXTURE / name / "events.jsonl").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("name", SPECS)
def test_no_event_of_an_old_journal_is_lost(name: str) -> None:
    events = list(journal.read(FIXTURE / name))
    assert [event.type for event in events] == [json.loads(line)["type"] for line in lines(name)]
    assert [event.seq for event in events] == [json.loads(line)["seq"] for line in lines(name)]


@pytest.mark.parametrize(("name", "spec"), SPECS.items())
def test_what_was_found_out_is_read(name: str, spec: TaskSpec) -> None:
    prepared = nbtrain.Run.load(FIXTURE / name).state.prepared
    assert prepared is not None
    assert prepared.spec == spec
    assert prepared.sizes == {"train": 32, "validation": 8}
    assert prepared.speed["by_length"] is True
    assert prepared.notes[-1].startswith('speed = "auto"')


def test_what_is_upgraded_is_as_it_is_written_now() -> None:
    [line] = [line for line in lines("finished") if '"type":"prepared"' in line]
    event = from_json(line)
    assert isinstance(event, Prepared)
    written = json.loads(to_json(event))
    assert upgrade(json.loads(line)) == written
    assert upgrade(written) == written
    assert written["spec"] == {
        "task": "text_classification",
        "inputs": ["left", "right"],
        "target": ["label"],
        "labels": ["different", "same"],
        "options": {"max_length": 24},
    }


@pytest.mark.parametrize(
    ("name", "status"), [("finished", "finished"), ("stopped", "stopped"), ("branched", "finished")]
)
def test_the_record(name: str, status: str, old: Path) -> None:
    run = nbtrain.Run.load(name)
    assert run.status == status
    assert str(old / name) in run.record().text()
    page = run._repr_html_()
    setup = "; ".join(summary.setup(run.state.prepared))  # type: ignore[arg-type]
    assert setup == (
        "text classification; left + right -&gt; label; classes different, same; train 32; validation 8; "
        "at most 24 tokens"
    ).replace("&gt;", ">")
    assert setup.replace(">", "&gt;") in page
    assert "learning_rate" in page


def test_history_metrics_and_checkpoints(old: Path) -> None:
    run = nbtrain.Run.load("finished")
    history = run.history
    assert list(history["step"]) == list(range(1, 17))
    assert history["learning_rate"][0] == 1e-3
    assert history["learning_rate"][5] == 5e-4, "it was set after step 5"
    assert history["loss"].between(0.1, 1).all()
    metrics = run.metrics
    assert list(metrics["step"]) == [8, 16]
    assert {"loss", "accuracy"} <= set(metrics.columns)
    assert [(command.step, command.values) for command in run.state.commands] == [(5, {"learning_rate": 5e-4})]
    assert list(run.checkpoints["path"]) == ["checkpoint-8", "checkpoint-16"]
    evaluated = run.state.evaluations[0]
    assert len(pd.read_parquet(old / "finished" / str(evaluated.file))) == 8


def test_predictions_and_the_model(old: Path) -> None:
    run = nbtrain.Run.load("finished")
    kept = run.predictions.set_index("id")
    data = pd.read_csv("reviews.csv").set_index("id", drop=False)
    again = run.predict(data.loc[kept.index]).set_index("id")
    assert list(again["label"]) == list(kept["label"])
    assert list(again["prediction"]) == list(kept["prediction"])
    assert list(again["p(same)"]) == pytest.approx(list(kept["p(same)"]), abs=1e-5)
    assert list(run.predict([("the cat", "the dog")])["prediction"]) in (["different"], ["same"])


def test_it_is_gone_on_with(old: Path) -> None:
    run = nbtrain.Run.load("finished")
    again = nbtrain.finetune(resume="finished", step=8, views=[], output_dir="again")
    assert again.status == "finished"
    assert list(again.history["step"]) == list(range(1, 17))
    assert list(again.history["loss"]) == pytest.approx(list(run.history["loss"]), rel=1e-3)
    assert again.state.prepared is not None and run.state.prepared is not None
    assert again.state.prepared.spec == SAME
    assert again.state.prepared.fingerprints == run.state.prepared.fingerprints
    assert list(again.predictions["prediction"]) == list(run.predictions["prediction"])


def test_it_is_gone_on_with_after_its_end(old: Path) -> None:
    more = nbtrain.finetune(resume="finished", num_train_epochs=3, views=[], output_dir="more")
    assert list(more.history["step"]) == list(range(1, 25))
    assert [command.step for command in more.state.commands] == [5]


def test_data_that_changed_since_are_noticed(old: Path) -> None:
    data = pd.read_csv("reviews.csv")
    data.loc[0, "left"] = "the bird"
    data.to_csv("reviews.csv", index=False)
    with pytest.raises(nbtrain.errors.ConfigError) as refused:
        nbtrain.finetune(resume="finished", step=8, views=[])
    assert refused.value.problems[0].key in ("train", "validation")


def test_the_script_of_an_old_run(old: Path) -> None:
    path = nbtrain.Run.load("finished").export("train.py")
    script = Path(path).read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    constants = [line for line in script.splitlines() if line.startswith(("LABELS = ", "MAX_LENGTH = "))]
    exec("\n".join(constants), names)
    assert (names["LABELS"], names["MAX_LENGTH"]) == (["different", "same"], 24)
