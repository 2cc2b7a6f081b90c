"""Runs two programs of specs/mtl at all combinations of widths, each in one process, and compares them.

usage: all_widths.py PROGRAM OTHER IMAGE.npy WIDTHS TASKS TOLERANCE
"""

import itertools
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from golden_case import read_npy  # noqa: E402


def outputs(program, image, combinations, tasks):
    command, files = [program], []
    for number, widths in enumerate(combinations):
        command += [":"] * (number > 0) + ["main", "--image", image, "--encoder_width", str(widths[0])]
        for task in range(tasks):
            files.append(f"{Path(program).name}-{number}-{task}.npy")
            command += [f"--decoder_width{task}", str(widths[1 + task]), f"--task{task}", files[-1]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return [read_npy(file).values for file in files]


program, other, image, widths, tasks, tolerance = sys.argv[1:]
combinations = list(itertools.product(range(int(widths)), repeat=1 + int(tasks)))
first = outputs(program, image, combinations, int(tasks))
second = outputs(other, image, combinations, int(tasks))
worst = 0
for a, b in zip(first, second):
    assert len(a) == len(b)
    worst = max(worst, max(abs(x - y) for x, y in zip(a, b)) / max(map(abs, b)))
# A task's output depends on the encoder's width and its own decoder's.
assert len(set(first)) == int(tasks) * int(widths) ** 2, "widths that change nothing"
print(f"{len(combinations)} combinations, off by {worst:.2g}")
assert worst <= float(tolerance)
