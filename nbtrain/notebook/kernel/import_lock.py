"""IMPORT_LOCK: held by whoever prepares a run or looks ahead at one.

A form looks ahead in a thread. Two threads that import the same large packages for the first time can meet in the
middle of an import cycle, and one of them is then given half a module.
"""

from __future__ import annotations

import threading

IMPORT_LOCK = threading.Lock()
