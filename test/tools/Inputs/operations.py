"""Totals what `lathe explain --by-op --json` writes: the multiply-adds, and the same with all other arithmetic of the ops
that are named."""

import json
import sys

ops = json.load(sys.stdin)["ops"]
multiply_adds = sum(op["macs"] for op in ops)
others = sum(op["flops"] - 2 * op["macs"] for op in ops if op["op"] in sys.argv[1:])
print(f"{multiply_adds:,} multiply-adds, {multiply_adds + others:,} operations")
