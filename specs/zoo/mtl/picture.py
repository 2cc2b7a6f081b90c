#!/usr/bin/env python3
"""Draws docs/images/zoo-mtl.png: what the tasks reach at each combination of widths, against
its FLOPs. Needs matplotlib.

    picture.py [--lathe FILE]
"""

import argparse
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))
from zoo import Zoo, load  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lathe", default=ROOT / "build/release/bin/lathe", type=Path)
    lathe = parser.parse_args().lathe.absolute()
    folder = Path(__file__).resolve().parent
    shown = load(folder)
    with tempfile.TemporaryDirectory() as built:
        zoo = Zoo(folder, Path(built), lathe)
        program = zoo.compile("mtl.yaml", "mtl.safetensors")
        table = shown.sweep(zoo, program)
    cost = {widths: shown.flops(lathe, folder / "mtl.yaml", widths) for widths in table}

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for which, axis in enumerate(axes):
        for width in range(4):
            points = [w for w in table if w[1 + which] == width]
            axis.scatter([cost[w] / 1e6 for w in points], [
                table[w][1] if which else 100 * table[w][0] for w in points], s=18,
                color=plt.cm.viridis(width / 3.4), label=f"{width + 1}/4")
        axis.set_xlabel("million FLOPs an image")
        axis.set_ylabel("error of denoising" if which else "digits right, %")
        axis.legend(title=f"width of decoder {which}")
    target = ROOT / "docs/images/zoo-mtl.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    written = target.with_suffix(".part.png")
    figure.savefig(written, dpi=110)
    written.replace(target)


if __name__ == "__main__":
    main()
