"""Names of runs for people: two words for each run ID; a name that the user gave, in a file of the run directory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbtrain.events.run_dir import atomic_write

FILE = "name.txt"
MAX_LENGTH = 60

_ADJECTIVES = (
    "amber able bold brave brief bright brisk calm clear clever cosy crisp curious deep eager early easy fair fast "
    "fine firm fond free fresh gentle glad golden good grand great green happy honest keen kind late light lively "
    "loud lucky merry mild neat new noble open patient plain polite proud quick quiet rapid ready red rich round "
    "sharp silent silver simple small smooth soft solid steady still strong sunny sure sweet swift tall tidy tiny "
    "true warm wide wild wise young"
)
_NOUNS = (
    "apple badger bear beaver bee bell birch bird boat brook cedar cherry cloud comet crane creek crow deer dolphin "
    "dove dragon duck eagle elm ember falcon fern finch fire fish forest fox frog garden goose grape grove hare hawk "
    "hazel heron hill horse island ivy jay kite lake lark leaf lemon lily lion lynx maple meadow mole moon moose "
    "mountain mouse oak ocean olive otter owl panda peach pear pine planet plum pony rabbit rain raven river robin "
    "rose seal snow sparrow star stone stork storm sun swan tiger trout tulip turtle valley walnut whale willow wolf"
)


def two_words(run: str) -> str:
    """The two words that stand for a run ID, always the same: "quiet-otter"."""
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    number = int.from_bytes(hashlib.sha256(run.encode()).digest()[:6], "big")
    return f"{adjectives[number % len(adjectives)]}-{nouns[number // len(adjectives) % len(nouns)]}"


def tidy(name: str) -> str:
    """`name` in one line, truncated."""
    return " ".join(name.split())[:MAX_LENGTH]


def read(directory: Path) -> str:
    """The name that the user gave the run in `directory`; "" if there is none."""
    try:
        return tidy((directory / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""


def write(directory: Path, name: str) -> None:
    """Keep `name` in the run directory.

    Raises:
        OSError: It cannot be written.
    """
    with atomic_write(directory / FILE) as path:
        path.write_text(f"{name}\n", encoding="utf-8")
