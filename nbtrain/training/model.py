"""Load the model and the tokenizer of a configuration."""

from __future__ import annotations

import contextlib
import copy
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.hub import hub_or_cache
from nbtrain.engine.quiet import quiet
from nbtrain.errors import ConfigError, ModelError, Problem

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

    from nbtrain.config import Config
    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import Task

DEFAULT_MAX_LENGTH = 512
"""Maximum input length in tokens if neither the user nor the model sets a smaller limit."""


def load_model_config(config: Config) -> PreTrainedConfig:
    """The configuration of the model: a small file, so that mistakes are found before anything large is loaded.

    Raises:
        ModelError: There is no such model.
    """
    from transformers import AutoConfig

    model = config["model"]
    if not isinstance(model, str):
        if not hasattr(model, "config"):
            raise ModelError(
                f"`model` must be a transformers model, not an object of type {type(model).__name__} (no `config`)."
            )
        return model.config
    _refuse_adapter(model)
    return _load(AutoConfig, "model", model)


def _refuse_adapter(name: str) -> None:
    """Raises ModelError if a folder has an adapter without its model."""
    folder = Path(os.path.expanduser(name))
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        raise ModelError(
            f'model = "{name}": this folder has an adapter without its model.\n'
            '    Write a whole model, and use that: run.save("whole", merge=True)'
        )


def load_processor(config: Config, model_config: PreTrainedConfig, task: Task) -> Any:
    """The tokenizer, or the image processor, that the configuration names; else the model's own. It is set up for the
    task.

    Raises:
        ModelError: There is none.
    """
    import transformers

    key = "tokenizer" if config["tokenizer"] is not None else "model"
    named, kind = config[key], "tokenizer" if task.reads_tokens else "image processor"
    if key == "tokenizer" and not isinstance(named, str):
        expected = transformers.PreTrainedTokenizerBase if task.reads_tokens else transformers.ImageProcessingMixin
        if not isinstance(named, expected) and not (task.reads_tokens and hasattr(named, "model_max_length")):
            raise ModelError(
                f"`tokenizer` must be a transformers {kind}, not an object of type {type(named).__name__}."
            )
        processor = named
    else:
        if not isinstance(named, str):
            named = getattr(named, "name_or_path", "") or ""
            if not named:
                raise ModelError(f'The {kind} of `model` is unknown. Add tokenizer = "..." or tokenizer = "$variable".')
        if not _has_processor(Path(source_of(named)), task):  # transformers may make one that knows no token
            raise ModelError(
                f'{key} = "{named}" has no {kind}, which task = "{task.name}" needs.\n'
                f'    Write model = "{task.example_models[0]}", or another model for {task.words}.'
            )
        processor = _load(getattr(transformers, task.processor), key, named)
    return task.prepared_processor(processor, model_config)


def _has_processor(folder: Path, task: Task) -> bool:
    """Whether a folder may have what makes the inputs of a task; also if there is no such folder."""
    if not (folder / "config.json").is_file():
        return True
    patterns = ("*token*", "vocab*", "*.model") if task.reads_tokens else ("*processor_config.json",)
    return any(True for pattern in patterns for _ in folder.glob(pattern))


def load_model(config: Config, spec: TaskSpec, attention: str | None = None) -> PreTrainedModel:
    """The model with a head for its task. The head is initialised from the seed, so that the same cell gives the same
    results twice.

    A model that was given as an object is used as it is.

    Args:
        config: The configuration.
        spec: The task of the head.
        attention: `attn_implementation`; None leaves it to the library.

    Raises:
        ModelError: It cannot be loaded.
    """
    import transformers

    named = config["model"]
    if not isinstance(named, str):
        return named
    task, names = tasks.get(spec.task), dict(enumerate(spec.label_names))
    options = task.model_options(spec)
    if attention is not None:
        options["attn_implementation"] = attention
    if names:
        options |= {"id2label": names, "label2id": {name: index for index, name in names.items()}}
    options["ignore_mismatched_sizes"] = True
    transformers.set_seed(config["seed"])
    model: PreTrainedModel = _load(getattr(transformers, task.auto_model), "model", named, **options)
    return model


