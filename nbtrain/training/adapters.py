"""Adapters of PEFT: few weights that are trained, next to those of a model, which stay as they are.

LoRA is from Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021).
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.engine.quiet import quiet
from nbtrain.errors import ConfigError, Problem, RunError
from nbtrain.training.optimizer_memory import state_bytes

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedConfig, PreTrainedModel

    from nbtrain.config import Config
    from nbtrain.tasks.base import Task

SETTINGS = "adapter_config.json"
NO_ADAPTER = {"subfolder": "none"}
"""Has transformers find no adapter in the folder of a model, and load the base model only."""


ALL_LAYERS = "all-linear"
"""PEFT's name for all linear layers without the head: the default of `lora_target_modules`."""


def adapt(model: PreTrainedModel, config: Config, task: Task) -> tuple[Any, list[str]]:
    """The model with the adapter that the configuration asks for, and notes about it. A new head is trained, too.

    Raises:
        ConfigError: PEFT is not installed, or cannot make such an adapter; or the model has the layers of another one.
    """
    if not has_adapter(model):
        _refuse_layers(model, config)
    if config["lora_r"] is None:
        return model, []
    try:
        import peft
    except ImportError:
        raise _problem("`lora_r` needs PEFT, which is not installed.", 'Run: pip install "nbtrain[peft]"') from None
    if has_adapter(model):
        raise _problem("`model` already has an adapter.", "Remove `lora_r`.")
    heads, before = _heads(model, task), _trained(model)
    try:
        adapter = peft.LoraConfig(**options(config, task), modules_to_save=heads or None, exclude_modules=heads or None)
        with quiet():  # PEFT uses names that transformers is about to remove
            adapted = peft.get_peft_model(model, adapter, low_cpu_mem_usage=model.device.type == "meta")
    except ValueError as error:
        layers = sorted(
            {name.rpartition(".")[2] for name, one in model.named_modules() if type(one).__name__ == "Linear"}
        )
        fix = f"Linear layers of this model: {format.listed(layers, 12)}."
        raise _problem(str(error).splitlines()[0], fix, "lora_target_modules") from error
    if config["gradient_checkpointing"]:
        adapted.enable_input_require_grads()  # else nothing would be connected to the loss
    return adapted, [_described(adapted, config, before)]


def _refuse_layers(model: Any, config: Config) -> None:
    """Raises ConfigError if a model has layers of an adapter without being a model of PEFT: in it, only few weights
    would be trained, and what is saved could not be loaded. A model with an adapter of transformers itself is trained
    as it is.
    """
    tuners = sys.modules.get("peft.tuners.tuners_utils")  # whoever made such layers has imported it
    if tuners is None or not any(isinstance(part, tuners.BaseTunerLayer) for part in model.modules()):
        return
    if not isinstance(config["model"], str):
        if getattr(model, "_hf_peft_config_loaded", False) and config["lora_r"] is None:
            return
        fix = "Load the model again, or take its adapter off: model = run.model.merge_and_unload()"
        raise _problem("`model` has the layers of an adapter of an earlier run.", fix, "model")
    message = f'model = "{config["model"]}": this folder has an adapter besides the model.'
    raise _problem(message, 'Write a whole model, and use that: run.save("whole", merge=True)', "model")


def options(config: Config, task: Task) -> dict[str, Any]:
    """The arguments of PEFT's `LoraConfig` that do not depend on the model."""
    rank = config["lora_r"]
    return {
        "r": rank,
        "lora_alpha": 2 * rank if config["lora_alpha"] is None else config["lora_alpha"],
        "lora_dropout": config["lora_dropout"],
        "target_modules": config["lora_target_modules"] or ALL_LAYERS,
        "task_type": task.adapter_type,
    }


def modules_to_save(model: Any) -> list[str]:
    """The heads that are trained whole next to the adapter of `model`."""
    return list(model.peft_config[model.active_adapter].modules_to_save or ())


