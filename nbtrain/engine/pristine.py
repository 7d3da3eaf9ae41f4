"""Weights as they were read: the next run with the same model copies them, and reads no file again.

What is copied goes through transformers' own loading, which makes the head anew from the seed, so that the model is the
one that would have been loaded. The weights of one model are kept, and only where they take a small part of the memory
that is free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.hub import hub_or_cache
from nbtrain.engine.quiet import quiet
from nbtrain.machine import free_memory

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

CONFIG = "config.json"
DESCRIPTIONS = (CONFIG, "adapter_config.json")
WEIGHTS = (".safetensors", ".bin")

SHARE = 0.25
"""Most of the free memory that weights may take to be kept."""


@dataclass(frozen=True)
class Pristine:
    """The weights that were read for a model, without those that were made anew.

    Args:
        source: Folder, or name on the hub.
        identity: That of its files, and how they were loaded.
        model_class: Its class.
        weights: By name.
        made_anew: The names of those that the files do not have, or not in this shape.
    """

    source: str
    identity: Hashable
    model_class: type[PreTrainedModel]
    weights: dict[str, torch.Tensor]
    made_anew: frozenset[str]


_kept: Pristine | None = None


def copy(source: str, options: dict[str, Any]) -> PreTrainedModel | None:
    """What `AutoModel...from_pretrained(source, **options)` would give; None if its weights are not kept.

    Set the seed before: random numbers are drawn as in loading.
    """
    kept = _kept
    if kept is None or kept.source != source:
        return None
    from transformers import AutoConfig

    folder = _folder(source)
    if folder is None or kept.identity != _identity(folder, options):
        forget()
        return None
    config, unused = AutoConfig.from_pretrained(folder, return_unused_kwargs=True, **options)
    weights = {name: tensor.clone() for name, tensor in kept.weights.items()}
    with quiet():
        model, loaded = kept.model_class.from_pretrained(
            None, config=config, state_dict=weights, output_loading_info=True, **unused
        )
    model.name_or_path = model.config.name_or_path = source
    return model if _made_anew(loaded) == kept.made_anew else None


def keep(source: str, options: dict[str, Any], model: PreTrainedModel, loaded: dict[str, Any]) -> None:
    """Keep the weights of `model`, which was just read from `source`, in place of those of another.

    Args:
        source: Folder, or name on the hub.
        options: What it was loaded with.
        model: The model; nothing has trained it yet.
        loaded: What transformers says of the loading.
    """
    global _kept
    forget()
    folder, made_anew = _folder(source, is_here=True), _made_anew(loaded)
    weights = {name: tensor for name, tensor in model.state_dict().items() if name not in made_anew}
    size = sum(tensor.nbytes for tensor in weights.values())
    if folder is None or not _is_plain(model) or size > SHARE * free_memory():
        return
    copies = {name: tensor.detach().clone() for name, tensor in weights.items()}
    _kept = Pristine(source, _identity(folder, options), type(model), copies, made_anew)


def forget() -> None:
    """Give back the memory of what is kept."""
    global _kept
    _kept = None


def _made_anew(loaded: dict[str, Any]) -> frozenset[str]:
    mismatched = (name if isinstance(name, str) else name[0] for name in loaded["mismatched_keys"])
    return frozenset([*loaded["missing_keys"], *mismatched])


def _is_plain(model: PreTrainedModel) -> bool:
    """Whether the weights alone make the model: it is not quantized, and has no adapters."""
    special = getattr(model, "hf_quantizer", None) is not None or getattr(model, "_hf_peft_config_loaded", False)
    return not special and all(parameter.device.type == "cpu" for parameter in model.parameters())


def _folder(source: str, *, is_here: bool = False) -> Path | None:
    """Where the files of `source` are; None if that is not known.

    Args:
        source: Folder, or name on the hub.
        is_here: Do not ask the hub whether there is a newer version.
    """
    from transformers.utils import cached_file

    if Path(source).is_dir():
        return Path(source)
    try:
        with quiet(), hub_or_cache():
            file = cached_file(source, CONFIG, local_files_only=is_here)
    except (OSError, ValueError):
        return None  # whoever loads it says what is wrong
    return Path(file).parent if file is not None else None


def _identity(folder: Path, options: dict[str, Any]) -> Hashable:
    """What stays the same as long as the same weights would be read."""
    files = sorted(path for path in folder.iterdir() if path.name in DESCRIPTIONS or path.suffix in WEIGHTS)
    stats = tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    described = tuple(hashlib.blake2b(path.read_bytes()).hexdigest() for path in files if path.name in DESCRIPTIONS)
    return stats, described, options["num_labels"], options.get("attn_implementation")
