"""The data sets that people use most, as on the Hub: configurations, features and splits; the rows are made up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from datasets import ClassLabel, Dataset, Features, List, Translation, TranslationVariableLanguages, Value

ROWS = 30

TEXT, FLOAT, NUMBER = Value("string"), Value("float32"), Value("int32")
ALL = ("train", "validation", "test")


@dataclass(frozen=True)
class Config:
    """A configuration of a data set.

    Args:
        features: Its columns.
        splits: Their names, in the order of the card.
        hidden: Splits in which the labels of all rows are -1.
        unlabeled: Splits in which the label of the first row is -1.
    """

    features: dict[str, Any]
    splits: tuple[str, ...] = ALL
    hidden: tuple[str, ...] = ()
    unlabeled: tuple[str, ...] = ()
    is_default: bool = field(default=False, kw_only=True)

    def rows(self, split: str) -> Dataset:
        columns = {name: [_value(name, feature, row) for row in range(ROWS)] for name, feature in self.features.items()}
        if split in self.hidden:
            columns["label"] = [-1] * ROWS
        if split in self.unlabeled:
            columns["label"][0] = -1
        return Dataset.from_dict(columns, features=Features(self.features))


def _value(name: str, feature: Any, row: int) -> Any:
    """A value of a feature; it is another one in each row, except that class IDs and lists repeat."""
    if isinstance(feature, ClassLabel):
        return row % min(feature.num_classes, 6)
    if isinstance(feature, List):
        return [_value(name, feature.feature, row + at) for at in range(2 + row % 2)]
    if isinstance(feature, dict):
        return {key: _value(key, one, row) for key, one in feature.items()}
    if isinstance(feature, Translation):
        return {language: f"{name} {row} in {language}" for language in feature.languages}
    if isinstance(feature, TranslationVariableLanguages):
        return {"language": list(feature.languages), "translation": [f"{name} {row}" for _ in feature.languages]}
    if feature.dtype == "bool":
        return row % 2 == 0
    if feature.dtype.startswith("int"):
        return row if name in ("idx", "id", "promptID", "answer_start") else row % 2
    return row / 8 if feature.dtype.startswith("float") else f"The {name} of row {row} is a sentence of its own."


def repository(configs: dict[str, Config]) -> dict[str, bytes]:
    """The files of a data set: Parquet, and a card that names configurations, splits and features."""
    files: dict[str, bytes] = {}
    card: dict[str, list[Any]] = {"dataset_info": [], "configs": []}
    for name, config in configs.items():
        sizes = []
        for split in config.splits:
            rows, sink = config.rows(split), BytesIO()
            rows.to_parquet(sink)
            files[f"{name}/{split}-00000-of-00001.parquet"] = sink.getvalue()
            sizes.append({"name": split, "num_bytes": rows.data.nbytes, "num_examples": len(rows)})
        card["dataset_info"].append(
            {"config_name": name, "features": Features(config.features)._to_yaml_list(), "splits": sizes}
        )
        data_files = [{"split": split, "path": f"{name}/{split}-*"} for split in config.splits]
        default = {"default": True} if config.is_default else {}
        card["configs"].append({"config_name": name, "data_files": data_files, **default})
    files["README.md"] = f"---\n{json.dumps(card, indent=2)}\n---\n".encode()
    return files


def classes(*names: str) -> ClassLabel:
    return ClassLabel(names=list(names))


def glue(label: Any, *texts: str, splits: tuple[str, ...] = ALL, hidden: tuple[str, ...] = ("test",)) -> Config:
    return Config({**dict.fromkeys(texts, TEXT), "label": label, "idx": NUMBER}, splits, hidden)


NLI = classes("entailment", "neutral", "contradiction")
POLARITY = classes("neg", "pos")
TRAIN_TEST = ("train", "test")
EMOTIONS = classes("sadness", "joy", "love", "anger", "fear", "surprise")
GO_EMOTIONS = [
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire",
    "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy",
    "love", "nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
]  # fmt: skip
LANGUAGES = ["ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"]
MNLI_SPLITS = ("train", "validation_matched", "validation_mismatched", "test_matched", "test_mismatched")
PARSED = [f"{name}{end}" for name in ("premise", "hypothesis") for end in ("", "_binary_parse", "_parse")]
PAIR = {"premise": TEXT, "hypothesis": TEXT}
TAGS = List(ClassLabel(num_classes=9))


def labeled(label: Any, splits: tuple[str, ...] = ALL, **options: Any) -> Config:
    return Config({"text": TEXT, "label": label}, splits, **options)


POPULAR: dict[str, dict[str, Config]] = {
    "nyu-mll/glue": {
        "ax": glue(NLI, "premise", "hypothesis", splits=("test",)),
        "cola": glue(classes("unacceptable", "acceptable"), "sentence"),
        "mnli": glue(NLI, "premise", "hypothesis", splits=MNLI_SPLITS, hidden=MNLI_SPLITS[3:]),
        "mnli_matched": glue(NLI, "premise", "hypothesis", splits=("validation", "test")),
        "mrpc": glue(classes("not_equivalent", "equivalent"), "sentence1", "sentence2", hidden=()),
        "qnli": glue(classes("entailment", "not_entailment"), "question", "sentence"),
        "qqp": glue(classes("not_duplicate", "duplicate"), "question1", "question2"),
        "rte": glue(classes("entailment", "not_entailment"), "sentence1", "sentence2"),
        "sst2": glue(classes("negative", "positive"), "sentence"),
        "stsb": glue(FLOAT, "sentence1", "sentence2"),
        "wnli": glue(classes("not_entailment", "entailment"), "sentence1", "sentence2"),
    },
    "stanfordnlp/imdb": {"plain_text": labeled(POLARITY, (*TRAIN_TEST, "unsupervised"), hidden=("unsupervised",))},
    "fancyzhx/ag_news": {"default": labeled(classes("World", "Sports", "Business", "Sci/Tech"), TRAIN_TEST)},
    "fancyzhx/dbpedia_14": {
        "dbpedia_14": Config({"label": ClassLabel(num_classes=14), "title": TEXT, "content": TEXT}, TRAIN_TEST)
    },
    "Yelp/yelp_review_full": {
        "yelp_review_full": Config(
            {"label": classes("1 star", "2 star", "3 stars", "4 stars", "5 stars"), "text": TEXT}, TRAIN_TEST
        )
    },
    "dair-ai/emotion": {"split": labeled(EMOTIONS, is_default=True), "unsplit": labeled(EMOTIONS, ("train",))},
    "cardiffnlp/tweet_eval": {
        "emoji": labeled(ClassLabel(num_classes=20)),
        "emotion": labeled(classes("anger", "joy", "optimism", "sadness")),
        "hate": labeled(classes("non-hate", "hate")),
        "irony": labeled(classes("non_irony", "irony")),
        "offensive": labeled(classes("non-offensive", "offensive")),
        "sentiment": labeled(classes("negative", "neutral", "positive")),
        **{
            f"stance_{name}": labeled(classes("none", "against", "favor"))
            for name in ("abortion", "atheism", "climate", "feminist", "hillary")
        },
    },
    "stanfordnlp/snli": {"plain_text": Config({**PAIR, "label": NLI}, ("test", "validation", "train"), unlabeled=ALL)},
    "nyu-mll/multi_nli": {
        "default": Config(
            {"promptID": NUMBER, "pairID": TEXT, **dict.fromkeys(PARSED, TEXT), "genre": TEXT, "label": NLI},
            MNLI_SPLITS[:3],
        )
    },
    "facebook/anli": {
        "plain_text": Config(
            {"uid": TEXT, **PAIR, "label": NLI, "reason": TEXT},
            tuple(f"{split}_r{number}" for number in (1, 2, 3) for split in ("train", "dev", "test")),
        )
    },
    "facebook/xnli": {
        "all_languages": Config(
            {"premise": Translation(LANGUAGES), "hypothesis": TranslationVariableLanguages(LANGUAGES), "label": NLI}
        ),
        **{language: Config({**PAIR, "label": NLI}) for language in ("de", "en")},
    },
    "google-research-datasets/paws": {
        name: Config({"id": NUMBER, "sentence1": TEXT, "sentence2": TEXT, "label": classes("0", "1")}, splits)
        for name, splits in (
            ("labeled_final", ALL),
            ("labeled_swap", ("train",)),
            ("unlabeled_final", ("train", "validation")),
        )
    },
    "cornell-movie-review-data/rotten_tomatoes": {"default": labeled(POLARITY)},
    "CogComp/trec": {
        "default": Config(
            {
                "text": TEXT,
                "coarse_label": classes("ABBR", "ENTY", "DESC", "HUM", "LOC", "NUM"),
                "fine_label": ClassLabel(num_classes=50),
            },
            TRAIN_TEST,
        )
    },
    "PolyAI/banking77": {"default": labeled(ClassLabel(num_classes=77), TRAIN_TEST)},
    "google-research-datasets/go_emotions": {
        "raw": Config(
            {
                **dict.fromkeys(("text", "id", "author", "subreddit", "link_id", "parent_id"), TEXT),
                "created_utc": FLOAT,
                "rater_id": NUMBER,
                "example_very_unclear": Value("bool"),
                **dict.fromkeys(GO_EMOTIONS, NUMBER),
            },
            ("train",),
        ),
        "simplified": Config({"text": TEXT, "labels": List(classes(*GO_EMOTIONS)), "id": TEXT}, is_default=True),
    },
    "ucirvine/sms_spam": {"plain_text": Config({"sms": TEXT, "label": classes("ham", "spam")}, ("train",))},
    "takala/financial_phrasebank": {
        f"sentences_{agree}agree": Config(
            {"sentence": TEXT, "label": classes("negative", "neutral", "positive")}, ("train",)
        )
        for agree in ("50", "66", "75", "all")
    },
    "eriktks/conll2003": {
        "conll2003": Config({"id": TEXT, "tokens": List(TEXT), "pos_tags": TAGS, "chunk_tags": TAGS, "ner_tags": TAGS})
    },
    "leondz/wnut_17": {"wnut_17": Config({"id": TEXT, "tokens": List(TEXT), "ner_tags": TAGS})},
    "rajpurkar/squad": {
        "plain_text": Config(
            {
                **dict.fromkeys(("id", "title", "context", "question"), TEXT),
                "answers": {"text": List(TEXT), "answer_start": List(NUMBER)},
            },
            ("train", "validation"),
        )
    },
    "EdinburghNLP/xsum": {"default": Config({"document": TEXT, "summary": TEXT, "id": TEXT})},
    "Samsung/samsum": {
        "samsum": Config({"id": TEXT, "dialogue": TEXT, "summary": TEXT}, ("train", "test", "validation"))
    },
}
