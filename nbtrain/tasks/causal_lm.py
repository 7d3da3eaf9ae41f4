"""Causal language modelling: continue texts, token by token.

A text that is longer than the maximum length becomes several inputs; with `packing`, all texts are joined and cut into
inputs of exactly that length, so that nothing is padding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrain.data.values import arrow_values
from nbtrain.tasks.generation import Decoder, continued, next_token_sums
from nbtrain.tasks.keys import Key
from nbtrain.tasks.language_model import language_scores, token_sums
from nbtrain.tasks.script import Script
from nbtrain.tasks.texts import PREPARE, padded_on_the_right

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec

MAX_PROMPT = 32
"""The prompts of an evaluation are the first half of a text, at most this many tokens."""


class CausalLM(Decoder):
    """A guess of each next token of a text."""

    name = "causal_lm"
    title = "the next token of texts: to continue them; needs no labels"
    words = "causal language modelling"
    has_demo = True
    example = ("text", "")
    keys = (
        *Decoder.keys,
        Key(
            "packing",
            ("bool",),
            False,
            "Join texts and cut them into inputs of `max_length` tokens.",
            changes_inputs=True,
        ),
    )

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        texts, length = batch[spec.inputs[0]], spec.options["max_length"]
        return encode_next_tokens(texts, tokenizer, length, packing=spec.options["packing"]), 0

    def explain(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[str]:
        if spec.options["packing"]:
            return [f"Texts are joined, and cut into inputs of {spec.options['max_length']} tokens."]
        return []

    def generate(self, model: Any, processor: Any, rows: Dataset, spec: TaskSpec, *, sample: bool) -> pd.DataFrame:
        import pandas as pd

        if sample:
            rows = rows.select(range(min(spec.options["generated_examples"], len(rows))))
        texts = [processor(text)["input_ids"] for text in arrow_values(rows, spec.inputs[0]).to_pylist()]
        cuts = [max(1, min(len(ids) // 2, MAX_PROMPT)) if sample else len(ids) for ids in texts]
        prompts = [ids[:cut] for ids, cut in zip(texts, cuts, strict=True)]
        columns = {"prompt": [processor.decode(ids, skip_special_tokens=True) for ids in prompts]}
        if sample:
            rest = [ids[cut:] for ids, cut in zip(texts, cuts, strict=True)]
            columns["reference"] = [processor.decode(ids, skip_special_tokens=True).strip() for ids in rest]
        columns["generated"] = continued(model, processor, prompts, spec.options["max_new_tokens"])
        return pd.DataFrame(columns)

    def script(self, spec: TaskSpec) -> Script:
        [text] = (f"batch[{json.dumps(name, ensure_ascii=False)}]" for name in spec.inputs)
        return Script(
            labels=[],
            encode=f"encode_next_tokens({text}, tokenizer, MAX_LENGTH, packing={spec.options['packing']})",
            scores=language_scores,
            scores_of=["prediction.predictions"],
            collator="DataCollatorForSeq2Seq(tokenizer)",
            prepare=PREPARE,
            functions=(padded_on_the_right, encode_next_tokens, token_sums, next_token_sums),
            reduce=next_token_sums.__name__,
            imports={"typing": ("Any",), "copy": (), "math": (), "torch": ()},
        )


TASK = CausalLM()


def encode_next_tokens(texts: list[str], tokenizer: Any, max_length: int, *, packing: bool) -> dict[str, Any]:
    """The tokens of texts, each with an end, in inputs of at most `max_length` tokens. The labels are the tokens.

    With `packing`, an input may have parts of several texts.
    """
    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    whole = [[*ids, *(end if ids[-1:] != end else [])] for ids in tokenizer(texts, verbose=False)["input_ids"]]
    if packing:
        whole = [[token for ids in whole for token in ids]]
    parts = [ids[start : start + max_length] for ids in whole for start in range(0, len(ids), max_length)]
    parts = [ids for ids in parts if len(ids) > 1]  # a lone token has no next one
    return {"input_ids": parts, "attention_mask": [[1] * len(ids) for ids in parts], "labels": parts}
