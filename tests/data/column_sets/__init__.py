"""The columns of well-known data sets, and what is right for each."""

from __future__ import annotations

from tests.data.column_sets.files import FILES
from tests.data.column_sets.hub import HUB
from tests.data.column_sets.known import Asks, Known

__all__ = ["ALL", "Asks", "Known"]

ALL = [*HUB, *FILES]
