"""Where a script gets its model and its tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.demo import model_path
from nbtrain.errors import RunError
from nbtrain.export.text import literal
from nbtrain.training.model import DEMO

if TYPE_CHECKING:
    from nbtrain.config import Config

LOST = ("$", "<")
"""How a value begins that was an object of another process."""


def model_source(config: Config) -> str:
    """Source of the name or folder of the weights that the run began with.

    Raises:
        RunError: The model was an object, whose first weights are no longer there.
    """
    named = config["model"]
    if not isinstance(named, str) or named.startswith(LOST):
        reference = config.references.get("model", "an object")
        raise RunError(
            f"`model` cannot go into a script: it was {reference}, trained in place, and its first weights are not "
            'kept.\n    Save them before you train, `model.save_pretrained("start")`, and train model = "start".'
        )
    return _source(named)


def tokenizer_source(config: Config) -> str | None:
    """Source of the name or folder of a tokenizer that is not the model's own; "" where it is to be saved beside the
    script, None where it is the model's.
    """
    named = config["tokenizer"]
    if named is None:
        return None
    return _source(named) if isinstance(named, str) and not named.startswith(LOST) else ""


def is_tokenizer_of(config: Config, value: Any) -> bool:
    """Whether `value` is the tokenizer of the run, or the same one loaded again."""
    from transformers import PreTrainedTokenizerBase

    named = config["tokenizer"] if config["tokenizer"] is not None else config["model"]
    if not isinstance(value, PreTrainedTokenizerBase):
        return False
    return value is named or (
        isinstance(named, str) and literal(value.name_or_path) in (_source(named), literal(named))
    )


def _source(named: str) -> str:
    path = model_path() if named == DEMO else Path(named).expanduser()
    return literal(str(path.absolute()) if path.exists() else named)
