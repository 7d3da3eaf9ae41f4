"""Text files with something unusual: it is read right and said, or refused with the line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from nbtrain.data.files import csv_options, read_file
from nbtrain.data.source import Source
from nbtrain.errors import DataError
from nbtrain.preprocessing.dataset import read

if TYPE_CHECKING:
    from pathlib import Path


def read_text(folder: Path, content: str | bytes, name: str = "a.csv") -> tuple[dict[str, list[object]], str]:
    """The columns and the notes."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    notes: list[str] = []
    return read_file(path, notes).to_dict(), " ".join(notes)


def refused(folder: Path, content: str | bytes, name: str = "a.csv") -> str:
    with pytest.raises(DataError) as error:
        read_text(folder, content, name)
    message = str(error.value)
    assert message.startswith(f"{folder / name} cannot be read: ")
    return message


def test_quotation_marks_in_tsv_are_text(tmp_path: Path) -> None:
    """As in GLUE: a mark that begins a cell and is not closed does not merge rows."""
    texts = [('"' if at in (5, 17) else "") + f"a warm, funny film {at}" for at in range(40)]
    content = "sentence\tlabel\n" + "".join(f"{text}\t{at % 2}\n" for at, text in enumerate(texts))
    columns, notes = read_text(tmp_path, content, "a.tsv")
    assert columns == {"sentence": texts, "label": [0, 1] * 20}
    assert "quotation marks are text (first in line 7)" in notes


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        (['"so ""good"""\t1', "b\t0"], ['so "good"', "b"]),  # two marks are one only if they enclose
        (['"a\nb"\t1', "c\t0"], ["a\nb", "c"]),
        (['"a\tb"\t1', "c\t0"], ["a\tb", "c"]),
        (['"a, b"\t1', "c\t0"], ["a, b", "c"]),  # Excel encloses every cell with a comma, and no other
        (['"a, b"\t1', "c, d\t0"], ['"a, b"', "c, d"]),
        (['"a"\t1', "b\t0"], ['"a"', "b"]),
        (['"a" b\t1', "c\t0"], ['"a" b', "c"]),
    ],
)
def test_quotation_marks_in_tsv_by_evidence(tmp_path: Path, rows: list[str], texts: list[str]) -> None:
    assert read_text(tmp_path, "\n".join(["text\tlabel", *rows]), "a.tsv")[0]["text"] == texts


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.tsv", "\t")])
def test_a_quotation_mark_with_two_meanings_is_refused(tmp_path: Path, name: str, mark: str) -> None:
    content = 'text,label\na,1\n"it is good,1\nso it is",0\nb,1\n'.replace(",", mark)
    message = refused(tmp_path, content, name)
    assert "in line 3 may begin a cell that goes on in line 4" in message
    assert f"sep={mark!r}, quoting=3" in message