def _heads(model: PreTrainedModel, task: Task) -> list[str]:
    """The parts with weights that the task puts on the base model."""
    if not task.has_new_head:
        return []
    parts = dict(model.named_children())
    return [
        name for name, part in parts.items() if name != model.base_model_prefix and any(True for _ in part.parameters())
    ]


def _trained(model: Any) -> int:
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def _described(model: Any, config: Config, before: int) -> str:
    """What is trained, and the memory that this takes, in a sentence."""
    now, every = _trained(model), sum(weight.numel() for weight in model.parameters())
    each = 4 + state_bytes(str(config["optim"]), 4)
    memory = [format.memory(count * each) for count in (before, now)]
    share = format.percent(now / every)
    return (
        f"LoRA: {format.count(now)} of {format.count(every)} parameters are trained ({share}); gradients and optimizer "
        f"take {memory[1]} instead of {memory[0]}."
    )


def _problem(message: str, fix: str, key: str = "lora_r") -> ConfigError:
    return ConfigError([Problem(message, key, fix=fix)])


def has_adapter(model: Any) -> bool:
    """Whether `model` is a base model with an adapter of PEFT."""
    peft = sys.modules.get("peft")  # whoever made such a model has imported it
    return peft is not None and isinstance(model, peft.PeftModel)


def save(model: Any, folder: Path) -> None:
    """Write a model with an adapter to `folder`: the adapter as PEFT writes it, and its base model.

    An adapter alone is not enough: its base model may have no name, or a head that was made anew when it was loaded.
    With both in one folder `from_pretrained` and `pipeline` load it, and nothing has to be found elsewhere.
    """
    model.save_pretrained(folder, selected_adapters=[model.active_adapter])
    base = model.get_base_model()
    if getattr(base, "hf_quantizer", None) is None:  # not every quantised model can be saved; those have a name
        base.save_pretrained(folder, state_dict=_base_weights(model))


def is_adapter(folder: Path) -> bool:
    """Whether the model in `folder` has an adapter."""
    return _place(folder) is not None


def load_config(folder: Path) -> PreTrainedConfig:
    """The configuration of the model in `folder`, or of the base model of the adapter in it."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(base_of(folder))


def load(folder: Path, load_base: Callable[[], PreTrainedModel]) -> PreTrainedModel:
    """The model with its adapter, for prediction.

    Args:
        folder: Where `save` wrote it, or an adapter without its base model.
        load_base: Loads the base model.

    Raises:
        RunError: PEFT is not installed.
    """
    return _peft().PeftModel.from_pretrained(load_base(), _place(folder))


def save_adapter(model: Any, folder: Path) -> None:
    """Write the adapter, and the heads that were trained with it, to `folder`."""
    model.save_pretrained(folder, selected_adapters=[model.active_adapter], save_embedding_layers=False)


def merged(model: Any) -> Any:
    """A copy of the base model with the adapter's changes in its weights."""
    return copy.deepcopy(model).merge_and_unload()


def _place(folder: Path) -> Path | None:
    """The folder of the adapter: an adapter that is not called "default" has one of its own."""
    return next((file.parent for file in sorted(folder.rglob(SETTINGS))), None)


def base_of(folder: Path) -> str | Path:
    """The folder or the name of the model, or of the base model of an adapter."""
    if (folder / "config.json").is_file():
        return folder
    name: str = _peft().PeftConfig.from_pretrained(_place(folder)).base_model_name_or_path
    return name


def _base_weights(model: Any) -> dict[str, Tensor]:
    """The weights of the base model by their own names, without what the adapter has put between."""
    adapter = f".{getattr(model.base_model, 'prefix', '.')}"  # such as ".lora_"; prompts are outside of the base model
    return {
        name.replace(".base_layer.", ".").replace(".original_module.", "."): weight
        for name, weight in model.get_base_model().state_dict().items()
        if ".modules_to_save." not in name and adapter not in name
    }


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise RunError(
            "This run trained an adapter, and PEFT is not installed. Install it: pip install peft"
        ) from error
    return peft
