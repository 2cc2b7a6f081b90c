"""Whether two arrays agree: compare_npy.py TOLERANCE A.npy B.npy

Prints their shape and how much they differ; fails where that is more than TOLERANCE times the largest magnitude, or where
one of them is constant, which a network's output never is.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from golden_case import read_npy  # noqa: E402

tolerance, first, second = float(sys.argv[1]), *map(read_npy, sys.argv[2:])
assert first.shape == second.shape, (first.shape, second.shape)
assert min(len(set(first.values)), len(set(second.values))) > 1, "constant"
assert all(value == value for value in first.values + second.values), "no number"
worst = max(abs(a - b) for a, b in zip(first.values, second.values))
largest = max(map(abs, first.values))
result = f"{first.shape} differ by {worst:.1e} of {largest:.1e}"
if not worst <= tolerance * largest:
    sys.exit(result)
print(result)
