"""The heap: what a step frees is there for the next one, and is given back in the end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbtrain.engine import malloc

pytestmark = pytest.mark.skipif(not malloc.can_retain(), reason="only glibc can be told")

COUNT = """
import ctypes
import resource
import torch
from nbtrain.engine import malloc as heap

BLOCK = 40 * 2**20
PAGE = resource.getpagesize()
PR_SET_THP_DISABLE = 41  # with huge pages, where some happen to be free, a block is only a few faults

def in_pages():
    return [int(number) for number in open("/proc/self/statm").read().split()]

def address_space():
    return in_pages()[0] * PAGE

def own_memory():
    return (in_pages()[1] - in_pages()[2]) * PAGE  # without code, which comes in when it is first run

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(BLOCK // 4)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def are_gone(usual):
    # not at once: small blocks cut into large ones that are free, until the heap has grown to what both need
    return any(faults() < usual / 100 for _ in range(20))

def is_kept(size):
    before = address_space()
    torch.empty(size, dtype=torch.uint8)  # larger than what may be free within the heap, and never touched
    return address_space() - before > BLOCK

assert ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0
with heap.retain_freed_memory(False):
    usual, few = faults(), own_memory()
    assert usual * PAGE > 8 * BLOCK, "nothing is kept where that is not wanted"
with heap.retain_freed_memory():
    with heap.retain_freed_memory():
        assert are_gone(usual), usual
    assert is_kept(2**30), "the inner one does not end the outer one"
    assert own_memory() - few > 0.9 * BLOCK
assert own_memory() - few < 0.3 * BLOCK, "it was given back"
assert not is_kept(3 * 2**29), "that is over"
"""


@pytest.mark.kernel
def test_freed_memory_is_used_again_and_given_back_in_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
