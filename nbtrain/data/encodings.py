"""Decode the bytes of a text file. An encoding other than Unicode is accepted only if no other one makes sense, too."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

from nbtrain.data.opened import COMPRESSIONS
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

_ALPHABETS = (
    "äöüßéèàáçñôêëïó",  # German, with the most frequent foreign words
    "àâæçéèêëîïôœùûüÿ",  # French
    "áéíñóúüïçàèò",  # Spanish, Catalan
    "áàâãçéêíóôõúü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "åäöéü",  # Swedish, Finnish
    "æøåéäöü",  # Danish, Norwegian
    "áðéíóúýþæö",  # Icelandic
    "äöüõšž",  # Estonian
    "áéëíïóöúüèêà",  # Dutch
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene
    "ăâîşţșț",  # Romanian
    "çğıİöşüâîû",  # Turkish
    "ąčęėįšųūž",  # Lithuanian
    "āčēģīķļņšūž",  # Latvian
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўђѓјљњћќџѕ",  # Cyrillic
    "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",  # Greek
)
"""The letters that are not ASCII, by language. All such letters of a file must be of one of them."""

_SINGLE_BYTE = (
    "cp1252",
    "iso8859_15",
    "cp1250",
    "iso8859_2",
    "cp1254",
    "cp1257",
    "mac_roman",
    "cp850",
    "cp437",
    "cp852",
    "cp1251",
    "koi8_r",
    "cp866",
    "iso8859_5",
    "cp1253",
    "iso8859_7",
)
_MULTI_BYTE = ("cp932", "gb18030", "big5", "euc_kr", "euc_jp")

MIN_WORDS = 3
"""Fewer different words with letters that are not ASCII are no evidence for an encoding."""

_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_APOSTROPHES = "’´‘–—…·\xad"
_SYMBOLS = _APOSTROPHES + "\xa0¡¿§©®°²³½«»‹›‚“”„•€£™×"


class Decoded(NamedTuple):
    """The text of a file, and the encoding it was decoded with, as Python names it."""

    text: str
    encoding: str


def decode(content: bytes, path: Path, notes: list[str]) -> Decoded:
    """The text of a file: UTF-8, UTF-16 or UTF-32, or another encoding if that is certain.

    Args:
        content: All bytes.
        path: The file, for messages.
        notes: Receives a note about an encoding other than UTF-8.

    Raises:
        DataError: The encoding is not certain (the message has those that it may be), or the text has NUL characters.
    """
    found = _decode(content, path, notes)
    if (at := found.text.find("\0")) >= 0:
        line = found.text.count("\n", 0, at) + 1
        msg = f"line {line} has a NUL character: the file is damaged, or it is not a text file."
        raise DataError(msg)
    return found


def _decode(content: bytes, path: Path, notes: list[str]) -> Decoded:
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), _utf16(content) or "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as problem:
        if encoding != "utf-8":
            msg = f"its text is not {encoding.upper()}, although it begins so (byte {problem.start})."
            raise DataError(msg) from problem
        return _other(content, problem.start, path, notes)
    if not encoding.startswith("utf-8"):
        notes.append(f"the encoding is {encoding.upper()}")
    return Decoded(text, encoding)


def _utf16(content: bytes) -> str | None:
    """UTF-16 without a byte order mark, if it is that: every second byte of ASCII characters is 0."""
    if b"\0" not in content:
        return None
    encoding = "utf-16-be" if content[::2].count(0) else "utf-16-le"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return encoding if "\n" in text and "\0" not in text else None


def _other(content: bytes, start: int, path: Path, notes: list[str]) -> Decoded:
    """The text in the only encoding in which its words make sense."""
    words = list(dict.fromkeys(_WORD.findall(content)))
    readings: dict[tuple[str, ...], str] = {}
    for encoding in _SINGLE_BYTE:
        try:
            decoded = tuple(word.decode(encoding) for word in words)
        except UnicodeDecodeError:
            continue
        if _makes_sense(decoded):
            readings.setdefault(decoded, encoding)
    line = content.count(b"\n", 0, start) + 1
    if len(readings) == 1 and len(words) >= MIN_WORDS:
        ((decoded, encoding),) = readings.items()
        notes.append(f'the encoding is {encoding}, not UTF-8 (line {line}: "{decoded[0]}")')
        return Decoded(content.decode(encoding), encoding)
    raise DataError(_not_certain(content, readings, line, content[start], path))


def _makes_sense(words: tuple[str, ...]) -> bool:
    letters = {letter.lower() for word in words for letter in word if letter.isalpha() and not letter.isascii()}
    return any(letters <= set(alphabet) for alphabet in _ALPHABETS) and all(map(_is_word, words))


def _is_word(word: str) -> bool:
    """Whether the characters of `word` may follow each other: "f¸r" and "cafÈ" are no words."""
    if not all(each.isascii() or each.isalpha() or each in _SYMBOLS for each in word):
        return False
    for before, each, after in zip(f" {word}", word, f"{word} "[1:], strict=False):
        if not each.isalpha() and each not in _APOSTROPHES and before.isalpha() and after.isalpha():
            return False
        if before.islower() and each.isupper() and not (before.isascii() and each.isascii()):
            return False
        if before.isalpha() and each.isalpha() and _is_latin(before) != _is_latin(each):
            return False
    return True


def _is_latin(letter: str) -> bool:
    return letter < "\u0370"  # where Greek and Cyrillic begin


def _not_certain(content: bytes, readings: dict[tuple[str, ...], str], line: int, byte: int, path: Path) -> str:
    head = f"it is not UTF-8: line {line} has the byte 0x{byte:02X}"
    decoded = list(readings)
    possible = list(readings.values()) or [name for name in _MULTI_BYTE if _can_decode(content, name)]
    if len(decoded) > 1:
        at = next(at for at in range(len(decoded[0])) if decoded[0][at] != decoded[1][at])
        seen = ", ".join(f'{readings[words]} ("{words[at]}")' for words in decoded[:3])
        head += f", and several encodings are possible: {seen}"
    elif possible:
        head += f". It may be {' or '.join(possible[:3])}"
    if not possible or path.suffix.lower() in COMPRESSIONS:
        return f"{head}.\n    Save the file with the encoding UTF-8."
    target = path.with_name(f"{path.stem}-utf8{path.suffix}")
    write = f"open({str(target)!r}, 'w', encoding='utf-8', newline='')"
    read = f"open({str(path)!r}, encoding={possible[0]!r}, newline='')"
    return f"{head}.\n    Save it as UTF-8; if it is {possible[0]}: {write}.write({read}.read())"


def _can_decode(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
