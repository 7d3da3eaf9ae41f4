"""Time of the phases of a training, measured around methods of `Trainer`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

IMPORT, LOAD, TOKENIZE, TRAIN, EVALUATE, SAVE, PREDICT = PHASES = (
    "import the libraries",
    "load data and model",
    "tokenize",
    "training steps",
    "evaluation after each epoch",
    "checkpoints",
    "predictions",
)


class Phases:
    """Seconds of the phases of a training in this process.

    Create it before the training; it imports the libraries.
    """

    def __init__(self) -> None:
        began = time.perf_counter()
        import datasets
        import transformers
        from transformers import Trainer

        self._inside: list[str] = []
        self._seconds = dict.fromkeys(PHASES, 0.0)
        self._before = 0.0
        self._watch(datasets.Dataset, "map", TOKENIZE)
        self._watch(transformers.PreTrainedTokenizerBase, "__call__", TOKENIZE)
        self._watch(Trainer, "train", TRAIN)
        self._watch(Trainer, "evaluate", EVALUATE)
        self._watch(Trainer, "_save_checkpoint", SAVE)
        self._seconds[IMPORT] = time.perf_counter() - began
        self._began = time.perf_counter()

    def end(self, whole: float) -> dict[str, float]:
        """Seconds of each phase; nested phases count only as the inner one.

        Args:
            whole: Duration of the two cells at the front end. All of it is assigned: time outside the measured phases
                counts as loading before the training, and as prediction after it.
        """
        self._seconds[LOAD] = self._before - self._seconds[TOKENIZE]
        self._seconds[PREDICT] = 0.0
        self._seconds[PREDICT] = whole - sum(self._seconds.values())
        return self._seconds

    def _watch(self, owner: type, name: str, phase: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if phase in self._inside:
                return original(*args, **kwargs)
            began = time.perf_counter()
            if phase == TRAIN:
                self._before = began - self._began
            self._inside.append(phase)
            try:
                return original(*args, **kwargs)
            finally:
                self._inside.pop()
                seconds = time.perf_counter() - began
                self._seconds[phase] += seconds
                if self._inside:
                    self._seconds[self._inside[-1]] -= seconds

        setattr(owner, name, watched)
