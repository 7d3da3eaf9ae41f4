"""Rows for sequence to sequence: dates in the notations of daily life, and the same dates in ISO 8601.

    the 3rd of May 2021  ->  2021-05-03
    Monday, 3 May 2021   ->  2021-05-03
    5.3.1999             ->  1999-03-05

No date of the validation rows is one of the training rows, so that nothing can be learned by heart. There are two
baselines: the target of the most similar training input (cosine of character trigrams), and the digits in the order in
which they are written, day before month before year, where a month that has a name is always "01". With the rows of
`benchmarks/seq2seq.py`, the first one is never right, and the second one for 21 % of the validation rows.

`make_model` writes a small T5 with random weights, whose tokenizer has a token for each word that the rows have, and
for each digit and mark.

    python -m scripts.demo_data.seq2seq rows.csv
"""

from __future__ import annotations

import argparse
import csv
import datetime
import random
import re
from collections.abc import Sequence
from pathlib import Path

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
FORMS = (
    "the {day}{ending} of {month} {year}",
    "{day} {month} {year}",
    "{month} {day}, {year}",
    "{weekday}, {day} {month} {year}",
    "{day} {short} {year}",
    "{weekday}, {month} {day}{ending}, {year}",
    "{day}.{number}.{year}",
    "{year}/{number}/{day}",
)
"""How dates are written. Numbers have no zero before them."""

PIECES = r"[A-Za-z]+|\d|[^\w\s]|\s"
"""What a token is."""

Row = tuple[str, str]


def rows(count: int, seed: int = 0, taken: Sequence[Row] = ()) -> list[Row]:
    """Inputs and targets. No date occurs twice, and none is one of `taken`."""
    rng, used, made = random.Random(seed), {target for _, target in taken}, []
    while len(made) < count:
        date = FIRST + datetime.timedelta(days=rng.randrange((LAST - FIRST).days + 1))
        form = rng.choice(FORMS)
        if date.isoformat() in used:
            continue
        used.add(date.isoformat())
        made.append((_written(date, form), date.isoformat()))
    return made


def baselines(train: Sequence[Row], validation: Sequence[Row]) -> dict[str, float]:
    """The fraction of validation rows that each baseline gets right."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    trigrams = TfidfVectorizer(analyzer="char", ngram_range=(3, 3)).fit([text for text, _ in train])
    known = trigrams.transform([text for text, _ in train])
    nearest = (trigrams.transform([text for text, _ in validation]) @ known.T).toarray().argmax(axis=1)
    guesses = {
        "most similar": [train[at][1] for at in nearest],
        "digits in order": [_in_order(text) for text, _ in validation],
    }
    targets = [target for _, target in validation]
    return {
        name: sum(one == other for one, other in zip(guess, targets, strict=True)) / len(targets)
        for name, guess in guesses.items()
    }


def make_model(folder: Path, width: int = 64, seed: int = 0) -> Path:
    """Write a T5 with two layers and random weights to `folder`, with its tokenizer."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, T5ForConditionalGeneration, set_seed

    from nbtrain.demo.models import t5_config

    words = {word for text, target in _every() for word in re.findall(PIECES, f"{text} {target}")}
    vocabulary = ["<pad>", "</s>", "<unk>", *sorted(words)]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(vocabulary)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PIECES), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special).save_pretrained(folder)
    set_seed(seed)
    T5ForConditionalGeneration(t5_config(len(vocabulary), width)).save_pretrained(folder)
    return folder


def write(made: Sequence[Row], file: Path) -> None:
    """Write rows as CSV with the columns "source" and "target"."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["source", "target"])
        writer.writerows(made)


def _written(date: datetime.date, form: str) -> str:
    month = MONTHS[date.month - 1]
    return form.format(
        day=date.day,
        ending=ENDINGS.get(date.day, "th"),
        month=month,
        short=month[:3],
        number=date.month,
        year=date.year,
        weekday=DAYS[date.weekday()],
    )


def _every() -> list[Row]:
    """Each word that rows have, at least once."""
    dates = [FIRST + datetime.timedelta(days=days) for days in range(400)]
    return [(_written(date, form), date.isoformat()) for date in dates for form in FORMS]


def _in_order(text: str) -> str:
    numbers = re.findall(r"\d+", text)
    day, month, year = numbers if len(numbers) == 3 else (numbers[0], "01", numbers[-1])
    return f"{year}-{month:0>2}-{day:0>2}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(rows(given.rows, given.seed), given.file)
