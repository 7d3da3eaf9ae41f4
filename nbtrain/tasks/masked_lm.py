"""Masked language modelling: adapt a model to the language of a domain by guessing hidden tokens of its texts.

Nothing needs a label. A text that is longer than the maximum length becomes several inputs, so that nothing is lost.
"""

from __future__ import annotations

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

        return DataCollatorForLanguageModeling(tokenizer, mlm_probability=MASKED)

    def script(self, spec: TaskSpec) -> Script:
        [text] = (f"batch[{json.dumps(name, ensure_ascii=False)}]" for name in spec.inputs)
        return Script(
            labels=[],
            encode=f"encode_in_parts({text}, tokenizer, MAX_LENGTH)",
            scores=language_scores,
            scores_of=["prediction.predictions"],
            collator="DataCollatorForLanguageModeling(tokenizer)",
            functions=(encode_in_parts, token_sums),
            reduce=token_sums.__name__,
            imports={"typing": ("Any",), "math": (), "torch": ()},
        )


TASK = MaskedLM()
