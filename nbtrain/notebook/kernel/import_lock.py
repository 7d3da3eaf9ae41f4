"""IMPORT_LOCK: held while a run is prepared or previewed.

A form computes its preview in a thread. If two threads import the same large packages for the first time, one of them
can get a partially initialized module from an import cycle.
"""

from __future__ import annotations

import threading

IMPORT_LOCK = threading.Lock()
