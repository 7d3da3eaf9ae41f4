"""Where a script loads its model and its tokenizer from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunError
from nbtrain.export.text import literal
from nbtrain.training.model import source_of

if TYPE_CHECKING:
    from nbtrain.config import Config

OBJECT_PREFIXES = ("$", "<")
"""Prefixes of a value that was an object in another process."""


def model_source(config: Config) -> str:
    """Source of the name or folder of the weights that the run started with.

    Raises:
        RunError: The model was an object, whose initial weights are not stored.
    """
    named = config["model"]
    if not isinstance(named, str) or named.startswith(OBJECT_PREFIXES):
        reference = config.references.get("model", "an object")
        raise RunError(
            f"`model` cannot be exported to a script: it was {reference}, trained in place, and its initial weights "
            'are not stored.\n    Save them before training, `model.save_pretrained("start")`; use model = "start".'
        )
    return _source(named)


def tokenizer_source(config: Config) -> str | None:
    """Source of the name or folder of the tokenizer; "" if it must be saved next to the script, None if it is the
    model's own.
    """
    named = config["tokenizer"]
    if named is None:
        return None
    return _source(named) if isinstance(named, str) and not named.startswith(OBJECT_PREFIXES) else ""


def is_tokenizer_of(config: Config, value: Any) -> bool:
    """Whether `value` is the tokenizer or the image processor of the run, or another instance of it."""
    from transformers import ImageProcessingMixin, PreTrainedTokenizerBase

    named = config["tokenizer"] if config["tokenizer"] is not None else config["model"]
    if not isinstance(value, (PreTrainedTokenizerBase, ImageProcessingMixin)):
        return False
    source = getattr(value, "name_or_path", None)
    return value is named or (isinstance(named, str) and literal(source) in (_source(named), literal(named)))


def _source(named: str) -> str:
    path = Path(source_of(named))
    return literal(str(path.absolute()) if path.exists() else named)
