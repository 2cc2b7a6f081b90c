"""rows.py OUT.npy: four rows of 130 numbers: all below zero, two with a NaN, and all but one above zero."""

import pathlib
import subprocess
import sys

rows = [[-9 - i % 7 for i in range(130)], [i % 5 for i in range(130)], [3] * 130, list(range(130))]
rows[1][77] = "nan"
rows[2][129] = "-nan"
arrays = pathlib.Path(__file__).parents[2] / "tools/Inputs/arrays.py"
numbers = ",".join(str(number) for row in rows for number in row)
subprocess.run([sys.executable, arrays, "numbers", "4,130", numbers, sys.argv[1]], check=True)
