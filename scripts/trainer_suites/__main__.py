"""Run the trainer tests of transformers, sentence-transformers and TRL with nbtrain.

Each `Trainer.train()` in a test is made in one way (`WAYS`), and what it leaves behind is written down: weights,
optimizer, scheduler, logs, generators of random numbers, callbacks, files. A way must leave what `plain` leaves, bit
for bit, in each test. This is no part of `make test`.

The tests are in no package: get them in the versions that are installed, each in a folder with the name of its suite.

    mkdir suites && cd suites
    git clone --depth 1 --branch v5.23.0 https://github.com/huggingface/transformers
    git clone --depth 1 --branch v6.2.0 https://github.com/huggingface/sentence-transformers
    git clone --depth 1 --branch v1.16.0 https://github.com/huggingface/trl

They need more than nbtrain's own environment:

    python -m venv suites/.venv
    suites/.venv/bin/pip install -c constraints.txt -e '.[dev]'
    suites/.venv/bin/pip install -c constraints.txt trl==1.16.0 parameterized sentencepiece tensordict rich jmespath

Then, with that Python:

    python -m scripts.trainer_suites stand-ins suites         once: tiny models and data in place of those of the Hub
    python -m scripts.trainer_suites run suites trl plain     first `plain`, then `again`, then the ways to compare
    python -m scripts.trainer_suites run suites trl watched tests/test_dpo_trainer.py -k peft       a part of a suite
    python -m scripts.trainer_suites compare suites           the table, and each test that differs

Results are in `suites/results/SUITE-WAY.json`; a later run of other tests adds to them. The other ways run only the
tests that train in `plain`. `again` is plain once more: tests that differ there do not repeat themselves, and their
trainings are not compared. Tests that need a GPU, several processes, or a model that has no stand-in are left out;
`compare` lists why.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from scripts.trainer_suites import stand_ins
from scripts.trainer_suites.plugin import WAYS, Plugin

SUITES = {
    "transformers": ["tests/trainer"],
    "sentence-transformers": [
        *(f"tests/{kind}/test_trainer.py" for kind in ("base", "cross_encoder", "multi_vector_encoder")),
        *(f"tests/{kind}/test_trainer.py" for kind in ("sentence_transformer", "sparse_encoder")),
    ],
    "trl": [f"tests/test_{kind}_trainer.py" for kind in ("sft", "dpo", "reward", "kto", "grpo", "rloo")],
}
"""The test files of each suite."""

SECONDS_PER_TEST = 120


def run(folder: Path, suite: str, way: str, options: list[str]) -> int:
    """Run tests of a suite in one way, and add what they come to to its results."""
    import pytest

    path = folder / "results" / f"{suite}-{way}.json"
    path.parent.mkdir(exist_ok=True)
    only = None
    if way != "plain":
        only = {name for name, test in _results(folder, suite, "plain").items() if test["trainings"]}
    plugin = Plugin(way, only, path)
    paths = [] if any(option.startswith("tests/") for option in options) else SUITES[suite]
    os.chdir(folder / suite)
    quiet = ["-q", "--tb=short", "--show-capture=no", "-W", "ignore", "-p", "no:cacheprovider"]
    always = [f"--rootdir={folder / suite}", f"--timeout={SECONDS_PER_TEST}", "--continue-on-collection-errors", *quiet]
    with stand_ins.in_place(folder / "stand-ins"):
        code = pytest.main([*always, *paths, *options], plugins=[plugin])
    print(f"{suite}, {way}: {dict(Counter(test['outcome'] for test in plugin.tests.values()))} -> {path}")
    return int(code)


def _results(folder: Path, suite: str, way: str) -> dict[str, Any]:
    path = folder / "results" / f"{suite}-{way}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def compare(folder: Path) -> int:
    """Print how the ways differ from plain; returns how many tests do."""
    lines = ["| suite | way | passed, of those that pass plain and train | trainings |", "|---|---|---|---|"]
    left_out: list[str] = []
    different = 0
    for suite in SUITES:
        plain, again = _results(folder, suite, "plain"), _results(folder, suite, "again")
        reasons = Counter(test["reason"] for test in plain.values() if test["outcome"] != "passed")
        left_out += [f"    {suite}: {count} x {reason}" for reason, count in reasons.most_common()]
        for way in list(WAYS)[2:]:
            found = {name: test for name, test in _results(folder, suite, way).items() if name in plain}
            passed = [name for name in found if plain[name]["outcome"] == "passed"]
            same = [name for name in passed if found[name]["outcome"] == "passed"]
            count = sum(len(test["trainings"]) for test in found.values())
            lines.append(f"| {suite} | {way} | {len(same)} of {len(passed)} | {count} |")
            for name in found:
                if difference := _difference(plain[name], found[name], again.get(name)):
                    different += 1
                    lines.append(f"|  | {way} | {name}: {difference} |  |")
    print("\n".join(lines))
    print("\nFailed or skipped in plain:", *left_out, sep="\n")
    return different


def _difference(plain: dict[str, Any], other: dict[str, Any], again: dict[str, Any] | None) -> str:
    """How a test differs from plain; "" if it does not."""
    if plain["outcome"] != other["outcome"]:
        return f"{plain['outcome']} -> {other['outcome']} ({other['reason'][:200]})"
    if again is not None and len(again["trainings"]) != len(plain["trainings"]):
        return ""
    if len(plain["trainings"]) != len(other["trainings"]):
        return f"{len(plain['trainings'])} -> {len(other['trainings'])} trainings"
    repeated = again["trainings"] if again else plain["trainings"]
    names = {
        name
        for first, second, third in zip(plain["trainings"], other["trainings"], repeated, strict=True)
        for name in first
        if first[name] != second[name] and first[name] == third[name]
    }
    return ", ".join(sorted(names))


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    with contextlib.suppress(ValueError, IndexError):
        command, folder, *rest = arguments
        if command == "stand-ins":
            return stand_ins.write(Path(folder).resolve())
        if command == "compare":
            return compare(Path(folder).resolve())
        if command == "run" and rest[0] in SUITES and rest[1] in WAYS:
            return run(Path(folder).resolve(), rest[0], rest[1], rest[2:])
    print(__doc__)
    return 2


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets must be that of the other ways
        os.execve(
            sys.executable,
            [sys.executable, "-m", "scripts.trainer_suites", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0", "HF_HUB_OFFLINE": "1"},
        )
    sys.exit(main(sys.argv[1:]))
