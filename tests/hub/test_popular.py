"""`dataset = "..."` for the data sets that people use most: columns, classes and splits are right, or it asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.hub import Hub
from tests.hub.popular import GO_EMOTIONS, POPULAR, repository

pytestmark = pytest.mark.kernel

NLI = ["entailment", "neutral", "contradiction"]
SENTENCES = ["sentence1", "sentence2"]
PAIR = ["premise", "hypothesis"]

FOUND: dict[str, tuple[list[str], str, list[str] | int]] = {
    "glue/cola": (["sentence"], "label", ["unacceptable", "acceptable"]),
    "glue/mnli": (PAIR, "label", NLI),
    "glue/mrpc": (SENTENCES, "label", ["not_equivalent", "equivalent"]),
    "glue/qnli": (["question", "sentence"], "label", ["entailment", "not_entailment"]),
    "glue/qqp": (["question1", "question2"], "label", ["not_duplicate", "duplicate"]),
    "glue/rte": (SENTENCES, "label", ["entailment", "not_entailment"]),
    "glue/sst2": (["sentence"], "label", ["negative", "positive"]),
    "glue/stsb": (SENTENCES, "label", []),
    "glue/wnli": (SENTENCES, "label", ["not_entailment", "entailment"]),
    "imdb": (["text"], "label", ["neg", "pos"]),
    "stanfordnlp/imdb": (["text"], "label", ["neg", "pos"]),
    "ag_news": (["text"], "label", ["World", "Sports", "Business", "Sci/Tech"]),
    "dbpedia_14": (["content"], "label", 14),
    "yelp_review_full": (["text"], "label", ["1 star", "2 star", "3 stars", "4 stars", "5 stars"]),
    "emotion": (["text"], "label", ["sadness", "joy", "love", "anger", "fear", "surprise"]),
    "dair-ai/emotion:unsplit": (["text"], "label", 6),
    "tweet_eval/emoji": (["text"], "label", 20),
    "tweet_eval/emotion": (["text"], "label", ["anger", "joy", "optimism", "sadness"]),
    "tweet_eval/hate": (["text"], "label", ["non-hate", "hate"]),
    "tweet_eval/irony": (["text"], "label", ["non_irony", "irony"]),
    "tweet_eval/offensive": (["text"], "label", ["non-offensive", "offensive"]),
    "tweet_eval/sentiment": (["text"], "label", ["negative", "neutral", "positive"]),
    "tweet_eval/stance_climate": (["text"], "label", ["none", "against", "favor"]),
    "multi_nli": (PAIR, "label", NLI),
    "xnli/de": (PAIR, "label", NLI),
    "paws/labeled_final": (SENTENCES, "label", ["0", "1"]),
    "rotten_tomatoes": (["text"], "label", ["neg", "pos"]),
    "banking77": (["text"], "label", 77),
    "go_emotions": (["text"], "labels", GO_EMOTIONS),
    "sms_spam": (["sms"], "label", ["ham", "spam"]),
    "conll2003": (["tokens"], "ner_tags", 9),
    "wnut_17": (["tokens"], "ner_tags", 9),
    "financial_phrasebank/sentences_allagree": (["sentence"], "label", ["negative", "neutral", "positive"]),
}
"""The text columns, the label column, and the classes or their number."""

WHOLE = {"train": 30, "validation": 30, "test": 30}
HELD_OUT = {"train": 27, "validation": 3}
AND_TEST = {**HELD_OUT, "test": 30}
NO_VALIDATION = ("imdb", "stanfordnlp/imdb", "ag_news", "dbpedia_14", "yelp_review_full", "banking77")
ONLY_TRAIN = ("dair-ai/emotion:unsplit", "sms_spam", "financial_phrasebank/sentences_allagree")
SIZES = {
    **dict.fromkeys(NO_VALIDATION, AND_TEST),
    **dict.fromkeys(ONLY_TRAIN, HELD_OUT),
    "multi_nli": {"train": 30, "validation": 30},
}
"""The sizes of the splits, if they are not `WHOLE`."""

SCORED = ("glue/mrpc",)
"""The configurations of GLUE whose test split has labels."""

ASKED = {
    "glue/ax": ("The splits are `test`", 'train = "test"'),
    "glue/mnli_matched": ("No split is named train", 'train = "validation"'),
    "glue": ("several configurations: ax, cola", 'dataset = "nyu-mll/glue:ax"'),
    "tweet_eval": ("several configurations: emoji, emotion", "tweet_eval:emoji"),
    "paws": ("several configurations: labeled_final", "paws:labeled_final"),
    "financial_phrasebank": ("several configurations: sentences_50agree", "sentences_50agree"),
    "snli": (
        "1 of 30 rows has no label (`label` is -1)",
        'datasets.load_dataset("stanfordnlp/snli", "plain_text").filter(lambda row: row["label"] != -1)',
    ),
    "anli": ("Several splits could be for training", 'train = "train_r1"'),
    "xnli/all_languages": ("`premise` has each text in several languages (ar, bg, de", "one language"),
    "trec": ("`coarse_label`, `fine_label`", 'label = "coarse_label"'),
    "go_emotions:raw": ("Several columns could be the label", 'label = ["example_very_unclear", "admiration"'),
    "squad": ("an answer that does not occur in `context`", "the first is row 0"),
}
"""What the question or the explanation says."""

CODE = """
import json, sys
from nbtrain.data.source import Source
from nbtrain.preprocessing.dataset import read
from nbtrain.errors import DataError
answers = {}
for name, source in json.loads(sys.argv[1]):
    try:
        data = read(Source(name, **source))
        answers[name] = {
            "text": data.spec.inputs, "label": data.spec.target, "classes": data.spec.labels, "notes": data.notes,
            "sizes": {split: len(rows) for split, rows in data.splits.items()}, "scored": list(data.labels),
        }
    except DataError as error:
        answers[name] = {"error": str(error)}