def model_without_weights(config: Config, model_config: PreTrainedConfig, spec: TaskSpec) -> PreTrainedModel:
    """The model with its head, without weights: for its shapes and its number of parameters.

    It is on torch's meta device, so it takes no memory and draws no random numbers. A model that was given as an
    object is used as it is.

    Raises:
        ModelError: The model has no head for such a task.
    """
    import torch
    import transformers

    named = config["model"]
    if not isinstance(named, str):
        return named
    shape = copy.deepcopy(model_config)
    task = tasks.get(spec.task)
    if outputs := task.num_outputs(spec):
        shape.num_labels = outputs
    dtype = torch.get_default_dtype()  # any other dtype would change the default of all threads for a moment
    try:
        with torch.device("meta"):
            model: PreTrainedModel = getattr(transformers, task.auto_model).from_config(shape, dtype=dtype)
            return model
    except (ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(_explanation("model", named, os.path.expanduser(named), error)) from error


def longest_input(config: Config, model_config: PreTrainedConfig, tokenizer: Any) -> int:
    """Maximum input length in tokens: `max_length`, else the limit of the model, at most `DEFAULT_MAX_LENGTH`; 0 if the
    inputs are not tokens.

    Raises:
        ConfigError: `max_length` is above the limit of the model.
    """
    if not hasattr(tokenizer, "model_max_length"):
        return 0
    positions = getattr(model_config, "max_position_embeddings", None) or 10**9
    limit = min(positions, tokenizer.model_max_length)
    wanted = config["max_length"]
    if wanted is None:
        return int(min(limit, DEFAULT_MAX_LENGTH))
    if wanted > limit:
        message = f"`max_length` is {wanted}, but the limit of this model is {limit} tokens."
        raise ConfigError([Problem(message, "max_length", fix=f"Write max_length = {limit}, or leave it out.")])
    return int(wanted)


def source_of(name: str) -> str:
    """The path of the local model `name`, else its ID on the Hub."""
    from nbtrain.demo import MODELS

    if name not in MODELS:
        return os.path.expanduser(name)
    with quiet():
        return str(MODELS[name]())


def _load(auto_class: Any, key: str, name: str, **options: Any) -> Any:
    """`auto_class.from_pretrained(name)`, with a readable error."""
    source = source_of(name)
    try:
        with quiet(), contextlib.nullcontext() if Path(source).exists() else hub_or_cache():
            return auto_class.from_pretrained(source, **options)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        if isinstance(error, RuntimeError) and "out of memory" in str(error).lower():
            raise
        raise ModelError(_explanation(key, name, source, error)) from error


def _explanation(key: str, name: str, source: str, error: BaseException) -> str:
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if Path(source).exists():
        return f'{key} = "{name}": cannot load a model from this folder: {said}'
    cause = _hub_error(error)
    works = 'These work offline: a folder with a model, a model that is in the cache, or model = "demo".'
    if cause == "missing":
        missing = "not found, neither as a local folder nor on the Hugging Face Hub (or it is private there)"
        return f'{key} = "{name}": {missing}.\n    Check the spelling.'
    if cause == "offline":
        return f'{key} = "{name}": no such local folder, and the Hugging Face Hub cannot be reached.\n    {works}'
    return f'{key} = "{name}": cannot be loaded: {said}'


def _hub_error(error: BaseException | None) -> str:
    """The cause of a failed download: "missing", "offline", or "" for any other."""
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    text = str(error)
    while error is not None:
        if isinstance(error, RepositoryNotFoundError) or "is not a valid model identifier" in str(error):
            return "missing"
        if isinstance(error, (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError)):
            return "offline"
        if isinstance(error, HfHubHTTPError) and error.response is not None and error.response.status_code == 401:
            return "missing"
        error = error.__cause__ or error.__context__
    return "offline" if "couldn't connect" in text or "We couldn't connect" in text else ""
