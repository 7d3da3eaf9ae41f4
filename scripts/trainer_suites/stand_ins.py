"""Tiny models and data sets in place of those that the suites load from the Hub.

Models are written into a folder that is laid out as the cache of the Hub, so that everything that loads by name finds
them without a network; data sets are Parquet files that `datasets.load_dataset` is led to. All weights are random.
TRL's models and data are those that its own scripts make, with a tokenizer that is trained on a few texts.
"""

from __future__ import annotations

import contextlib
import os
import re
import runpy
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COMMIT = "0" * 40

PACKAGE = "made_by_trl"
"""Name of the package in which the scripts of TRL are run."""

TEMPLATES = {
    "qwen2.5": "qwen2_5",
    "instruct-2507": "qwen3_instruct_2507",
    "qwen3": "qwen3",
    "llama-3.2": "llama3_2",
    "llama-3.1": "llama3_1",
    "llama-3-": "llama3",
    "gpt-oss": "gptoss",
    "gemma": "gemma",
    "glm-4": "glm4moe",
    "phi-3.5": "phi3_5",
    "phi-3": "phi3",
    "tiny-aya": "cohere2",
    "aya": "cohere",
    "lfm2.5": "lfm2_2_5",
    "lfm2": "lfm2",
    "deepseek": "deepseekv3",
}
"""By a part of a model's name: its chat template in `trl/chat_templates`."""

ENDS = ("<|im_end|>", "<|eot_id|>", "<|return|>", "<end_of_turn>", "<|end|>", "<|END_OF_TURN_TOKEN|>")
"""Tokens that end an answer; the first one that a chat template has is the end of a sequence."""

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@contextlib.contextmanager
def in_place(folder: Path) -> Iterator[None]:
    """Context manager: models and data sets that have a stand-in in `folder` are loaded from there."""
    import datasets

    os.environ["HF_HUB_CACHE"] = str(folder / "hub")
    import huggingface_hub.constants

    huggingface_hub.constants.HF_HUB_CACHE = str(folder / "hub")
    original = datasets.load_dataset

    def load_dataset(path: str, *args: Any, **kwargs: Any) -> Any:
        local = folder / "data" / path
        return original(str(local) if local.exists() else path, *args, **kwargs)

    datasets.load_dataset = load_dataset
    try:
        yield
    finally:
        datasets.load_dataset = original


def hub_folder(folder: Path, name: str) -> Path:
    """The folder for the files of the model `name`, as the cache of the Hub has it."""
    root = folder / "hub" / f"models--{name.replace('/', '--')}"
    (root / "refs").mkdir(parents=True, exist_ok=True)
    (root / "refs" / "main").write_text(COMMIT)
    return root / "snapshots" / COMMIT


def write(suites: Path) -> int:
    """Write the stand-ins of all suites into `suites/stand-ins`."""
    folder = suites / "stand-ins"
    _write_models(folder)
    _write_encoders(folder)
    if (suites / "trl").exists():
        _write_trl(folder, suites / "trl")
    return 0


def _words() -> list[str]:
    source = " ".join((sys.__doc__ or "", os.__doc__ or "", re.__doc__ or "", __doc__ or ""))
    return sorted(set(re.findall(r"[a-z]+", source.lower())))


def _bert_tokenizer() -> Any:
    from transformers import BertTokenizerFast

    letters = [prefix + chr(code) for code in range(33, 127) for prefix in ("", "##")]
    entries = dict.fromkeys([*SPECIAL, *letters, *_words()])
    return BertTokenizerFast(vocab={entry: at for at, entry in enumerate(entries)}, model_max_length=512)


