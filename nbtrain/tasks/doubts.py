"""Labels that are not what they look like: they are asked about, unless the configuration names the task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.data.column_facts import MAX_CLASS_IDS
from nbtrain.data.feature_types import FeatureType, enumerate_names, feature_type
from nbtrain.data.label_cells import LIST, find_form, parse_list
from nbtrain.data.values import arrow_values, distinct, name_of
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset


def check_label(train: Dataset, column: str) -> None:
    """Raises DataError, which asks for `task`, if the label column may be something else than one class per row."""
    found = feature_type(train.features[column])
    if found not in (FeatureType.TEXT, FeatureType.INTEGERS):
        return
    values = [value for value in distinct(arrow_values(train, column))[0] if value is not None]
    if found is FeatureType.INTEGERS:
        _ask_about_numbers(train, column, values)
    elif form := find_form(values):
        raise DataError(_about_several(column, values, form))
    elif all(_is_number(value) for value in values):
        first = f'df["{column}"] = df["{column}"].astype(float), then '
        _ask_about_numbers(train, column, [float(value) for value in values], first)


def _ask_about_numbers(train: Dataset, column: str, values: list[float], first: str = "") -> None:
    if len(values) <= MAX_CLASS_IDS:
        return
    msg = (
        f"Column `{column}` has {len(values):,} distinct values in {len(train):,} rows, {name_of(min(values))} to "
        f"{name_of(max(values))}: it may be a number to predict, or a class for each value.\n"
        f'    To predict the number: {first}task = "regression". To learn classes: task = "text_classification"'
    )
    raise DataError(msg)


def _about_several(column: str, values: list[str], form: str) -> str:
    if form == LIST and (soft := _soft_labels(column, values)):
        return soft
    example = next((value for value in values if find_form([value], is_sure=True) == form), values[0])
    how = "lists that were written as text" if form == LIST else f"several labels in one cell, separated by `{form}`"
    msg = (
        f"Column `{column}` seems to contain {how}, such as {example!r:.80}: each of the {len(values):,} combinations "
        "would be a class of its own.\n"
        '    If a text can have several labels: task = "multi_label". If each value is one class: '
        'task = "text_classification"'
    )
    if form == "," and all(_is_number(value.replace(",", ".", 1)) for value in values):
        msg += (
            "\n    If they are numbers with a decimal comma: "
            f'df["{column}"] = df["{column}"].str.replace(",", ".").astype(float)'
        )
    return msg


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _soft_labels(column: str, cells: list[str]) -> str | None:
    """The message for lists of numbers with a fraction that were written as text."""
    lists = [parse_list(cell) or [] for cell in cells]
    if not any(isinstance(entry, float) and entry not in (0.0, 1.0) for entries in lists for entry in entries):
        return None
    numbers = 'float(number) for number in cell.strip("[]()").replace(",", " ").split()'
    read = f'df["{column}"] = [[{numbers}] for cell in df["{column}"]]'
    return f"{explain_number_lists(column, lists)}\n    They were written as text; first: {read}"


def explain_number_lists(column: str, lists: list[list[float]]) -> str:
    """What to do with a column of `lists` of numbers, which no task learns."""
    some = [number for numbers in lists[:2] for number in numbers]
    sums_to_one = all(abs(sum(numbers) - 1) < 0.01 for numbers in lists)
    fix = f'To learn one of them: df["{column}"] = [numbers[0] for numbers in df["{column}"]]'
    if sums_to_one:
        fix = f'To learn the most probable class: df["{column}"] = [list(p).index(max(p)) for p in df["{column}"]]'
    what = "probabilities of classes (soft labels)" if sums_to_one else "several numbers for a text"
    return (
        f"Column `{column}` contains lists of floats ({enumerate_names(some, limit=3)}): {what}, which nbtrain cannot "
        "learn. Labels are strings or integers, one number, or lists of 0 and 1 of equal length.\n"
        f"    {fix}"
    )
