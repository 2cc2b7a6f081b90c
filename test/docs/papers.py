"""Runs the commands of docs/papers.md and looks for the table's figures in what they print: papers.py PAPERS.md ROOT

A figure is a number of parameters, multiply-adds or trained parameters. In brackets behind it may stand what it is of
another: a share (0.07 % of N, and N is of the same output) or a change (−12.5 % of N, and N is of a row before).
"""

import re
import shlex
import subprocess
import sys

FIGURE = re.compile(r"([\d,]+) (parameters|multiply-adds|trained)(?: \((−?)(\d+\.(\d+)) % of ([\d,]+)\))?")
COLUMNS = {"parameters": 0, "multiply-adds": 2}


def number(text):
    return int(text.replace(",", ""))


def printed(command, root):
    """Figures by kind, and what a share is of."""
    words = shlex.split(command)
    result = subprocess.run(words, cwd=root, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command}: {result.stderr}")
    total = re.search(r"^total +([\d,]+) +([\d,]+) +([\d,]+)", result.stdout, re.M).groups()
    figures = {kind: number(total[column]) for kind, column in COLUMNS.items()}
    if counted := re.search(r"^--count matches ([\d,]+) of", result.stdout, re.M):
        figures["trained"] = number(counted[1])
    return figures


def mistakes(ours, figures, earlier):
    found = list(FIGURE.finditer(ours))
    if not found:
        yield "no figure"
    for value, kind, minus, percent, digits, base in (match.groups() for match in found):
        value = number(value)
        if figures.get(kind) != value:
            yield f"{kind}: {value:,}, printed {figures.get(kind)}"
        if base is None:
            continue
        base = number(base)
        if base not in (earlier if minus else [figures["parameters"]]):
            yield f"{base:,} is printed by no command"
        exact = 100 * (1 - value / base if minus else value / base)
        if f"{exact:.{len(digits)}f}" != percent:
            yield f"{value:,} of {base:,} is {exact}, not {percent}"


table, root = open(sys.argv[1], encoding="utf-8").read(), sys.argv[2]
rows = re.findall(r"^\| (.*?) \| .*? ?\| (.*?) \| `(lathe .*?)` \|$", table, re.M)
earlier, wrong = set(), 0
for system, ours, command in rows:
    figures = printed(command, root)
    for mistake in mistakes(ours, figures, earlier):
        print(f"{system}: {mistake}")
        wrong += 1
    earlier.update(figures.values())
print(f"{len(rows)} rows, {wrong} mistakes")
sys.exit(wrong > 0)