def _bpe_tokenizer(texts: list[str], template: str = "") -> Any:
    """A small tokenizer of bytes and pairs of them, with the special tokens of a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    found = sorted(set(re.findall(r"<[|/]?\w+\|?>", template)))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=["<|endoftext|>", "<s>", *found],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    end = next((token for token in ENDS if token in found), "<|endoftext|>")
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token="<|endoftext|>")
    wrapped.chat_template = template or None
    return wrapped


def _save(folder: Path, name: str, model: Any, tokenizer: Any) -> None:
    where = hub_folder(folder, name)
    model.save_pretrained(where)
    tokenizer.save_pretrained(where)


def _write_models(folder: Path) -> None:
    """Models that the tests of transformers load."""
    import transformers
    from transformers import set_seed

    set_seed(0)
    bert, bpe = _bert_tokenizer(), _bpe_tokenizer(_words())
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    for name in ("bert-base-cased", "bert-base-uncased", "google-bert/bert-base-uncased"):
        config = transformers.BertConfig(vocab_size=len(bert), **size)
        _save(folder, name, transformers.BertForMaskedLM(config), bert)
    llama = transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=len(bpe), **size))
    _save(folder, "hf-internal-testing/tiny-random-LlamaForCausalLM", llama, bpe)
    gpt2 = transformers.GPT2Config(vocab_size=len(bpe), n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    _save(folder, "openai-community/gpt2", transformers.GPT2LMHeadModel(gpt2), bpe)


def _write_encoders(folder: Path) -> None:
    """Models and data that the tests of sentence-transformers load."""
    from datasets import Dataset
    from sentence_transformers import CrossEncoder, SentenceTransformer, SparseEncoder
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from sentence_transformers.sparse_encoder.modules import MLMTransformer, SpladePooling
    from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, set_seed

    set_seed(0)
    bert = _bert_tokenizer()
    size = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512}
    base = folder / "bert-tiny"
    for model in (BertForMaskedLM, BertForSequenceClassification):
        where = base / model.__name__
        model(BertConfig(vocab_size=len(bert), num_labels=1, **size)).save_pretrained(where)
        bert.save_pretrained(where)
    encoder = Transformer(str(base / "BertForMaskedLM"))
    modules = [encoder, Pooling(128)]
    name = "sentence-transformers-testing/stsb-bert-tiny-safetensors"
    SentenceTransformer(modules=modules).save_pretrained(str(hub_folder(folder, name)))
    for suffix in ("", "-STv54"):
        name = f"cross-encoder-testing/reranker-bert-tiny-gooaq-bce{suffix}"
        CrossEncoder(str(base / "BertForSequenceClassification")).save_pretrained(str(hub_folder(folder, name)))
    splade = SparseEncoder(modules=[MLMTransformer(str(base / "BertForMaskedLM")), SpladePooling("max")])
    splade.save_pretrained(str(hub_folder(folder, "sparse-encoder-testing/splade-bert-tiny-nq")))
    words = _words()
    texts = [" ".join(words[(at * 7 + step * 3) % len(words)] for step in range(4 + at % 5)) for at in range(64)]
    rows = Dataset.from_dict(
        {"sentence1": texts, "sentence2": texts[1:] + texts[:1], "score": [at % 11 / 10 for at in range(len(texts))]}
    )
    for split in ("train", "validation", "test"):
        _write_rows(folder, "sentence-transformers/stsb", "", split, rows)


def _write_rows(folder: Path, name: str, config: str, split: str, rows: Any) -> None:
    path = folder / "data" / name / config / f"{split}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(path)


def _write_trl(folder: Path, suite: Path) -> None:
    """TRL's own scripts make its data and models; what they send to the Hub is written to `folder`."""
    import datasets

    def push(rows: Any, name: str, config_name: str = "") -> None:
        for split, part in rows.items():
            _write_rows(folder, name, config_name, split, part)

    for kind in ("zen", "toolcall", "harmony"):
        script = suite / "scripts" / f"generate_{kind}_dataset.py"
        scope = runpy.run_path(str(script), run_name=kind)
        original, datasets.DatasetDict.push_to_hub = datasets.DatasetDict.push_to_hub, push
        try:
            scope["main"](0.1, True, f"trl-internal-testing/{kind}")
        finally:
            datasets.DatasetDict.push_to_hub = original
        _describe(folder / "data" / "trl-internal-testing" / kind)
    texts = [(suite / "README.md").read_text(), *_words()]
    for script in sorted((suite / "scripts" / "generate_tiny_models").glob("for_*/*.py")):
        try:
            _run_model_script(folder, suite, script, texts)
        except Exception as error:
            print(f"no stand-in by {script.name}: {type(error).__name__}: {str(error)[:100]}")


