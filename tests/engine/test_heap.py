"""The heap: what a step frees is there for the next one, and is given back in the end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbtrain.engine import heap

pytestmark = pytest.mark.skipif(not heap.can_keep(), reason="only glibc can be told")

COUNT = """
import resource
import torch
from nbtrain.engine import heap

def page_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def resident():
    return int(open("/proc/self/statm").read().split()[1])

def work():
    torch.ones(40 * 2**20 // 4)

def faults():
    work()
    before = page_faults()
    for _ in range(10):
        work()
    return page_faults() - before

few = resident()
usual = faults()
with heap.kept():
    with heap.kept():
        faults()  # the heap grows to what is needed
        assert faults() < usual / 100, usual
    assert faults() < usual / 100, "the inner one does not end the outer one"
    assert resident() - few > 9000
assert resident() - few < 3000, "it was given back"
with heap.kept(False):
    assert faults() > usual / 2
"""


def test_freed_memory_is_used_again_and_given_back_in_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