def test_quotation_marks_that_enclose_a_part_are_text(tmp_path: Path) -> None:
    columns, notes = read_text(tmp_path, 'text,label\n"great" film,1\nan 8" disk,0\n')
    assert columns["text"] == ['"great" film', 'an 8" disk']
    assert "quotation marks are text (first in line 2)" in notes
    columns, _ = read_text(tmp_path, 'text,label\n"a, b",1\nan 8" disk,0\n')
    assert columns["text"] == ["a, b", 'an 8" disk']


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('text,label\na,1\n"b, c,0\nd,1\n', "line 3: the quotation mark before `b` begins a cell"),
        ('text,label\n"a\nb",1\nc\n', "line 4 has 1 field, but line 1 has 2"),
        ("text,label\na,1\nb\n", "line 3 has 1 field, but line 1 has 2"),
        ("text,label,id\na,1\nb,0\n", "line 2 has 2 fields, but line 1 has 3"),
        ("text,label\n\na,1\nb, c,0\n", "line 4 has 3 fields, but line 1 has 2"),
        ("text\nhello,1\nbye,0\n", "line 1 has 1 name, but the rows have 2 fields"),
        ("text,label\na,b,1\nc,d,0\n", "line 1 has 2 names, but the rows have 3 fields"),
        ("text,label\na,1\ntext,label\nb,0\n", "line 3 has the names of the columns again"),
        ("0,good film\n1,bad film\n0,a film\n", "line 1 seems to be a row"),
        ("text,label,text\na,1,b\n", "line 1 has the column name `text` twice"),
        ("text, text\na,1\n", "line 1 has the column name `text` twice"),
        ("text,label\na\0b,1\n", "line 2 has a NUL character"),
        ("text;a,label\nx;y,1\n", "the delimiter may be the comma or the semicolon"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_line(tmp_path: Path, content: str, reason: str) -> None:
    assert reason in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "expected", "note"),
    [
        ("text;label\na, b;1\n", {"text": ["a, b"], "label": [1]}, "the delimiter is the semicolon"),
        ("text\tlabel\na, b\t1\n", {"text": ["a, b"], "label": [1]}, "the delimiter is the tab"),
        ("text|label\na, b|1\n", {"text": ["a, b"], "label": [1]}, "the delimiter is the vertical bar"),
        ("text,label,\na,1,\n", {"text": ["a"], "label": [1]}, "1 empty column without a name left out"),
        ("text,label\na,1,\nb,0,\n", {"text": ["a", "b"], "label": [1, 0]}, "ends with a delimiter"),
        ("text,label\n1,a,1\n2,b,0\n", {"text": ["a", "b"], "label": [1, 0]}, "the numbers of the rows"),
        (",text\n5,a\n7,b\n", {"Unnamed: 0": [5, 7], "text": ["a", "b"]}, "without a name, called `Unnamed: 0`"),
        ("text, label \na, 1\n", {"text": ["a"], "label": [1]}, "blanks around `label` in line 1"),
        ("text, label\na, x\nb, y\n", {"text": ["a", "b"], "label": ["x", "y"]}, "blanks around `label`"),
        (
            "text,label\na,1\n,\nb,0\n,\n",
            {"text": ["a", "b"], "label": [1, 0]},
            "2 empty rows left out, the first in line 3",
        ),
        ("text,label\ra,1\rb,0\r", {"text": ["a", "b"], "label": [1, 0]}, ""),
        ("\n\ntext,label\n\na,1\n", {"text": ["a"], "label": [1]}, ""),
        ("text,zip\na,007\nb,123\n", {"text": ["a", "b"], "zip": ["007", "123"]}, "`zip` is read as text"),
        ("text,phone\na,123\nb,+49\n", {"text": ["a", "b"], "phone": ["123", "+49"]}, "of `+49` (line 3)"),
        ("text;score\na;0,5\nb;1\n", {"text": ["a", "b"], "score": [0.5, 1.0]}, "`score` has decimal commas"),
        ("text\tscore\na\t0,5\n", {"text": ["a"], "score": ["0,5"]}, "its cells are like `0,5`"),
        (
            "text,n\na,1\nb,NA\n",
            {"text": ["a", "b"], "n": [1, None]},
            "`NA` in `n` (first in line 3) is a missing value",
        ),
        ("text,n\na,x\nb,NA\n", {"text": ["a", "b"], "n": ["x", "NA"]}, "is a text, not a missing value"),
        ("text,n\na,1.5\nb,-inf\n", {"text": ["a", "b"], "n": [1.5, float("-inf")]}, ""),
        ("text,n\na,TRUE\nb,\nc,FALSE\n", {"text": ["a", "b", "c"], "n": [True, None, False]}, ""),
        (f"text,n\na,1\nb,{2**64}\n", {"text": ["a", "b"], "n": ["1", str(2**64)]}, f"`{2**64}` (line 3)"),
        ("text,n\na,\nb,\n", {"text": ["a", "b"], "n": [None, None]}, ""),
        ("text,label\r\na,1\r\nb,0\nc,1\nd,1\n", {"text": list("abcd"), "label": [1, 0, 1, 1]}, "CR LF"),
        ("text,label\n", {"text": [], "label": []}, ""),
        ("0,1\na,0\nb,1\n", {"0": ["a", "b"], "1": [0, 1]}, ""),  # what pandas calls columns without names
    ],
)
def test_what_is_unusual_is_read_and_said(
    tmp_path: Path, content: str, expected: dict[str, list[object]], note: str
) -> None:
    columns, notes = read_text(tmp_path, content)
    assert columns == expected
    assert note in notes and bool(note) == bool(notes), notes


@pytest.mark.parametrize(
    ("above", "note"),
    [
        ("Report of 2024\n\n", "line 1 is above the header, which is line 3"),
        ("Report;;\n;;\n", "lines 1 to 2 are above the header, which is line 3"),
        ("# exported\n# by us\n", "lines 1 to 2 are above the header, which is line 3"),
        ("Report\n", "line 1 is above the header, which is line 2"),  # `score` has numbers only
    ],
)
def test_titles_above_the_header_are_left_out(tmp_path: Path, above: str, note: str) -> None:
    columns, notes = read_text(tmp_path, above + "text;label;score\na;x;1\nb;y;0\n")
    assert columns == {"text": ["a", "b"], "label": ["x", "y"], "score": [1, 0]}
    assert note in notes


