"""One table in every dialect that programs write: it is read as it was, or an error names the dialect."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from nbtrain.data.files import read_file
from nbtrain.errors import DataError

NAMES = ["text", "label", "zip", "count", "score", "remark"]
Row = tuple[str, str, str, int, float, str | None]

TEXTS = [
    'so "good", really',
    "a, b; c\td|e",
    "first line\nsecond line",
    "  blanks around  ",
    "Straße, über 5 °C",
    "NA",
    "None",
    "=1+1",
    "<b>bold</b> &amp; more",
    '"all of it"',
    'ends with "',
    '"begins with',
    "it's",
    "# no comment",
    "-",
]
TABLE: list[Row] = [
    (text, ("pos", "neg")[at % 2], f"{at:05}", at - 2, at / 4, None if at % 3 else "note")
    for at, text in enumerate(TEXTS)
]
PLAIN: list[Row] = [(f"review {at}", *row[1:]) for at, row in enumerate(TABLE)]


def number(value: float, comma: bool = False) -> str:
    return str(value).replace(".", ",") if comma else str(value)


def delimited(
    rows: list[Row],
    delimiter: str = ",",
    end: str = "\n",
    cell: Callable[[Any], str] = str,
    name: Callable[[str], str] = str,
) -> str:
    """Records of cells that are written by `cell`."""
    lines = [[name(each) for each in NAMES], *([cell(value) for value in row] for row in rows)]
    return "".join(delimiter.join(line) + end for line in lines)


def by_csv(rows: list[Row], **options: Any) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, **options)
    writer.writerow(NAMES)
    writer.writerows(rows)
    return file.getvalue()


def by_pandas(rows: list[Row], index: bool = False, **options: Any) -> str:
    text = pd.DataFrame(rows, columns=NAMES).to_csv(index=index, **options)
    assert text is not None
    return text


def quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def in_r(missing: str = "NA", comma: bool = False, escape: str = '""') -> Callable[[Any], str]:
    """R quotes all texts and no numbers. A missing value has no quotation marks."""

    def cell(value: Any) -> str:
        if value is None:
            return missing
        return '"' + value.replace('"', escape) + '"' if isinstance(value, str) else number(value, comma)

    return cell


def where_needed(needed: str, missing: str = "", comma: bool = False) -> Callable[[Any], str]:
    """Quotation marks around cells with one of the characters `needed`."""

    def cell(value: Any) -> str:
        if value is None:
            return missing
        text = value if isinstance(value, str) else number(value, comma)
        return quote(text) if any(each in text for each in needed) else text

    return cell


def r_rows(rows: list[Row], delimiter: str, header: str, cell: Callable[[Any], str], names: bool = True) -> str:
    lines = [header + delimiter.join(quote(name) for name in NAMES)]
    for at, row in enumerate(rows, start=1):
        fields = [cell(value) for value in row]
        lines.append(delimiter.join([f'"{at}"', *fields] if names else fields))
    return "\n".join(lines) + "\n"


def escaped(rows: list[Row], missing: str) -> str:
    """The text format of PostgreSQL's COPY and of MySQL: tabs and backslashes."""
    codes = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}

    def cell(value: Any) -> str:
        return missing if value is None else "".join(codes.get(each, each) for each in str(value))

    return delimited(rows, "\t", cell=cell)


