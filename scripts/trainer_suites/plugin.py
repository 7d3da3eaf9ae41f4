"""A pytest plugin: each `Trainer.train()` of a test is made in one way, and written down."""

from __future__ import annotations

import functools
import inspect
import json
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.trainer_suites.outcome import outcome

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
        path: JSON file to which the results are added.
    """

    def __init__(self, way: str, only: set[str] | None, path: Path) -> None:
        self.tests: dict[str, dict[str, Any]] = {}
        self._way, self._only, self._path = WAYS[way], only, path
        self._earlier = json.loads(path.read_text()) if path.exists() else {}
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
        np.random.seed(0)
        torch.manual_seed(0)

    def pytest_runtest_logstart(self) -> None:
        self._trainings = []  # also of a test that is skipped before its set-up

    def pytest_runtest_logfinish(self) -> None:
        self._path.write_text(json.dumps({**self._earlier, **self.tests}, indent=1))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        crash = getattr(report.longrepr, "reprcrash", None)
        text = crash.message if crash else report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
        reason = text.partition("\n")[0]
        if any(word in str(report.longrepr) for word in HUB_ERRORS) and report.outcome == "failed":
            reason = "needs a model or data of the Hub that has no stand-in"
        self.tests[report.nodeid] = {"outcome": report.outcome, "reason": reason, "trainings": self._trainings}


def _by_name(function: Any, trainer: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Positional and keyword arguments of `Trainer.train` as keyword arguments."""
    bound = inspect.signature(function).bind(trainer, *args, **kwargs).arguments
    given = {name: value for name, value in bound.items() if name not in ("self", "kwargs")}
    return {**given, **bound.get("kwargs", {})}
