#!/usr/bin/env python3
"""Writes the tables of docs/zoo.md from what tools/zoo.py found, or compares them.

    zoo_doc.py RESULTS.json            write the tables; RESULTS.json is of `zoo.py --json`
    zoo_doc.py --check RESULTS.json    fail where the document says something else

The tables stand between two comments of the document. To write them, RESULTS.json must have
every model of specs/zoo; to compare, any of them. Figures compare to a hundredth, since another
processor rounds otherwise, sizes of weights to a tenth, since for another one filters may be
transformed that are not for this one; of claims it counts whether they hold, since their texts
tell times, too. Needs nothing but the standard library.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from golden_case import Failure  # noqa: E402
from zoo import ROOT, as_text  # noqa: E402

BEGIN = "<!-- tables: tools/zoo_doc.py writes what follows -->"
END = "<!-- end of tables -->"
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")
SIZE = re.compile(NUMBER.pattern + " kB")
TOLERANCE = 1e-2
SIZE_TOLERANCE = 1e-1
FIGURES = ["| system | figure | program | PyTorch | weights |", "| --- | --- | ---: | ---: | ---: |"]
STORED = ["| system | figure | matrices in | weights | program | numbers off by |",
          "| --- | --- | --- | ---: | ---: | ---: |"]
CLAIMS = ["| system | shown? | what |", "| --- | --- | --- |"]
REMEDY = "run tools/zoo.py --json FILE, then tools/zoo_doc.py FILE"


def cell(text):
    return text.replace("|", "\\|").strip()


def system(result):
    return f"[{cell(result['system'])}](../specs/zoo/{result['model']}/README.md)"


def figure_rows(result):
    for i, figure in enumerate(result["figures"]):
        weights = f"{result['bytes'] / 1e3:.0f} kB" if i == 0 else ""
        value, pytorch = (as_text(figure[key], figure["unit"]) for key in ("value", "pytorch"))
        yield f"| {system(result)} | {cell(figure['what'])} | {value} | {pytorch} | {weights} |"


def stored_rows(result):
    for row in result["stored"]:
        yield (f"| {system(result)} | {cell(row['what'])} | {row['stored']} | {row['bytes'] / 1e3:.0f} kB"
               f" | {as_text(row['value'], row['unit'])} | {row['error']:.1e} |")


def claim_rows(result):
    for claim in result["claims"]:
        yield f"| {system(result)} | {'yes' if claim['holds'] else 'no'} | {cell(claim['text'])} |"


def tables(results):
    """The three tables, as lines; the name of a system stands in the first of its rows alone."""
    lines = []
    for head, rows_of in ((FIGURES, figure_rows), (STORED, stored_rows), (CLAIMS, claim_rows)):
        lines += ["", *head]
        for result in results:
            rows = list(rows_of(result))
            lines += rows[:1] + [row.replace(system(result), "", 1) for row in rows[1:]]
    return [*lines, ""]


def split(text, name):
    """What stands before the tables, the tables, what stands behind."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise Failure(f"{name}: wants the line '{BEGIN}' and, below it, '{END}', once each")
    before, rest = text.split(BEGIN)
    between, after = rest.split(END)
    return before, between, after


def is_same(row, other):
    """Whether two rows differ by nothing but what another run or processor changes."""
    claims = [re.match(r"(yes|no) \|", text) for text in (row, other)]
    if all(claims):
        return claims[0][1] == claims[1][1]
    if NUMBER.split(row) != NUMBER.split(other):
        return False

    def agree(pattern, rows, tolerance):
        found = ([float(NUMBER.match(n)[0].replace(",", "")) for n in pattern.findall(text)] for text in rows)
        return all(abs(a - b) <= tolerance * max(1.0, abs(b)) for a, b in zip(*found))

    rows = (row, other)
    return (agree(SIZE, rows, SIZE_TOLERANCE)
            and agree(NUMBER, [SIZE.sub("", text) for text in rows], TOLERANCE))


def rows_by_system(lines):
    """Rows of all tables, each under the system that the row or one above it names."""
    rows, name = {}, None
    for line in lines:
        if line in FIGURES + STORED + CLAIMS or not line.startswith("|"):
            continue
        first, rest = line[1:].split("|", 1)
        name = first.strip() or name
        rows.setdefault(name, []).append(rest.strip())
    return rows


def compare(results, between, name):
    """Lines on what the document says otherwise."""
    written = rows_by_system(between.split("\n"))
    for key, wanted in rows_by_system(tables(results)).items():
        found = written.get(key, [])
        if not found:
            yield f"{name}: has no rows of {key}: {REMEDY}"
        elif len(found) != len(wanted) or not all(map(is_same, wanted, found)):
            found += [""] * (len(wanted) - len(found))
            missing = [row for row, f in zip(wanted, found) if not is_same(row, f)]
            yield (f"{name}: the rows of {key} are not what its programs show: {REMEDY}"
                   + "".join(f"\n  found now: {row}" for row in missing))


def read_results(path):
    try:
        results = json.loads(path.read_text())
        failed = [result["model"] for result in results if not result["ok"]]
        if not results:
            raise Failure(f"{path}: holds no model")
    except (ValueError, TypeError, KeyError) as error:
        raise Failure(f"{path}: is not what tools/zoo.py --json writes") from error
    if failed:
        raise Failure(f"{path}: {', '.join(failed)} failed: mend it first")
    return results


def run(options):
    results = read_results(options.results)
    before, between, after = split(options.document.read_text(), options.document)
    if options.check:
        mistakes = list(compare(results, between, options.document))
        if mistakes:
            raise Failure("\n".join(mistakes))
        return
    known = {p.parent.name for p in (ROOT / "specs/zoo").glob("*/show.py")}
    absent = known - {result["model"] for result in results}
    if absent:
        raise Failure(f"{options.results}: lacks {', '.join(sorted(absent))}: name no model when "
                      "tools/zoo.py makes it")
    written = options.document.with_suffix(f".md.{os.getpid()}")
    written.write_text(before + "\n".join([BEGIN, *tables(results), END]) + after)
    written.replace(options.document)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=Path, metavar="RESULTS.json")
    parser.add_argument("--document", type=Path, default=ROOT / "docs/zoo.md")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    try:
        run(parser.parse_args())
    except (Failure, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