print(json.dumps(answers))
"""

CHOSEN = {"facebook/anli": {"train": "train_r2"}, "nyu-mll/glue:mnli_matched": {"train": "validation"}}
"""Answers to questions about splits."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process finds for each name."""
    cache = tmp_path_factory.mktemp("cache")
    with Hub() as hub:
        for repo_id, configs in POPULAR.items():
            hub.add_dataset(repo_id, repository(configs))
        env = os.environ | hub.env(cache) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        sources = [*((name, {}) for name in (*FOUND, *ASKED)), *CHOSEN.items()]
        done = subprocess.run(
            [sys.executable, "-c", CODE, json.dumps(sources)], env=env, cwd=cache, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", FOUND)
def test_columns_classes_and_splits_are_right(answers: dict[str, Any], name: str) -> None:
    found, (text, label, classes) = answers[name], FOUND[name]
    assert "error" not in found, found
    assert (found["text"], found["label"]) == (text, [label])
    assert (len(found["classes"]) if isinstance(classes, int) else found["classes"]) == classes
    assert found["sizes"] == SIZES.get(name, WHOLE)
    hides = name.startswith("glue/") and name not in SCORED
    assert ("test" in found["scored"]) == ("test" in found["sizes"] and not hides)


def test_notes_say_which_splits_are_used(answers: dict[str, Any]) -> None:
    said = {name: " ".join(answers[name]["notes"]) for name in ("glue/mnli", "multi_nli", "imdb")}
    assert "`validation_matched` for validation" in said["glue/mnli"]
    assert "`test_matched` for test" in said["glue/mnli"]
    assert "Unused splits: `validation_mismatched`, `test_mismatched`" in said["glue/mnli"]
    assert "Unused splits: `validation_mismatched`" in said["multi_nli"]
    assert "Unused splits: `unsupervised`" in said["imdb"]


@pytest.mark.parametrize("name", ASKED)
def test_the_right_question_is_asked(answers: dict[str, Any], name: str) -> None:
    assert "error" in answers[name], answers[name]
    for part in ASKED[name]:
        assert part in answers[name]["error"]


def test_the_other_splits_follow_the_training_split(answers: dict[str, Any]) -> None:
    found = answers["facebook/anli"]
    assert found["sizes"] == WHOLE
    assert any("`dev_r2` for validation" in note for note in found["notes"])
    assert any("`test_r2` for test" in note for note in found["notes"])
    found = answers["nyu-mll/glue:mnli_matched"]
    assert found["sizes"] == {**HELD_OUT, "test": 30}, "the split that is trained on is not the validation split too"
