"""Memory that a step frees is reused by the next one, and returned at the end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbtrain.engine import malloc

pytestmark = pytest.mark.skipif(not malloc.can_retain(), reason="only for glibc")

COUNT = """
import ctypes
import resource
import torch
from nbtrain.engine import malloc

BLOCK = 40 * 2**20
PAGE = resource.getpagesize()
PR_SET_THP_DISABLE = 41  # with huge pages a block may be only a few faults

def in_pages():
    return [int(number) for number in open("/proc/self/statm").read().split()]

def address_space():
    return in_pages()[0] * PAGE

def own_memory():
    return (in_pages()[1] - in_pages()[2]) * PAGE  # without code, which is loaded when it first runs

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(BLOCK // 4)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def are_gone(usual):
    # not at once: small blocks split large free ones, until the heap is large enough for both
    return any(faults() < usual / 100 for _ in range(20))

def is_retained(size):
    before = address_space()
    torch.empty(size, dtype=torch.uint8)  # larger than any free block of the heap, and never touched
    return address_space() - before > BLOCK

assert ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0
with malloc.retain_freed_memory(False):
    usual, few = faults(), own_memory()
    assert usual * PAGE > 8 * BLOCK, "nothing is retained if it is disabled"
with malloc.retain_freed_memory():
    with malloc.retain_freed_memory():
        assert are_gone(usual), usual
    assert is_retained(2**30), "the inner context does not end the outer one"
    assert own_memory() - few > 0.9 * BLOCK
assert own_memory() - few < 0.3 * BLOCK, "it was returned"
assert not is_retained(3 * 2**29), "it is not active any more"
"""


@pytest.mark.kernel
def test_freed_memory_is_reused_and_returned_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