def _describe(folder: Path) -> None:
    """Write the card of a data set, which says what its configurations are."""
    lines = ["---", "configs:"]
    for config in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        lines += [f"- config_name: {config}", "  data_files:"]
        for split in sorted(path.stem for path in (folder / config).glob("*.parquet")):
            lines += [f"  - split: {split}", f"    path: {config}/{split}.parquet"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]))


def _run_model_script(folder: Path, suite: Path, script: Path, texts: list[str]) -> None:
    """Run a script that makes a tiny model, with a tokenizer of ours, and its checks against the Hub left out."""
    import transformers

    source = script.read_text()
    match = re.search(r'^MODEL_ID = "(.*)"', source, re.MULTILINE)
    if match is None or "AutoProcessor" in source:
        return
    stem = next((stem for part, stem in TEMPLATES.items() if part in match[1].lower()), "qwen2_5")
    tokenizer = _bpe_tokenizer(texts, (suite / "trl" / "chat_templates" / f"{stem}.jinja").read_text())

    _provide_common(folder, script)
    transformers.set_seed(0)
    scope = {
        "_tokenizer": tokenizer,
        "_generation": _generation(tokenizer),
        "_config": _config_maker(source, tokenizer),
    }
    source = re.sub(r"AutoTokenizer\.from_pretrained\(.*?\)", "_tokenizer", source)
    source = re.sub(r"GenerationConfig\.from_pretrained\(.*?\)", "_generation", source)
    source = source.replace("AutoConfig.from_pretrained", "_config")
    exec(compile(source, script, "exec"), {"__package__": f"{PACKAGE}.kind", "__name__": f"{PACKAGE}.kind.it", **scope})


def _provide_common(folder: Path, script: Path) -> None:
    """Make the module `.._common` of a script importable, without its checks, and writing to `folder`."""

    def push(model: Any, tokenizer: Any, generation: Any, prefix: str, suffix: str | None = None) -> None:
        name = "-".join(part for part in (prefix, type(model).__name__, suffix) if part)
        _save(folder, f"trl-internal-testing/{name}", model, tokenizer)
        if generation is not None:
            generation.save_pretrained(hub_folder(folder, f"trl-internal-testing/{name}"))

    common = types.ModuleType(f"{PACKAGE}._common")
    vars(common).update(runpy.run_path(str(script.parents[1] / "_common.py"), run_name=common.__name__))
    for name in ("check_transformers_version", "check_dtype_pattern", "print_config_diff", "smoke_test"):
        setattr(common, name, lambda *args, **kwargs: None)
    vars(common)["push_to_hub"] = push
    sys.modules |= {PACKAGE: types.ModuleType(PACKAGE), common.__name__: common}


def _generation(tokenizer: Any) -> Any:
    from transformers import GenerationConfig

    return GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)


def _config_maker(source: str, tokenizer: Any) -> Callable[..., Any]:
    """In place of `AutoConfig.from_pretrained`: makes a configuration of the model that a script imports."""
    import transformers

    kind = re.search(r"import .*?\b(\w+)(ForCausalLM|ForSequenceClassification)\b", source, re.DOTALL)
    config = getattr(transformers, f"{kind[1]}Config" if kind else "PreTrainedConfig")
    return lambda name, **options: config(vocab_size=len(tokenizer), **options)
