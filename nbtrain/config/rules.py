"""Rules about several keys together, as data: the page checks cells by the same ones."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbtrain.errors import Problem


@dataclass(frozen=True)
class Required:
    """At least one of these keys is required.

    Args:
        keys: The keys, the usual one first.
        fix: An example.
    """

    keys: tuple[str, ...]
    fix: str

    @property
    def message(self) -> str:
        """The message if there is none of them."""
        return f"`{self.keys[0]}` is missing."


@dataclass(frozen=True)
class Conflict:
    """Keys that contradict each other.

    Args:
        given: The keys, each with the value that is meant; None for any value, True for any but false, 0 or "".
        at: The key that the problem is reported for.
        fix: What to do.
        message: What is wrong; None if these keys must not be given together.
        without: The keys that must be missing for it.
    """

    given: Mapping[str, str | bool | None]
    at: str
    fix: str = "Keep one of them."
    message: str | None = None
    without: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The message."""
        return self.message or f"{' and '.join(f'`{key}`' for key in self.given)} are both given."

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the values are in this conflict."""
        if any(key in values for key in self.without):
            return False
        return all(
            key in values and (meant is None or (bool(values[key]) if meant is True else values[key] == meant))
            for key, meant in self.given.items()
        )


REQUIRED = (
    Required(("model",), 'For example: model = "bert-base-cased", or model = "demo".'),
    Required(("dataset", "train"), 'For example: dataset = "glue/mrpc", train = "train.csv", or train = "$train_df".'),
)
CONFLICTS = (
    Conflict(
        {"dataset": None, "train": None},
        "train",
        "Keep one of them: `dataset` has several splits, `train` is a single split.",
    ),
    Conflict({"metrics": None, "compute_metrics": None}, "metrics"),
    Conflict({"class_weights": None, "compute_loss_func": None}, "class_weights"),
    *(
        Conflict(
            {key: True, "eval_strategy": "no"},
            "eval_strategy",
            'Write eval_strategy = "epoch".',
            f'`{key}` needs evaluations, but there are none with eval_strategy = "no".',
        )
        for key in ("early_stopping_patience", "load_best_model_at_end")
    ),
    *(
        Conflict(
            {key: None},
            key,
            "Write lora_r = 8, too, for example.",
            f"`{key}` has no effect without `lora_r`.",
            ("lora_r",),
        )
        for key in ("lora_alpha", "lora_dropout", "lora_target_modules")
    ),
)


def missing(present: Container[str]) -> Iterator[Problem]:
    """The problems of required keys that are not `present`."""
    return (Problem(rule.message, fix=rule.fix) for rule in REQUIRED if not any(key in present for key in rule.keys))


def conflicts(values: Mapping[str, Any], lines: Mapping[str, int], *, complete: bool) -> Iterator[Problem]:
    """The problems of keys that contradict each other. Unless the values are `complete`, no key is missing."""
    rules = (rule for rule in CONFLICTS if complete or not rule.without)
    return (Problem(rule.words, rule.at, lines.get(rule.at), rule.fix) for rule in rules if rule.holds(values))


def given_together() -> Sequence[list[str]]:
    """The keys that must not be given together."""
    return [list(rule.given) for rule in CONFLICTS if rule.message is None]
