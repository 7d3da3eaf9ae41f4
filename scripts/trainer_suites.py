"""Run the trainer tests of transformers, sentence-transformers and TRL with every `Trainer.train()` going through nbtrain.

Each call of `train()` in a test is made in one way (`WAYS`), and what it leaves behind is written down: weights,
optimizer, scheduler, logs, generators of random numbers, callbacks, files. A way must leave what `plain` leaves, bit
for bit, in each test. This is no part of `make test`.

The tests are in no package: get them in the versions that are installed, each in a folder with the name of its suite.

    git clone --depth 1 --branch v5.23.0 https://github.com/huggingface/transformers suites/transformers
    git clone --depth 1 --branch v6.2.0 https://github.com/huggingface/sentence-transformers suites/sentence-transformers
    git clone --depth 1 --branch v1.16.0 https://github.com/huggingface/trl suites/trl

They need more than nbtrain's own environment:

    python -m venv suites/.venv
    suites/.venv/bin/pip install -c constraints.txt -e '.[dev]' trl==1.16.0 parameterized tensordict rouge-score

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
import functools
import hashlib
import inspect
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

SUITES = {
    "transformers": ["tests/trainer"],
    "sentence-transformers": [
        *(f"tests/{kind}/test_trainer.py" for kind in ("base", "cross_encoder", "multi_vector_encoder")),
        *(f"tests/{kind}/test_trainer.py" for kind in ("sentence_transformer", "sparse_encoder")),
    ],
    "trl": [f"tests/test_{kind}_trainer.py" for kind in ("sft", "dpo", "reward", "kto", "grpo", "rloo")],
}
"""The test files of each suite."""

TIMING = ("runtime", "per_second", "step_time", "preparation_time", "compilation_time")
"""Parts of the names of logged values that differ between any two trainings."""

SECONDS_PER_TEST = 120

HUB_ERRORS = ("OfflineModeIsEnabled", "LocalEntryNotFound", "not cached locally", "couldn't connect", "offline")


def _plain(trainer: Any, train: Callable[..., Any], **arguments: Any) -> Any:
    return train(**arguments)


def _streamed(trainer: Any, train: Callable[..., Any], **arguments: Any) -> Any:
    import nbtrain

    return _consumed(nbtrain.stream(trainer, **arguments))


def _guarded(trainer: Any, train: Callable[..., Any], **arguments: Any) -> Any:
    from nbtrain import Stream

    return _consumed(Stream(trainer, guarded=True, **arguments))


def _watched(trainer: Any, train: Callable[..., Any], **arguments: Any) -> Any:
    import nbtrain

    run = nbtrain.watch(trainer, views=[])
    try:
        result = trainer.train(**arguments)
    finally:
        del trainer.train
    assert run.status == "finished", f"The watched run is {run.status}"
    return result


WAYS = {"plain": _plain, "again": _plain, "stream": _streamed, "guarded": _guarded, "watched": _watched}
"""How to train. Each is called with the Trainer, its method `train`, and the arguments."""


def _consumed(stream: Any) -> Any:
    for _ in stream:
        pass
    return stream.result


class Plugin:
    """Pytest plugin: makes each `Trainer.train()` in one way, and writes down what each test and training comes to.

    Args:
        way: One of `WAYS`.
        only: Names of the tests to run; None for all.
    """

    def __init__(self, way: str, only: set[str] | None) -> None:
        self.tests: dict[str, dict[str, Any]] = {}
        self._way, self._only = WAYS[way], only
        self._trainings: list[dict[str, Any]] = []
        self._training: list[Any] = []  # Trainers whose `train` is running
        self._folder = tempfile.TemporaryDirectory(prefix="trainer-suites-")

    def pytest_configure(self, config: Any) -> None:
        from transformers import Trainer

        config.addinivalue_line("markers", "timeout: of pytest-timeout")
        original = Trainer.train

        @functools.wraps(original)
        def train(trainer: Any, *args: Any, **kwargs: Any) -> Any:
            if any(one is trainer for one in self._training):  # the way has come to the training itself
                return original(trainer, *args, **kwargs)
            self._training.append(trainer)
            result, error = None, ""
            try:
                result = self._way(
                    trainer, functools.partial(original, trainer), **_by_name(original, trainer, args, kwargs)
                )
            except BaseException as raised:
                error = type(raised).__name__
                raise
            finally:
                self._training.pop()
                self._trainings.append({"error": error, **outcome(trainer, result)})
            return result

        Trainer.train = train

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self._only is not None:
            items[:] = [item for item in items if item.nodeid in self._only]

    def pytest_runtest_setup(self) -> None:
        import numpy as np
        import torch

        os.chdir(tempfile.mkdtemp(dir=self._folder.name))
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        torch.manual_seed(0)
        self._trainings = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        text = report.longrepr if isinstance(report.longrepr, tuple) else str(report.longrepr or "").splitlines()
        reason = str(text[-1]) if text else ""
        if any(word in str(report.longrepr) for word in HUB_ERRORS) and report.outcome == "failed":
            reason = "needs a model or data of the Hub that has no stand-in"
        self.tests[report.nodeid] = {"outcome": report.outcome, "reason": reason, "trainings": self._trainings}


def _by_name(function: Any, trainer: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Positional and keyword arguments of `Trainer.train` as keyword arguments."""
    bound = inspect.signature(function).bind(trainer, *args, **kwargs).arguments
    given = {name: value for name, value in bound.items() if name not in ("self", "kwargs")}
    return {**given, **bound.get("kwargs", {})}


