"""How much memory training takes, from the model's shape and the configuration alone.

Weights, gradients and the optimizer's state are counted. What the layers keep for the backward pass is taken from
Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models" (2022), section 4.1: of each layer's
`b` examples of `s` tokens they keep, in elements of `e` bytes and dropout masks of one byte,

    b s ((8 h + 2 f) e + 2 h)  +  a b s^2 (2 e + 1)

for hidden size `h`, feed-forward size `f` (4 h in the paper, which gives its 34 b s h + 5 a b s^2 at e = 2) and `a`
heads. The second part, of the attention scores, is there only where attention is computed in the plain way: on
accelerators torch has kernels that do not keep it. On a CPU masks take `e` bytes, and bfloat16 saves next to nothing.
With gradient checkpointing a layer keeps its input, and one layer at a time all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

    from nbtrain.config import Config

STATES = (
    ("adafactor", 0.0),
    ("sgd", 0.0),
    ("rmsprop", 1.0),
    ("adagrad", 1.0),
    ("lion", 1.0),
    ("lomo", 0.0),
    ("galore", 0.5),
    ("apollo", 0.5),
)
"""Numbers that an optimizer keeps for each one that it trains, by the beginning of its name; the others are relatives
of Adam and keep 2.
"""


@dataclass(frozen=True)
class Shape:
    """What of a model decides how much memory it takes.

    Args:
        parameters: Numbers in it.
        trained: How many of them are trained.
        bytes_each: Bytes of a parameter.
        hidden: Width of its layers; 0 where the model does not say.
        feed_forward: Width inside their feed-forward parts.
        heads: Attention heads of a layer.
        layers: How many there are.
    """

    parameters: int
    trained: int
    bytes_each: int
    hidden: int
    feed_forward: int
    heads: int
    layers: int

    @classmethod
    def of(cls, model: PreTrainedModel, model_config: PreTrainedConfig) -> Shape:
        """The shape of `model`, which may be without weights; `model_config` says what they are on disk."""
        config = model_config.get_text_config()
        hidden = _number(config, "hidden_size")
        dtype = next(model.parameters()).dtype if model.device.type != "meta" else model_config.dtype
        return cls(
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            trained=sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
            bytes_each=getattr(dtype, "itemsize", 4),
            hidden=hidden,
            feed_forward=_number(config, "intermediate_size", "hidden_dim", "d_ff", "ffn_dim") or 4 * hidden,
            heads=_number(config, "num_attention_heads"),
            layers=_number(config, "num_hidden_layers") + _number(config, "num_decoder_layers"),
        )


def training_memory(shape: Shape, config: Config, length: int, *, on_cpu: bool) -> int:
    """Bytes for training with batches whose longest example has `length` tokens."""
    mixed = bool(config["bf16"] or config["fp16"]) and shape.bytes_each > 2
    weights = shape.parameters * (shape.bytes_each + (2 if mixed else 0))  # autocast keeps a copy in half precision
    gradients = shape.trained * shape.bytes_each
    states = shape.trained * _state_bytes(str(config["optim"]), shape.bytes_each)
    tokens = config["per_device_train_batch_size"] * length
    size = 2 if mixed and not on_cpu else shape.bytes_each
    layer = tokens * _layer_bytes(shape, length, size, on_cpu=on_cpu)
    if config["gradient_checkpointing"]:
        kept = shape.layers * tokens * shape.hidden * size + layer
    else:
        kept = shape.layers * layer
    return int(weights + gradients + states + kept)


def _layer_bytes(shape: Shape, length: int, size: int, *, on_cpu: bool) -> int:
    """Bytes that a layer keeps for each token; `size` is that of a number."""
    mask = size if on_cpu else 1
    scores = shape.heads * length * (2 * size + mask) if on_cpu else 0
    return (8 * shape.hidden + 2 * shape.feed_forward) * size + 2 * shape.hidden * mask + scores


def _state_bytes(optimizer: str, bytes_each: int) -> float:
    """Bytes that an optimizer keeps for each number that it trains."""
    numbers = next((count for name, count in STATES if optimizer.startswith(name)), 2.0)
    if "8bit" in optimizer:
        return numbers
    return numbers * (0.5 if "4bit" in optimizer else bytes_each)


def _number(config: Any, *names: str) -> int:
    """The first of the settings `names` that the model's configuration has, 0 if it has none."""
    found = (getattr(config, name, None) for name in names)
    return next((value for value in found if isinstance(value, int)), 0)
