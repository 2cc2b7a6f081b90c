"""Compares the snippets of a document with the files that it says they are from.

usage: snippets.py DOCUMENT ROOT

A snippet is an indented block after a paragraph that ends in "From `path`:". A line "…" in it
stands for any lines. Prints a line a snippet; exits with 1 if one is not what its file has.
"""

import re
import sys
import textwrap
from pathlib import Path

SNIPPET = re.compile(r"[Ff]rom\s+`([^`]+)`:\n\n((?:(?:    .*)?\n)+)")


def lines_of(text):
    return [line.rstrip() for line in textwrap.dedent(text).strip("\n").split("\n")]


def find(part, lines, start):
    """The place after `part` in `lines`, which may be indented further there; None if absent."""
    for at in range(start, len(lines) - len(part) + 1):
        if lines_of("\n".join(lines[at : at + len(part)])) == part:
            return at + len(part)
    return None


def check(snippet, file):
    """The first part of the snippet that the file lacks, or None."""
    lines = file.read_text().split("\n")
    place = 0
    for part in re.split(r"^\s*…\s*$", snippet, flags=re.M):
        part = lines_of(part)
        if part == [""]:
            continue
        place = find(part, lines, place)
        if place is None:
            return "\n".join(part)
    return None


def main(document, root):
    found = SNIPPET.findall(Path(document).read_text())
    bad = 0
    for path, snippet in found:
        missing = check(snippet, Path(root) / path)
        print(f"{'differs' if missing else 'same'}: {path}" + (f"\n{missing}" if missing else ""))
        bad += missing is not None
    print(f"{len(found)} snippets, {bad} differ")
    return 1 if bad or not found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
