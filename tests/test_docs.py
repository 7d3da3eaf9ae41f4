"""The documentation has all that is public."""

from __future__ import annotations

import re
from pathlib import Path

import nbtrain
from nbtrain.data import column_facts, column_names

DOCS = Path(__file__).parents[1] / "docs"


def test_the_reference_has_every_public_name_and_no_other() -> None:
    documented = re.findall(r"^\.\. auto\w+:: nbtrain\.(\w+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(nbtrain.__all__)


def test_the_rule_of_columns_has_the_words_of_the_code() -> None:
    page = (DOCS / "columns.md").read_text(encoding="utf-8")
    rule = page.partition("## Labels that are not")[0]
    likely, metadata, texts = rule.partition("**Metadata**")[0], *rule.partition("**Metadata**")[2].split("## The text")
    named = {part: {*re.findall(r"`([a-z_]+)`", part)} for part in (likely, metadata, texts)}
    words = {*column_names.LIKELY_LABEL_WORDS, *column_names.SURE_LABELS, *column_names.SURE_LABEL_ENDS}
    assert named[likely] - {"text", "gold_label", "airline_sentiment", "_"} == words | {*column_names.YES_OR_NO}
    assert named[metadata] == {*column_names.METADATA_WORDS, *column_names.METADATA_NAMES}
    pairs = {name for pair in column_names.TEXT_PAIRS for name in pair}
    assert named[texts] - {"review_text"} == {*column_names.TEXT_NAMES, *column_names.NUMBERED_TEXTS, *pairs}
    for number in (column_facts.MAX_CLASS_IDS, column_facts.MAX_CLASS_NAMES, column_facts.MAX_CLASS_NAME):
        assert re.search(rf"\b{number}\b", likely)
