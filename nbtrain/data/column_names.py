"""What the names of columns say about them: the tables of the rule in `docs/columns.md`. All names are lower case."""

from __future__ import annotations

import re

LABEL_NAMES = ("label", "labels")
"""Whole names that are the label whatever else there is."""

SURE_LABELS = ("target", "class", "sentiment", "emotion", "intent", "polarity", "stance", "is_duplicate")
"""Whole names of a label."""

SURE_LABEL_ENDS = ("label", "labels", "sentiment", "emotion", "intent", "polarity")
"""Last words of a label's name: "gold_label", "airline_sentiment"."""

LIKELY_LABEL_WORDS = (
    *LABEL_NAMES,
    *SURE_LABELS,
    "category",
    "topic",
    "rating",
    "stars",
    "star",
    "score",
    "grade",
    "similarity",
    "relatedness",
    "entailment",
    "judgment",
    "toxic",
    "toxicity",
    "offensive",
    "hate",
    "spam",
    "sarcastic",
    "clickbait",
)
"""Words of names that labels have, but other columns too: `score` may be the votes for a text."""

YES_OR_NO = ("is", "has")
"""First words of names that labels have, but other columns too: "is_sarcastic", "is_retweet"."""

METADATA_WORDS = (
    *("id", "ids", "idx", "index", "key", "guid", "uid", "uuid", "qid", "pairid", "unnamed", "url", "urls", "uri"),
    *("link", "filename", "path", "date", "year", "month", "day", "time", "timestamp", "timezone", "created"),
    *("updated", "count", "counts", "num", "number", "length", "size", "votes", "vote", "likes", "retweet"),
    *("retweets", "helpful", "helpfulness", "verified", "confidence", "conf", "probability", "age", "price"),
    *("annotator", "rater", "worker", "lat", "lon", "latitude", "longitude", "coord", "version"),
)
"""Words of names that describe a row: neither text nor label, unless `text` or `label` names the column."""

METADATA_NAMES = (
    *("user", "username", "author", "authors", "name", "location", "country", "city", "lang", "language", "locale"),
    *("source", "split", "fold", "license"),
)
"""Last words of such names: "tweet_location", but not "user_message"."""

TEXT_NAMES = ("text", "sentence", "review", "tweet", "comment", "content", "document", "body", "message")
"""Whole names of the text."""

TEXT_PAIRS = (
    ("premise", "hypothesis"),
    ("text", "hypothesis"),
    ("question", "sentence"),
    ("question", "passage"),
    ("question", "context"),
    ("question", "paragraph"),
    ("question", "answer"),
    ("query", "passage"),
    ("query", "document"),
    ("context", "response"),
    ("claim", "evidence"),
)
"""Whole names of two texts that the model reads together."""

NUMBERED_TEXTS = (
    *("sentence", "sent", "text", "question", "query", "phrase", "string", "title", "tweet", "comment", "s", "q"),
)
"""Names of two texts that differ in their end, 1 and 2, or a and b: "sentence1", "sentence2"; "text_a", "text_b"."""

PAIR_WORDS = frozenset(name for pair in TEXT_PAIRS for name in pair) - frozenset(TEXT_NAMES)
"""Words that say that a text belongs to another one."""


def words_of(name: str) -> list[str]:
    """The words of a column's name, lower case: "HelpfulnessScore", "helpfulness_score" -> helpfulness, score."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", spaced.lower())


def has_label_word(name: str) -> bool:
    """Whether a word of the name is one of labels."""
    words = words_of(name)
    return bool(words) and (not {*words}.isdisjoint(LIKELY_LABEL_WORDS) or words[0] in YES_OR_NO)


def has_text_word(name: str) -> bool:
    """Whether a word of the name is one of texts: "review_text"."""
    return not {*words_of(name)}.isdisjoint(TEXT_NAMES)


def is_metadata(name: str) -> bool:
    """Whether a column of this name describes the row: an ID, a date, a count, ..."""
    words = words_of(name)
    return bool(words) and (not {*words}.isdisjoint(METADATA_WORDS) or words[-1] in METADATA_NAMES)


def pair_of(names: list[str]) -> list[str]:
    """The only two of `names` that the tables have as a pair of texts; empty if there is no pair, or several."""
    by_folded = {name.lower(): name for name in names}
    pairs = [[by_folded[one] for one in pair] for pair in TEXT_PAIRS if {*pair} <= by_folded.keys()]
    for name in names:
        match = re.fullmatch(r"(?P<stem>[a-z]+)(?P<join>[_ -]?)(?P<end>[1a])", name, re.IGNORECASE)
        if match and match["stem"].lower() in NUMBERED_TEXTS:
            other = f"{match['stem']}{match['join']}{'2' if match['end'] == '1' else 'b'}".lower()
            if other in by_folded:
                pairs.append([name, by_folded[other]])
    return pairs[0] if len(pairs) == 1 else []
