"""Texts that a model has written, compared with the texts that it should write: the metrics of `seq2seq`."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.tasks.language_model import language_scores
from nbtrain.tasks.scores import Metric

if TYPE_CHECKING:
    from nbtrain.events import TaskSpec

WRITES = "predict_with_generate"
"""Option in the `TaskSpec`: an evaluation has the model write."""

ROUGE = ("rouge1", "rouge2", "rougeL")
PACKAGES = {**dict.fromkeys(("rouge", *ROUGE), "rouge_score"), "sacrebleu": "sacrebleu"}
"""What metrics need besides the packages that nbtrain always has."""


@dataclass(frozen=True)
class WrittenTexts:
    """What a model has written, and the targets."""

    predictions: list[str]
    references: list[str]
    are_finite: bool = True


def _refusal(name: str, spec: TaskSpec) -> str:
    """Why a metric of texts cannot be computed; "" if it can."""
    package = PACKAGES.get(name, "")
    if not spec.options.get(WRITES):
        return f"needs {WRITES} = true: it compares what the model writes.\n    Write {WRITES} = true."
    if package and importlib.util.find_spec(package) is None:
        return (
            f"needs the package {package.replace('_', '-')}, which is not installed.\n"
            '    Install it: pip install "nbtrain[generation]"; or write metrics = ["exact_match"].'
        )
    return ""


def _refusal_of_tokens(spec: TaskSpec) -> str:
    if not spec.options.get(WRITES):
        return ""
    return f"is for guesses of each token, with {WRITES} = false.\n    Write {WRITES} = false, or remove the metric."


def _of_texts(name: str) -> Metric:
    results = ROUGE if name == "rouge" else (name,)

    def compute(texts: WrittenTexts) -> float | dict[str, float]:
        found = text_scores(texts.predictions, texts.references, list(results))
        return found if name == "rouge" else found[name]

    names = (lambda spec: list(ROUGE)) if name == "rouge" else None
    return Metric(compute, results=names, refusal=functools.partial(_refusal, name))


def _of_tokens(name: str) -> Metric:
    return Metric(lambda sums: language_scores(sums.rows)[name], refusal=_refusal_of_tokens)


METRICS: Mapping[str, Metric] = {
    **{name: _of_texts(name) for name in ("exact_match", *ROUGE, "rouge", "sacrebleu")},
    **{name: _of_tokens(name) for name in ("perplexity", "accuracy")},
}


def decoded(rows: Any, tokenizer: Any) -> list[str]:
    """The texts of tokens (rows, tokens), without padding, -100 and other special tokens. What the tokenizer does not
    know stays visible, as its unknown token.
    """
    special = {at for at, token in tokenizer.added_tokens_decoder.items() if token.special}
    hidden = (special | {*tokenizer.all_special_ids}) - {tokenizer.unk_token_id}
    kept = [[token for token in row if token >= 0 and token not in hidden] for row in rows.tolist()]
    return [text.strip() for text in tokenizer.batch_decode(kept)]


def text_scores(predictions: list[str], references: list[str], names: list[str]) -> dict[str, float]:
    """The metrics `names` of texts: the fraction of equal texts and the mean F-measures of ROUGE, from 0 to 1, and the
    BLEU of sacrebleu, from 0 to 100.
    """
    pairs = list(zip(predictions, references, strict=True))
    scores = {"exact_match": sum(one == other for one, other in pairs) / len(pairs)}
    if rouge := [name for name in names if name.startswith("rouge")]:
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer(rouge)
        found = [scorer.score(reference, prediction) for prediction, reference in pairs]
        scores |= {name: sum(one[name].fmeasure for one in found) / len(found) for name in rouge}
    if "sacrebleu" in names:
        import sacrebleu

        scores["sacrebleu"] = sacrebleu.corpus_bleu(predictions, [references]).score
    return scores


def written_scores(predictions: Any, label_ids: Any, tokenizer: Any, names: list[str]) -> dict[str, float]:
    """The metrics `names` of what a model has written: tokens (rows, tokens)."""
    return text_scores(decoded(predictions, tokenizer), decoded(label_ids, tokenizer), names)
