"""Data sets by name: from a Hub on the loopback interface, from the cache, and without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nbtrain.data.hub import candidates
from tests.hub import Hub, glue_repo

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import json, sys, time
from nbtrain.data.source import Source
from nbtrain.preprocessing.dataset import read
from nbtrain.errors import DataError
answers = {}
for name in sys.argv[1:]:
    start = time.monotonic()
    try:
        data = read(Source(name))
        sizes = [len(rows) for rows in data.splits.values()]
        answers[name] = {"sizes": sizes, "labels": data.spec.labels, "notes": data.notes}
    except DataError as error:
        answers[name] = {"error": str(error)}
    answers[name]["seconds"] = time.monotonic() - start
print(json.dumps(answers))
"""


def ask(hub: Hub, cache: Path, *names: str) -> dict[str, Any]:
    """The result for each of `names` in a process that uses `hub`; it must print nothing else."""
    env = os.environ | hub.env(cache) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *names], env=env, cwd=cache, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.mark.kernel
def test_names(real_data: Path, tmp_path: Path) -> None:
    with Hub() as hub:
        hub.add_dataset("nyu-mll/glue", glue_repo(real_data))
        answers = ask(
            hub, tmp_path, "glue/mrpc", "nyu-mll/glue:mrpc", "glue:sst2", "nyu-mll/glue", "glue/mrcp", "nobody/nothing"
        )
        for name in ("glue/mrpc", "nyu-mll/glue:mrpc"):
            assert answers[name]["sizes"] == [3668, 408, 1725]
            assert answers[name]["labels"] == ["not_equivalent", "equivalent"]
        assert answers["glue:sst2"]["labels"] == ["negative", "positive"]
        assert "several configurations: mrpc, sst2" in answers["nyu-mll/glue"]["error"]
        assert '`dataset = "nyu-mll/glue:mrpc"`' in answers["nyu-mll/glue"]["error"]
        assert "Did you mean `mrpc`?" in answers["glue/mrcp"]["error"]
        assert answers["nobody/nothing"]["error"].startswith('dataset = "nobody/nothing": ')
        assert f"{hub.url}/datasets" in answers["nobody/nothing"]["error"]

    # Now the server is down.
    answers = ask(hub, tmp_path, "glue/mrpc", "nyu-mll/glue", "nobody/nothing")
    assert answers["glue/mrpc"]["sizes"] == [3668, 408, 1725]
    assert any("glue/mrpc" in note and "cache" in note for note in answers["glue/mrpc"]["notes"])
    assert "several configurations: mrpc, sst2" in answers["nyu-mll/glue"]["error"]
    error = answers["nobody/nothing"]["error"]
    assert "not reachable" in error
    for way in ("CSV, TSV, JSON, JSON Lines or Parquet", '"$name"', '"demo"', "loaded from the Hub before"):
        assert way in error


@pytest.mark.kernel
@pytest.mark.timing
def test_an_unreachable_hub_is_not_retried(tmp_path: Path) -> None:
    with Hub() as hub:
        pass
    assert ask(hub, tmp_path, "nobody/nothing")["nobody/nothing"]["seconds"] < 10


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("imdb", [("imdb", None)]),
        ("glue", [("nyu-mll/glue", None)]),
        ("glue/mrpc", [("nyu-mll/glue", "mrpc")]),
        ("glue:mrpc", [("nyu-mll/glue", "mrpc")]),
        ("nyu-mll/glue:mrpc", [("nyu-mll/glue", "mrpc")]),
        ("user/name", [("user/name", None), ("user", "name")]),
        ("user/name:config", [("user/name", "config")]),
    ],
)
def test_candidates_for_a_name(name: str, wanted: list[tuple[str, str | None]]) -> None:
    assert candidates(name) == wanted
