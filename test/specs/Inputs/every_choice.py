"""Runs two programs of one spec with every choice that their integer inputs have, and compares all outputs. They have one entry.

usage: every_choice.py PROGRAM OTHER INPUT.npy TOLERANCE [OPTION...]
"""

import itertools
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from golden_case import read_npy  # noqa: E402

program, other, array, tolerance, *options = sys.argv[1:]
entry = json.loads(subprocess.run([program, "--info=json"], check=True, capture_output=True).stdout)["entries"][0]
data = next(i["name"] for i in entry["inputs"] if "range" not in i)
choices = [(i["name"], range(int(i["range"][0]), int(i["range"][1]) + 1)) for i in entry["inputs"] if "range" in i]


def run(name):
    """Every output of every choice, all in one process, so that nothing is left of a wider run."""
    command, files = [name], []
    for number, values in enumerate(itertools.product(*(values for _, values in choices))):
        command += [":"] * (number > 0) + [f"--{data}", array]
        for (choice, _), value in zip(choices, values):
            command += [f"--{choice}", str(value)]
        for output in entry["outputs"]:
            files.append(f"{Path(name).name}-{number}-{output['name']}.npy")
            command += [f"--{output['name']}", files[-1]]
    subprocess.run(command + options, check=True, stdout=subprocess.DEVNULL)
    return [read_npy(file).values for file in files]


first, second = run(program), run(other)
worst = 0
for a, b in zip(first, second, strict=True):
    assert len(a) == len(b) and max(map(abs, b)) > 0
    worst = max(worst, max(abs(x - y) for x, y in zip(a, b)) / max(map(abs, b)))
print(f"{len(first)} outputs, off by {worst:.2g}")
assert worst <= float(tolerance)
