"""The data of the tests of `nbtrain.data`."""

from __future__ import annotations

from tests.data.conftest import real_data, reviews, tokenizer

__all__ = ["real_data", "reviews", "tokenizer"]
