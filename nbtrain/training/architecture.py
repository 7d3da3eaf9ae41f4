"""Whether the architecture of a model is one for the task, by its configuration, before its weights are downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrain.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from nbtrain.config import Config
    from nbtrain.tasks.base import Task

KINDS = (
    ("AutoModelForAudioClassification", "a model of sounds"),
    ("AutoModelForSpeechSeq2Seq", "a model of speech"),
    ("AutoModelForSeq2SeqLM", "an encoder with a decoder"),
    ("AutoModelForMaskedLM", "an encoder"),
    ("AutoModelForCausalLM", "a decoder"),
    ("AutoModelForImageClassification", "a model of images"),
)
"""What a model is, by the first auto class of transformers that loads it."""


def check_architecture(config: Config, model_config: PreTrainedConfig, task: Task) -> None:
    """Check that transformers has a model of this architecture for the task.

    Args:
        config: The configuration. A model that is given as an object is not checked here.
        model_config: The configuration of the model.
        task: The task.

    Raises:
        ModelError: It has none; the message names what is needed, what was given, and two models that work.
    """
    named = config["model"]
    if not isinstance(named, str) or _is_for(model_config, task.auto_model):
        return
    works, on_hub = task.example_models
    raise ModelError(
        f'model = "{named}": task = "{task.name}" needs {task.needed_model}, and this is {_described(model_config)}.\n'
        f'    Write model = "{works}", or model = "{on_hub}".'
    )


def _is_for(model_config: PreTrainedConfig, auto_model: str) -> bool:
    """Whether an auto class of transformers loads the model, as one that computes what the class promises."""
    if auto_model in (getattr(model_config, "auto_map", None) or {}):
        return True  # the code comes with the model
    if not _loads(auto_model, model_config):
        return False
    return auto_model != "AutoModelForCausalLM" or not _sees_next_tokens(model_config)


def _sees_next_tokens(model_config: PreTrainedConfig) -> bool:
    """Whether the model is an encoder, such as BERT, that transformers would load as a decoder: it sees the tokens that
    it should guess, and learns nothing.
    """
    is_encoder = getattr(model_config, "is_decoder", None) is False and not model_config.is_encoder_decoder
    return is_encoder and _loads("AutoModelForMaskedLM", model_config)


def _loads(auto_model: str, model_config: Any) -> bool:
    import transformers

    return type(model_config) in getattr(transformers, auto_model)._model_mapping


def _described(model_config: PreTrainedConfig) -> str:
    """The architecture and what it is: "BertForMaskedLM, an encoder"."""
    classes = getattr(model_config, "architectures", None) or [type(model_config).__name__.removesuffix("Config")]
    kind = next((kind for auto_model, kind in KINDS if _loads(auto_model, model_config)), "")
    return ", ".join(filter(None, [classes[0], kind]))
