"""A loopback server that answers like the Hugging Face Hub, so that tests run as with a network."""

from __future__ import annotations

from tests.hub.glue import glue_repo
from tests.hub.server import Hub

__all__ = ["Hub", "glue_repo"]
