"""Models with adapters of PEFT: saved whole, and loaded as what they were."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedConfig, PreTrainedModel

SETTINGS = "adapter_config.json"
NO_ADAPTER = {"subfolder": "none"}
"""Has transformers find no adapter in the folder of a model, and load the base model only."""


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
    """The configuration of the base model of the adapter in `folder`."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(_base(folder))


def load(folder: Path, **options: Any) -> PreTrainedModel:
    """The model with its adapter, for prediction.

    Args:
        folder: Where `save` wrote it, or an adapter whose base model is known by its name.
        **options: For `from_pretrained` of the base model.

    Raises:
        RunError: PEFT is not installed.
    """
    from transformers import AutoModelForSequenceClassification

    base = AutoModelForSequenceClassification.from_pretrained(_base(folder), adapter_kwargs=NO_ADAPTER, **options)
    return _peft().PeftModel.from_pretrained(base, _place(folder))


def _place(folder: Path) -> Path | None:
    """The folder of the adapter: an adapter that is not called "default" has one of its own."""
    return next((file.parent for file in sorted(folder.rglob(SETTINGS))), None)


def _base(folder: Path) -> str | Path:
    """The folder or the name of the base model."""
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
