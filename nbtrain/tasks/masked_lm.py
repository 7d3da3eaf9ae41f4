"""Masked language modelling: adapt a model to the language of a domain by guessing hidden tokens of its texts.

Nothing needs a label. A text that is longer than the maximum length becomes several inputs, so that nothing is lost.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrain.errors import DataError
from nbtrain.tasks.language_model import LanguageModel, encode_in_parts, language_scores, token_sums
from nbtrain.tasks.script import Script

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec

MASKED = 0.15
"""Fraction of the tokens that are hidden, as in BERT (Devlin et al. 2019)."""


class MaskedLM(LanguageModel):
    """A guess of each hidden token."""

    name = "masked_lm"
    title = "hidden tokens of texts, to adapt a model to a domain; needs no labels"
    words = "masked language modelling"
    has_demo = True
    example = ("text", "")
    needed_model = "an encoder, which guesses hidden tokens"
    auto_model = "AutoModelForMaskedLM"
    no_predictions = (
        "A masked language model has learned no labels that could be predicted.\n"
        '    Use it: transformers.pipeline("fill-mask", model=run.model, tokenizer=run.tokenizer). To learn labels\n'
        '    with it: run.save("adapted"), then model = "adapted" in another cell.'
    )

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        if not getattr(tokenizer, "is_fast", False) or tokenizer.mask_token is None:
            raise DataError(
                'task = "masked_lm" needs a fast tokenizer with a mask token, which this model does not have.\n'
                "    Use a model such as BERT, RoBERTa or DeBERTa."
            )
        return encode_in_parts(batch[spec.inputs[0]], tokenizer, spec.options["max_length"]), 0

    def explain(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[str]:
        return [f"{MASKED:.0%} of the tokens are chosen anew in each batch, and hidden from the model or replaced."]

    def collator(self, tokenizer: Any, model: Any) -> Any:
        from transformers import DataCollatorForLanguageModeling

        return functools.partial(
            with_a_hidden_token, collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=MASKED)
        )

    def script(self, spec: TaskSpec) -> Script:
        [text] = (f"batch[{json.dumps(name, ensure_ascii=False)}]" for name in spec.inputs)
        return Script(
            labels=[],
            encode=f"encode_in_parts({text}, tokenizer, MAX_LENGTH)",
            scores=language_scores,
            scores_of=["prediction.predictions"],
            collator="partial(with_a_hidden_token, collator=DataCollatorForLanguageModeling(tokenizer))",
            functions=(with_a_hidden_token, encode_in_parts, token_sums),
            reduce=token_sums.__name__,
            imports={"typing": ("Any",), "functools": ("partial",), "math": (), "torch": ()},
        )


TASK = MaskedLM()


def with_a_hidden_token(examples: list[Any], collator: Any) -> Any:
    """A batch of `collator` in which at least one token is hidden: without any, the loss would not be a number.

    Few short texts may have none, by chance. All other batches stay as they are, and no random number is drawn.
    """
    import torch

    batch = collator(examples)
    ids, labels, tokenizer = batch["input_ids"], batch["labels"], collator.tokenizer
    if (labels != -100).any():
        return batch
    special = [tokenizer.get_special_tokens_mask(row, already_has_special_tokens=True) for row in ids.tolist()]
    places = (torch.tensor(special) == 0).nonzero()
    if not len(places):  # texts without a character
        places = torch.ones_like(ids).nonzero()
    row, at = places[int(torch.randint(len(places), (1,)))].tolist()
    labels[row, at] = ids[row, at]
    ids[row, at] = tokenizer.mask_token_id
    return batch