def test_a_title_that_may_be_a_header_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "Report\ntext,label\na,x\nb,y\n")
    assert "If line 1 is a title, remove it" in message


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Straße, für alle schön", "cp1252"),
        ("Straße, für alle schön", "mac_roman"),
        ("für alle ältere Größe", "cp850"),
        ("été, très, à, forêt, où, ça", "cp1252"),
        ("mañana, niño, después, así", "iso8859_1"),
        ("został, są, książka, być, więcej, śnieg", "cp1250"),
        ("Привет, меня зовут Юрий, как дела", "cp1251"),
    ],
)
def test_another_encoding_is_read_where_it_is_certain(tmp_path: Path, text: str, encoding: str) -> None:
    columns, notes = read_text(tmp_path, f'text,label\nplain,0\n"{text}",1\n'.encode(encoding))
    assert columns["text"] == ["plain", text]
    assert "not UTF-8 (line 3: " in notes


def test_another_encoding_is_refused_where_it_is_not_certain(tmp_path: Path) -> None:
    message = refused(tmp_path, "text,label\nplain,0\nvoilà,1\n".encode("cp1252"))
    assert "line 3 has the byte 0xE0" in message
    assert 'cp1252 ("voilà")' in message and 'cp1250 ("voilŕ")' in message
    fix = message.splitlines()[-1].partition("if it is cp1252: ")[2]
    exec(fix)
    assert read_file(tmp_path / "a-utf8.csv")["text"][:] == ["plain", "voilà"]
    message = refused(tmp_path, "text,label\nplain,0\nStraße,1\n".encode("cp1252"))
    assert "It may be cp1252" in message  # one word is no evidence
    assert "gb18030" in refused(tmp_path, "text,label\n你好,1\n".encode("gb18030"))
    assert "line 3" in refused(tmp_path, "text,label\nö,0\n".encode() + b"a\xffb,1\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.tsv", "a.jsonl"])
def test_unicode_with_and_without_a_mark(tmp_path: Path, encoding: str, name: str) -> None:
    content = "text\tlabel\nö🙂\t1\n" if name == "a.tsv" else '{"text": "ö🙂", "label": 1}\n'
    columns, notes = read_text(tmp_path, content.encode(encoding), name)
    assert columns == {"text": ["ö🙂"], "label": [1]}
    assert ("UTF-16" in notes) == ("utf-16" in encoding)


def test_notes_of_files_are_notes_of_the_run(tmp_path: Path) -> None:
    rows = "".join(f"text {at};{at % 2}\n" for at in range(40))
    (tmp_path / "train.csv").write_text("text;label\n" + rows)
    assert "train.csv: the delimiter is the semicolon." in read(Source(str(tmp_path))).notes
    assert "train.csv: the delimiter is the semicolon." in read(Source(str(tmp_path / "train.csv"))).notes


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("text,label\na,1\n", "a.csv"),
        ('text\tlabel\n"a\t1\nb\t0\n', "a.tsv"),
        ("Report\n\ntext;label\nStraße Größe über;1\nschön;0\n".encode("cp1252"), "a.csv"),
        ("text\tlabel\nö\t1\n".encode("utf-16"), "a.tsv"),
        ('text,label\n"a \\"b\\", c",1\n', "a.csv"),
    ],
)
def test_pandas_reads_the_same_with_the_options(tmp_path: Path, content: str | bytes, name: str) -> None:
    """Exported scripts read files with them."""
    columns, _ = read_text(tmp_path, content, name)
    frame = pd.read_csv(tmp_path / name, **csv_options(tmp_path / name))
    assert frame.to_dict("list") == columns


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("text;a,label\nx;y,1\n", {"text;a": ["x;y"], "label": [1]}),
        ('text,label\n"x,1\ny",0\n', {"text": ['"x', 'y"'], "label": [1, 0]}),
        ('"text" "label"\n"a b" 1\n', {"text": ["a b"], "label": [1]}),
    ],
)
def test_the_proposed_fix_reads_the_file(tmp_path: Path, content: str, columns: dict[str, list[object]]) -> None:
    fix = refused(tmp_path, content).partition('pass "$df": ')[2]
    variables: dict[str, pd.DataFrame] = {}
    exec(fix, variables)
    assert variables["df"].to_dict("list") == columns


@pytest.mark.timing
def test_a_million_rows_are_read_in_seconds(tmp_path: Path) -> None:
    row = '"a review with ""marks"", and commas, of about a hundred characters, as they are in the data sets",{},{}\n'
    content = "text,label,id\n" + "".join(row.format(at % 2, at) for at in range(1_000_000))
    path = tmp_path / "a.csv"
    path.write_text(content)
    start = time.perf_counter()
    assert len(read_file(path)) == 1_000_000
    assert time.perf_counter() - start < 30