EXCEL = ',"\n\r'
DIALECTS: dict[str, tuple[str, Callable[[list[Row]], str | bytes]]] = {
    "Python, excel": (".csv", lambda rows: by_csv(rows)),
    "Python, excel-tab": (".tsv", lambda rows: by_csv(rows, dialect="excel-tab")),
    "Python, unix": (".csv", lambda rows: by_csv(rows, dialect="unix")),
    "Python, all quoted": (".csv", lambda rows: by_csv(rows, quoting=csv.QUOTE_ALL)),
    "Python, tab, all quoted": (".tsv", lambda rows: by_csv(rows, quoting=csv.QUOTE_ALL, delimiter="\t")),
    "Python, texts quoted": (".csv", lambda rows: by_csv(rows, quoting=csv.QUOTE_NONNUMERIC)),
    "Python, semicolon": (".csv", lambda rows: by_csv(rows, delimiter=";")),
    "Python, vertical bar": (".csv", lambda rows: by_csv(rows, delimiter="|")),
    "Python, tab called csv": (".csv", lambda rows: by_csv(rows, delimiter="\t")),
    "Python, comma called tsv": (".tsv", lambda rows: by_csv(rows)),
    "pandas": (".csv", by_pandas),
    "pandas, tab": (".tsv", lambda rows: by_pandas(rows, sep="\t")),
    "pandas, semicolon, decimal comma": (".csv", lambda rows: by_pandas(rows, sep=";", decimal=",")),
    "pandas, with index": (".csv", lambda rows: by_pandas(rows, index=True)),
    "pandas, all quoted": (".csv", lambda rows: by_pandas(rows, quoting=csv.QUOTE_ALL)),
    "pandas, UTF-8 with mark": (".csv", lambda rows: by_pandas(rows).encode("utf-8-sig")),
    "pandas, UTF-16": (".csv", lambda rows: by_pandas(rows).encode("utf-16")),
    "pandas, backslash": (".csv", lambda rows: by_pandas(rows, doublequote=False, escapechar="\\")),
    "R, write.csv": (".csv", lambda rows: r_rows(rows, ",", '"",', in_r())),
    "R, write.csv, no row names": (".csv", lambda rows: r_rows(rows, ",", "", in_r(), names=False)),
    "R, write.csv2": (".csv", lambda rows: r_rows(rows, ";", '"";', in_r(comma=True))),
    "R, write.table": (".tsv", lambda rows: r_rows(rows, "\t", "", in_r(escape='\\"'))),
    "R, write.table, blank": (".csv", lambda rows: r_rows(rows, " ", "", in_r(escape='\\"'))),
    "R, readr": (".csv", lambda rows: delimited(rows, cell=where_needed(',"\n'))),
    "R, fwrite": (".csv", lambda rows: delimited(rows, cell=where_needed(',"\n\r'))),
    "Excel, US": (".csv", lambda rows: delimited(rows, end="\r\n", cell=where_needed(EXCEL)).encode("cp1252")),
    "Excel, UTF-8": (".csv", lambda rows: delimited(rows, end="\r\n", cell=where_needed(EXCEL)).encode("utf-8-sig")),
    "Excel, German": (
        ".csv",
        lambda rows: delimited(rows, ";", "\r\n", where_needed(';"\n\r', comma=True)).encode("cp1252"),
    ),
    "Excel, German, UTF-8": (
        ".csv",
        lambda rows: delimited(rows, ";", "\r\n", where_needed(';"\n\r', comma=True)).encode("utf-8-sig"),
    ),
    "Excel, Unicode text": (
        ".tsv",
        lambda rows: delimited(rows, "\t", "\r\n", where_needed('\t,"\n\r')).encode("utf-16"),
    ),
    "Excel, text with tabs": (
        ".tsv",
        lambda rows: delimited(rows, "\t", "\r\n", where_needed('\t,"\n\r')).encode("cp1252"),
    ),
    "Excel, Macintosh": (".csv", lambda rows: delimited(rows, ",", "\r", where_needed(EXCEL)).encode("mac_roman")),
    "Excel, sep": (".csv", lambda rows: "sep=|\r\n" + delimited(rows, "|", "\r\n", where_needed('|"\n\r'))),
    "LibreOffice": (".csv", lambda rows: delimited(rows, cell=where_needed(',"\n'))),
    "LibreOffice, texts quoted": (".csv", lambda rows: delimited(rows, cell=in_r(""), name=quote)),
    "LibreOffice, German": (".csv", lambda rows: delimited(rows, ";", cell=where_needed(';"\n', comma=True))),
    "PostgreSQL, CSV": (".csv", lambda rows: delimited(rows, cell=where_needed(',"\n\r'))),
    "PostgreSQL, text": (".tsv", lambda rows: escaped(rows, "\\N")),
    "MySQL, enclosed": (".csv", lambda rows: delimited(rows, cell=in_r("\\N", escape='\\"'), name=quote)),
    "SQLite": (".csv", lambda rows: delimited(rows, end="\r\n", cell=where_needed(",\"\n\r '"))),
    "SQL Server, bcp": (".tsv", lambda rows: delimited(rows, "\t", "\r\n", lambda v: "" if v is None else str(v))),
    "SQL Server, bcp -w": (
        ".tsv",
        lambda rows: delimited(rows, "\t", "\r\n", lambda v: "" if v is None else str(v)).encode("utf-16-le"),
    ),
    "SQL Server, grid": (
        ".csv",
        lambda rows: delimited(rows, end="\r\n", cell=lambda v: "NULL" if v is None else str(v)),
    ),
}

REFUSED = {
    "R, write.table, blank": "the delimiter is the blank",
    "PostgreSQL, text": "COPY",
    "SQL Server, bcp": "line 3 has 7 fields, but line 1 has 6",
    "SQL Server, bcp -w": "line 3 has 7 fields, but line 1 has 6",
    "SQL Server, grid": "quotation mark before `begins with`",
}
"""What the error has to say. Whatever is not here must be read as it was."""


