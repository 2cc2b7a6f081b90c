#!/usr/bin/env python3
"""Draws docs/images/zoo-ulsam.png: the attention maps of a few test images over these. Needs
matplotlib.

    picture.py [--lathe FILE]

The program's entry `look` gives what goes into the attention and what comes out. A channel
comes out multiplied by 1 + the map of its subspace, which this finds from the two.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))
from zoo import Zoo  # noqa: E402

IMAGES, SUBSPACES = 6, 4


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lathe", default=ROOT / "build/release/bin/lathe", type=Path)
    lathe = parser.parse_args().lathe.absolute()
    folder = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as built:
        zoo = Zoo(folder, Path(built), lathe)
        program = zoo.compile("clutter.yaml", "attention.safetensors")
        found = program.run(["before", "after"], entry="look", image=zoo.path("test_images.npy"))
    before, after = (np.array(found[name].values).reshape(found[name].shape)[:IMAGES]
                     .reshape(IMAGES, SUBSPACES, -1, 8, 8) for name in ("before", "after"))
    # The least squares solution of after - before = map * before over a subspace's channels.
    maps = ((after - before) * before).sum(2) / (before ** 2).sum(2)
    images = np.load(folder / "test_images.npy")[:IMAGES, 0]

    figure, axes = plt.subplots(SUBSPACES + 1, IMAGES, figsize=(IMAGES * 1.3, 6.5),
                                layout="constrained")
    for i in range(IMAGES):
        for row in range(SUBSPACES + 1):
            axis = axes[row, i]
            axis.imshow(images[i], cmap="gray_r", extent=(0, 16, 16, 0))
            if row:
                axis.imshow(maps[i, row - 1], cmap="Reds", extent=(0, 16, 16, 0), alpha=0.65,
                            vmin=0, vmax=maps[i, row - 1].max())
            axis.set_xticks([])
            axis.set_yticks([])
            if i == 0:
                axis.set_ylabel(f"subspace {row - 1}" if row else "image", fontsize=8)
    target = ROOT / "docs/images/zoo-ulsam.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    written = target.with_suffix(".part.png")
    figure.savefig(written, dpi=110)
    written.replace(target)


if __name__ == "__main__":
    main()
