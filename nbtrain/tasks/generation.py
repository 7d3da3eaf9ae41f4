"""Tasks whose model writes: a decoder (`...ForCausalLM`) that continues a text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain import format
from nbtrain.tasks.declared import MAX_SHOWN
from nbtrain.tasks.keys import Key
from nbtrain.tasks.language_model import LanguageModel, token_sums
from nbtrain.tasks.texts import padded_on_the_right

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedConfig

    from nbtrain.events import Piece, TaskSpec

MAX_NEW_TOKENS = Key("max_new_tokens", ("int",), 64, "At most this many tokens are generated for a prompt.", low=1)
GENERATED = Key(
    "generated_examples",
    ("int",),
    5,
    "For this many rows of the validation data the model writes an answer at each evaluation.",
    low=0,
)
MAX_REFERENCE = 300
"""Characters of a reference that a record shows."""

BATCH = 8
"""Prompts that are continued at once."""


class Decoder(LanguageModel):
    """A model that guesses each next token."""

    auto_model = "AutoModelForCausalLM"
    adapter_type = "CAUSAL_LM"
    often_adapted = True
    generates = True
    example_models = ("demo-lm", "HuggingFaceTB/SmolLM2-360M-Instruct")
    needed_model = "a decoder, which guesses each next token"
    template_values: ClassVar[Mapping[str, Any]] = {"learning_rate": 1e-3, "num_train_epochs": 2, "lora_r": 8}
    keys: ClassVar[tuple[Key, ...]] = (MAX_NEW_TOKENS, GENERATED)

    def prepared_processor(self, processor: Any, model_config: PreTrainedConfig) -> Any:
        return padded_on_the_right(processor)

    def collator(self, tokenizer: Any, model: Any) -> Any:
        from transformers import DataCollatorForSeq2Seq

        return DataCollatorForSeq2Seq(tokenizer)

    def reduce(self, spec: TaskSpec) -> Callable[[Any, Any], Any] | None:
        return next_token_sums

    def shown_example(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[Piece]:
        pairs = zip(first["input_ids"], first["labels"], strict=True)
        groups = itertools.groupby(pairs, key=lambda pair: pair[1] != -100)
        return [
            (tokenizer.decode([token for token, _ in part]), "learned" if counts else "", False)
            for counts, part in groups
        ]

    def shown_predictions(self, predictions: pd.DataFrame, spec: TaskSpec) -> list[list[Piece]]:
        some = predictions.head(MAX_SHOWN)
        references = some["reference"] if "reference" in some else itertools.repeat("")
        lines = zip(some["prompt"], some["generated"], references, strict=False)
        return [written_line(prompt, written, reference) for prompt, written, reference in lines]


def written_line(prompt: str, written: str, reference: str = "", *, is_wrong: bool = False) -> list[Piece]:
    """A line of text for the record: what was read, what the model has written after it, and what the data have.

    Args:
        prompt: What was read.
        written: What the model has written.
        reference: What the data have; "" if it is not shown.
        is_wrong: Whether what was written is wrong because it differs.
    """
    label = "generated, differs from the reference" if is_wrong else "generated"
    line = [(f"{prompt} ", "", False), (str(written) or "(nothing)", label, is_wrong)]
    shown = format.shorten(str(reference), MAX_REFERENCE)
    return [*line, (" ", "", False), (shown, "reference", False)] if reference else line


def next_token_sums(logits: Any, labels: Any) -> Any:
    """As `token_sums`; the outputs at a token are a guess of the next one."""
    logits = logits[0] if isinstance(logits, tuple) else logits
    return token_sums(logits[:, :-1], labels[:, 1:])


def continued(model: Any, tokenizer: Any, prompts: Sequence[list[int]], max_new_tokens: int) -> list[str]:
    """What the model writes after each prompt, always choosing the most likely token.

    Of a prompt that leaves no room in the model's positions, the beginning is left out.

    Args:
        model: A model with a `generate` method.
        tokenizer: Its tokenizer.
        prompts: The tokens of each prompt, at least one.
        max_new_tokens: At most this many tokens are written.
    """
    import torch

    limit = getattr(model.config, "max_position_embeddings", None) or 10**9
    max_new_tokens = min(max_new_tokens, limit - 1)
    begin = [next(one for one in (tokenizer.bos_token_id, tokenizer.eos_token_id, 0) if one is not None)]
    prompts = [(ids or begin)[-(limit - max_new_tokens) :] for ids in prompts]
    written: list[str] = []
    was_training = model.training
    model.eval()
    try:
        for start in range(0, len(prompts), BATCH):
            batch = [{"input_ids": ids} for ids in prompts[start : start + BATCH]]
            inputs = tokenizer.pad(batch, padding_side="left", return_tensors="pt").to(model.device)
            options = {"max_new_tokens": max_new_tokens, "do_sample": False, "pad_token_id": tokenizer.pad_token_id}
            with torch.no_grad():
                tokens = model.generate(**inputs, **options)
            new = tokens[:, inputs["input_ids"].shape[1] :]
            written += [text.strip() for text in tokenizer.batch_decode(new, skip_special_tokens=True)]
    finally:
        model.train(was_training)
    return written


def templated(messages: list[dict[str, str]], tokenizer: Any, **options: Any) -> str:
    """A conversation as text, by the tokenizer's chat template.

    Raises:
        ValueError: The template refuses it.
    """
    try:
        text: str = tokenizer.apply_chat_template(messages, tokenize=False, **options)
    except Exception as error:  # jinja2's own, which is no dependency
        raise ValueError(f"The tokenizer's chat template refuses a conversation: {error}.") from error
    return text


def prompt_tokens(messages: list[dict[str, str]], tokenizer: Any) -> list[int]:
    """The tokens after which the model writes its answer."""
    if tokenizer.chat_template:
        text = templated(messages, tokenizer, add_generation_prompt=True)
    else:
        text = "".join(f"{message['content']}\n" for message in messages)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
