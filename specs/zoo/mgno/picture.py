#!/usr/bin/env python3
"""Draws what the program of mgno.yaml makes of a test field: docs/images/zoo-mgno.png.

    picture.py [--lathe FILE]

Needs numpy and matplotlib.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
SIZE = 128
FIELD = 0


def predict(lathe):
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/mgno"
        subprocess.run([lathe, "compile", FOLDER / "mgno.yaml", "--set", f"size={SIZE}",
                        "--weights", FOLDER / "mgno.safetensors", "-o", program], check=True)
        subprocess.run([program, "--coefficient", FOLDER / f"coefficient_{SIZE}.npy",
                        "--solution", f"{folder}/solution.npy"], check=True)
        return np.load(f"{folder}/solution.npy")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lathe", type=Path, default=ROOT / "build/release/bin/lathe")
    prediction = predict(parser.parse_args().lathe.absolute())[FIELD, 0]
    coefficient = np.load(FOLDER / f"coefficient_{SIZE}.npy")[FIELD, 0]
    solution = np.load(FOLDER / f"solution_{SIZE}.npy")[FIELD, 0].astype(np.float32)
    difference = prediction - solution
    relative = np.linalg.norm(difference) / np.linalg.norm(solution)

    figure, axes = plt.subplots(1, 4, figsize=(10, 2.4), layout="constrained")
    most, limit = solution.max(), abs(difference).max()
    for axis, values, title, colours, low, high in (
            (axes[0], coefficient, "coefficient", "Greys", 0, 15),
            (axes[1], solution, "solution", "viridis", 0, most),
            (axes[2], prediction, "program", "viridis", 0, most),
            (axes[3], difference, f"difference ({100 * relative:.1f} %)", "RdBu", -limit, limit)):
        image = axis.imshow(values, cmap=colours, vmin=low, vmax=high)
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
        if title != "coefficient":
            bar = figure.colorbar(image, ax=axis, shrink=0.75, format="%.3g")
            bar.ax.tick_params(labelsize=7)
    target = ROOT / "docs/images/zoo-mgno.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=100, metadata={"Software": None})
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
