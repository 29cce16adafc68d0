"""The process's memory in a process of its own: what large arrays took goes back when they are not needed."""

import subprocess
import sys

import pytest

# Arrays of 8 MB between small ones that stay: the first that is freed teaches glibc to keep such memory in its heap,
# where the small ones, which end at different times, hold the large ones' place.
SCRIPT = """
from pathlib import Path
import numpy as np
from geoapp.services.heap import keep_heap_small, return_memory

def memory_mb():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1000

if {is_kept_small}:
    keep_heap_small()
np.ones(3_000_000)  # 24 MB, freed at once
before, small, large = memory_mb(), [], []
for _ in range(40):
    large.append(np.ones(1_000_000))
    small.append(np.ones(1_000))
del large
print(memory_mb() - before)
before = memory_mb()
return_memory()
print(memory_mb() - before)
"""


def growth_mb(*, is_kept_small: bool) -> float:
    """Return what stays of 320 MB of arrays that are not needed any more, beside 0.3 MB that are."""
    code = SCRIPT.format(is_kept_small=is_kept_small)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(run.stdout.split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked")
def test_large_arrays_go_back_to_the_system() -> None:
    assert growth_mb(is_kept_small=False) > 200  # else this would show nothing
    assert growth_mb(is_kept_small=True) < 20