def outcome(trainer: Any, result: Any) -> dict[str, Any]:
    """What a training leaves behind, each part as a short text that is the same if the part is."""
    import numpy as np
    import torch

    def state_of(one: Any) -> Any:
        return one.state_dict() if hasattr(one, "state_dict") else None

    state = trainer.state
    folder = Path(trainer.args.output_dir or ".")
    files = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {
        "result": digest(result),
        "weights": digest(state_of(trainer.model)),
        "optimizer": digest(state_of(trainer.optimizer)),
        "scheduler": digest(state_of(trainer.lr_scheduler)),
        "log": digest(state.log_history),
        "state": digest([state.global_step, state.epoch, state.max_steps, state.best_metric, state.best_global_step]),
        "random": digest([random.getstate(), np.random.get_state(), torch.get_rng_state()]),  # noqa: NPY002
        "training mode": getattr(trainer.model, "training", None),
        "callbacks": [type(callback).__name__ for callback in trainer.callback_handler.callbacks],
        "arguments": digest({**trainer.args.to_dict(), "output_dir": None, "logging_dir": None}),
        "attributes": sorted(vars(trainer).keys() - {"train"}),
        "files": sorted(name for name in files if not name.startswith("nbtrain/") and "tfevents" not in name),
    }


def digest(value: Any) -> str:
    """A hash of nested values, without timings and the places of files."""
    found = hashlib.sha256()
    for part in _parts(value):
        found.update(part)
    return found.hexdigest()[:16]


def _parts(value: Any) -> Iterator[bytes]:
    import numpy as np
    import torch

    if isinstance(value, Mapping):
        for name in sorted(value, key=str):
            if not any(word in str(name) for word in TIMING):
                yield str(name).encode()
                yield from _parts(value[name])
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _parts(one)
    elif isinstance(value, torch.Tensor):
        yield f"{value.dtype}{tuple(value.shape)}".encode()
        yield value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    elif isinstance(value, np.ndarray):
        yield value.tobytes()
    elif isinstance(value, str):
        yield b"path" if os.sep in value else value.encode()
    else:
        yield (
            repr(value).encode() if isinstance(value, (int, float, bool, type(None))) else type(value).__name__.encode()
        )


def run(folder: Path, suite: str, way: str, options: list[str]) -> int:
    """Run tests of a suite in one way, and add what they come to to its results."""
    import pytest

    from scripts import stand_ins

    path = folder / "results" / f"{suite}-{way}.json"
    path.parent.mkdir(exist_ok=True)
    only = None
    if way != "plain":
        only = {name for name, test in _results(folder, suite, "plain").items() if test["trainings"]}
    plugin = Plugin(way, only)
    paths = [] if any(option.startswith("tests/") for option in options) else SUITES[suite]
    os.chdir(folder / suite)
    root = [
        f"--rootdir={folder / suite}",
        "-p",
        "no:cacheprovider",
        "-q",
        "-W",
        "ignore",
        "--show-capture=no",
        "--continue-on-collection-errors",
        f"--timeout={SECONDS_PER_TEST}",
    ]
    with stand_ins.in_place(folder / "stand-ins"):
        code = pytest.main([*root, "--tb=short", *paths, *options], plugins=[plugin])
    path.write_text(json.dumps({**_results(folder, suite, way), **plugin.tests}, indent=1))
    print(f"{suite}, {way}: {dict(Counter(test['outcome'] for test in plugin.tests.values()))} -> {path}")
    return int(code)


def _results(folder: Path, suite: str, way: str) -> dict[str, Any]:
    path = folder / "results" / f"{suite}-{way}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def compare(folder: Path) -> int:
    """Print how the ways differ from plain; returns how many tests do."""
    lines, left_out = (
        ["| suite | way | passed, of those that pass plain and train | trainings |", "|---|---|---|---|"],
        [],
    )
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
    from scripts import stand_ins

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
