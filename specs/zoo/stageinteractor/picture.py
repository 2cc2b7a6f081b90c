#!/usr/bin/env python3
"""Draws what the compiled detector finds on some test images.

    picture.py [--lathe FILE] [-o FILE]

Needs matplotlib, and Pillow, on which that depends. Boxes, labels and scores are the program's; dotted white boxes are the truths.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CLASSES = ("ellipse", "rectangle", "triangle")
COLOURS = ("orange", "cyan", "violet")
SCORE = 0.3
COUNT = 10  # images, the first of the test images


def detect(lathe):
    """Scores, labels and boxes of all test images."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "detector"
        names = ("scores", "labels", "boxes")
        try:
            subprocess.run([lathe, "compile", HERE / "detector.yaml", "--weights",
                            HERE / "cross.safetensors", "-o", program], check=True)
            subprocess.run([program, "detect", "--input", f"image={HERE}/test_images.npy"]
                           + [word for name in names
                              for word in ("--output", f"{name}={folder}/{name}.npy")], check=True)
        except FileNotFoundError:
            sys.exit(f"error: no compiler '{lathe}': name it by --lathe or LATHE")
        except subprocess.CalledProcessError as error:
            sys.exit(f"error: '{error.cmd[0]}' failed; it says why above")
        return [np.load(Path(folder) / f"{name}.npy") for name in names]


def outline(axes, box, **style):
    axes.add_patch(plt.Rectangle(box[:2], box[2] - box[0], box[3] - box[1], fill=False, **style))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lathe", default=os.environ.get("LATHE", "lathe"), help="the compiler")
    parser.add_argument("-o", dest="output", type=Path,
                        default=ROOT / "docs/images/zoo-stageinteractor.png")
    options = parser.parse_args()
    images, truths, kinds = (np.load(HERE / f"test_{name}.npy")
                             for name in ("images", "boxes", "labels"))
    scores, labels, boxes = detect(options.lathe)

    figure, rows = plt.subplots(2, COUNT // 2, dpi=100, figsize=(COUNT, 4.1), layout="constrained")
    for i, axes in enumerate(rows.flat):
        axes.imshow(images[i, 0], cmap="gray", vmin=0, vmax=255, extent=(0, 64, 64, 0),
                    interpolation="nearest")
        axes.set_axis_off()
        for box in truths[i][kinds[i] >= 0]:
            outline(axes, box, color="white", linestyle=":", linewidth=0.8)
        for q in np.flatnonzero(scores[i] >= SCORE):
            colour = COLOURS[labels[i, q]]
            outline(axes, boxes[i, q], color=colour, linewidth=1.3)
            label = axes.text(
                boxes[i, q, 0], max(4, boxes[i, q, 1] - 1),
                f"{CLASSES[labels[i, q]]} {scores[i, q]:.2f}", color=colour, fontsize=6.5,
                bbox={"facecolor": "black", "alpha": 0.7, "pad": 0.6, "linewidth": 0})
            label.set_in_layout(False)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    figure.canvas.draw()
    # Noise compresses badly: few colours keep the file small.
    drawn = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    written = options.output.with_suffix(f".{os.getpid()}.png")
    drawn.quantize(256, Image.Quantize.FASTOCTREE).save(written, optimize=True)
    written.replace(options.output)


if __name__ == "__main__":
    main()