def write_and_read(dialect: str, rows: list[Row]) -> tuple[list[dict[str, Any]], str]:
    """The rows that are read, and the notes."""
    suffix, write = DIALECTS[dialect]
    content = write(rows)
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = read_file(path, notes)
    return found.select_columns([name for name in NAMES if name in found.column_names]).to_list(), " ".join(notes)


def as_dicts(rows: list[Row]) -> list[dict[str, Any]]:
    return [{name: None if value == "" else value for name, value in zip(NAMES, row, strict=True)} for row in rows]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_table_is_read_as_it_was_or_the_dialect_is_named(dialect: str) -> None:
    if dialect in REFUSED:
        with pytest.raises(DataError) as refused:
            write_and_read(dialect, TABLE)
        assert REFUSED[dialect] in str(refused.value)
    else:
        assert write_and_read(dialect, TABLE)[0] == as_dicts(TABLE)


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "R, write.table, blank"])
def test_a_table_without_hard_cells_is_read_in_every_dialect(dialect: str) -> None:
    found, notes = write_and_read(dialect, PLAIN)
    expected = as_dicts(PLAIN)
    if dialect == "SQL Server, grid":
        assert "`NULL` in `remark` (first in line 3) is a text" in notes
        expected = [{**row, "remark": row["remark"] or "NULL"} for row in expected]
    assert found == expected


@pytest.mark.parametrize("dialect", ["pandas, backslash", "R, write.table", "MySQL, enclosed"])
def test_backslashes_are_refused_where_their_meaning_is_not_certain(dialect: str) -> None:
    row = (r"C:\new", *TABLE[0][1:])
    with pytest.raises(DataError, match="backslashes, first in line 2, whose meaning is not certain"):
        write_and_read(dialect, [row, *TABLE])


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["| text | label |", "|------|-------|", "| a    | 1     |"], "line 2 is a line of dashes"),
        (["text,label", "----,-----", "a,1"], "line 2 is a line of dashes"),
        ([" text | label ", "------+-------", " a    | 1     ", "(1 row)"], "line 2 has 1 field, but line 1 has 2"),
    ],
)
def test_tables_for_reading_are_refused(tmp_path: Path, lines: list[str], reason: str) -> None:
    (tmp_path / "a.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match=re.escape(reason)):
        read_file(tmp_path / "a.csv")


HARD = st.text(st.sampled_from('ab"",;\t|\n\\\' \r=#-0äß🙂'), max_size=12)
CELLS = st.one_of(HARD, st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8))
ROWS = st.lists(
    st.tuples(
        CELLS, st.sampled_from(["pos", "neg"]), st.sampled_from(["007", "01234"]), st.integers(-9, 9),
        st.sampled_from([0.5, 1.25, -3.5]), st.none() | st.sampled_from(["note", "x, y", 'a "b"']),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip

UNQUOTED = [name for name in DIALECTS if name.startswith("SQL Server")]
"""Programs that write cells as they are: a cell with a delimiter and a line break is two rows."""

AMBIGUOUS = {*UNQUOTED, "pandas, backslash", "R, write.table", "PostgreSQL, text", "MySQL, enclosed"}
"""Their cells with quotation marks or backslashes may look like those of another dialect. Then a note says so."""


def is_safe(dialect: str, text: str) -> bool:
    """Whether the file of the dialect still has the information of the cell."""
    if dialect in UNQUOTED:
        return not any(each in text for each in "\t\n\r,")
    return "\r" not in text or "all quoted" in dialect  # csv 3.11 writes a carriage return as it is


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(DIALECTS)), ROWS)
@example("pandas, tab", [('"a', "pos", "007", 1, 0.5, None), ('b"', "neg", "007", 1, 0.5, None)])
def test_no_dialect_is_read_as_another_table_in_silence(dialect: str, rows: list[Row]) -> None:
    assume(all(is_safe(dialect, row[0]) for row in rows))
    rows = [("the first text", "pos", "007", 1, 0.5, "note"), *rows, ("the last text", "neg", "007", 1, 0.5, None)]
    try:
        found, notes = write_and_read(dialect, rows)
    except (DataError, UnicodeEncodeError):
        return
    expected = as_dicts(rows)
    # What is no word of any language may be read in another encoding, and \\N as it is in MySQL: both are said.
    if found != expected and "not UTF-8" not in notes and "\\N" not in notes:
        assert dialect in AMBIGUOUS, found
        assert any(word in notes for word in ("quotation marks", "is a text", "backslashes")), found
