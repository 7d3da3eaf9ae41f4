"""Answers as spans of tokens: windows of long contexts, the best span of all windows, and the metrics of SQuAD.

Exported scripts contain these functions.
"""

from __future__ import annotations

import bisect
import functools
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.tasks.scores import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray


def last_of_question(max_length: int, tokenizer: Any) -> int:
    """Tokens of a question that are kept at most: half of what there is, so that the context has the other half."""
    return int((max_length - tokenizer.num_special_tokens_to_add(pair=True)) // 2)


def encode_questions(
    questions: list[str],
    contexts: list[str],
    spans: list[list[int]] | None,
    tokenizer: Any,
    max_length: int,
    doc_stride: int,
) -> dict[str, list[Any]]:
    """The model's inputs: a question and a window of its context; a long context gives several windows.

    The columns besides those that the model takes: `window`, its number within the row; `offset_mapping`, the
    characters of each token of the context, and (-1, -1) for other tokens; `no_answer`, the token that stands for none;
    `spans`, if they are known.

    Args:
        questions: The questions. Only as many tokens as `last_of_question` says are read.
        contexts: Their contexts.
        spans: The characters of the answers, as `answer_spans` gives them; the first answer is learned. None if they
            are not known.
        tokenizer: A fast tokenizer.
        max_length: Tokens of an input at most.
        doc_stride: Tokens that two neighbouring windows share.
    """
    options = {"truncation": True, "max_length": last_of_question(max_length, tokenizer)}
    cut = tokenizer(questions, add_special_tokens=False, return_offsets_mapping=True, **options)["offset_mapping"]
    seen = [text[places[0][0] : places[-1][1]] if places else text for text, places in zip(questions, cut, strict=True)]
    encoded = tokenizer(
        seen,
        contexts,
        truncation="only_second",
        max_length=max_length,
        stride=doc_stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    rows = encoded.pop("overflow_to_sample_mapping")
    columns: dict[str, list[Any]] = {**encoded, "window": [], "no_answer": [], "offset_mapping": []}
    answers: dict[str, list[Any]] = {"start_positions": [], "end_positions": [], "spans": []}
    for at, row in enumerate(rows):
        ids, parts = encoded["input_ids"][at], encoded.sequence_ids(at)
        none = ids.index(tokenizer.cls_token_id) if tokenizer.cls_token_id in ids else 0
        places = [
            place if part == 1 else (-1, -1) for place, part in zip(encoded["offset_mapping"][at], parts, strict=True)
        ]
        columns["window"].append(columns["window"][-1] + 1 if at and rows[at - 1] == row else 0)
        columns["no_answer"].append(none)
        columns["offset_mapping"].append(places)
        inside = [token for token, part in enumerate(parts) if part == 1]
        start = end = none
        if spans is not None and spans[row] and inside:
            first, last = spans[row][:2]
            if places[inside[0]][0] <= first and last <= places[inside[-1]][1]:
                begin = bisect.bisect_right([places[token][1] for token in inside], first)
                until = bisect.bisect_left([places[token][0] for token in inside], last) - 1
                if begin <= until:
                    start, end = inside[begin], inside[until]
        answers["start_positions"].append(start)
        answers["end_positions"].append(end)
        answers["spans"].append(spans[row] if spans is not None else [])
    return columns if spans is None else {**columns, **answers}


def stacked_logits(logits: Any, labels: Any) -> Any:
    """The logits of starts and ends in one tensor, (inputs, tokens, 2)."""
    import torch

    return torch.stack(logits[:2], dim=-1)


def best_spans(logits: Any, encoded: Any, longest: int, *, unanswerable: bool) -> list[tuple[int, int, float]]:
    """For each row the characters of the best span of all of its windows, and its probability among all spans.

    The score of a span is the sum of the logits of its first and its last token.

    Args:
        logits: As `stacked_logits` gives them.
        encoded: The inputs, as `encode_questions` gives them.
        longest: Tokens of an answer at most.
        unanswerable: A row may have no answer, (-1, -1): its score is the least of all windows.
    """
    import numpy as np

    rows: list[list[tuple[float, int, int, float]]] = []  # of each window: score, start, end, logarithm of all scores
    nothing: list[float] = []
    columns = (encoded["window"], encoded["no_answer"], encoded["offset_mapping"])
    for scores, window, none, offsets in zip(logits, *columns, strict=True):
        places = np.asarray(offsets)
        scores = scores[: len(places)].astype("float64")
        if window == 0:
            rows.append([])
            nothing.append(float("inf"))
        nothing[-1] = min(nothing[-1], float(scores[none].sum()))
        starts, ends = scores[places[:, 1] > 0].T
        places = places[places[:, 1] > 0]
        if not len(places):
            continue
        width = min(longest, len(places))
        padded = np.append(ends, np.full(width - 1, -np.inf))
        table = starts[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)
        first, more = np.unravel_index(table.argmax(), table.shape)
        best = float(table[first, more])
        total = best + float(np.log(np.exp(table - best).sum()))
        rows[-1].append((best, int(places[first, 0]), int(places[first + more, 1]), total))
    found = []
    for windows, score in zip(rows, nothing, strict=True):
        if unanswerable or not windows:
            windows = [*windows, (score, -1, -1, score)]
        best, start, end, _ = max(windows)
        found.append((start, end, float(np.exp(best - np.logaddexp.reduce([total for *_, total in windows])))))
    return found


def text_at(context: str, start: int, end: int) -> str:
    """The characters of a span; "" for none."""
    return context[start:end].strip() if end > 0 else ""


def normalized(text: str) -> str:
    """A text as SQuAD compares it: lower case, without punctuation and articles, one blank between words."""
    plain = "".join(mark for mark in text.lower() if mark not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", plain).split())


def exact_match(prediction: str, references: Sequence[str]) -> float:
    """1 if a prediction is one of the references, else 0. No reference means that there is no answer."""
    return float(any(normalized(prediction) == normalized(one) for one in references or [""]))


def words_f1(prediction: str, references: Sequence[str]) -> float:
    """The best F1 of the words of a prediction and of a reference. No reference means that there is no answer."""
    best = 0.0
    for one in references or [""]:
        found, known = normalized(prediction).split(), normalized(one).split()
        common = (Counter(found) & Counter(known)).total()
        if not found or not known:
            best = max(best, float(found == known))
        elif common:
            precision, recall = common / len(found), common / len(known)
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def references(encoded: Any, contexts: Iterable[str]) -> list[list[str]]:
    """The answers of each row; `encoded` is as for `best_spans`."""
    rows = [spans for spans, window in zip(encoded["spans"], encoded["window"], strict=True) if window == 0]
    return [
        [context[start:end] for start, end in zip(spans[::2], spans[1::2], strict=True)]
        for context, spans in zip(contexts, rows, strict=True)
    ]


def answer_scores(
    logits: Any, encoded: Any, contexts: Iterable[str], longest: int, *, unanswerable: bool
) -> dict[str, float]:
    """The means of exact match and F1 over all rows, as fractions. Arguments as for `best_spans`, and all contexts."""
    contexts = list(contexts)
    found = best_spans(logits, encoded, longest, unanswerable=unanswerable)
    texts = [text_at(context, start, end) for context, (start, end, _) in zip(contexts, found, strict=True)]
    pairs = list(zip(texts, references(encoded, contexts), strict=True))
    return {
        "exact_match": sum(exact_match(*pair) for pair in pairs) / len(pairs),
        "f1": sum(words_f1(*pair) for pair in pairs) / len(pairs),
    }


@dataclass(frozen=True)
class SpanAnswers:
    """What a model answers, and the references.

    Args:
        logits: Of starts and ends, (inputs, tokens, 2).
        scores_of: Computes the metrics by name.
    """

    logits: NDArray[Any]
    scores_of: Callable[[], dict[str, float]]

    @functools.cached_property
    def are_finite(self) -> bool:
        """Whether the model has not diverged."""
        import numpy as np

        return bool(np.isfinite(self.logits).all())

    @functools.cached_property
    def scores(self) -> dict[str, float]:
        """All metrics by name."""
        return self.scores_of()


def _score(name: str) -> Metric:
    return Metric(lambda answers: answers.scores[name])


METRICS: Mapping[str, Metric] = {name: _score(name) for name in ("exact_match", "f1")}
