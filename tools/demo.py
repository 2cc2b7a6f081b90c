#!/usr/bin/env python3
"""Shows what the digits program found: `demo.py specs/digits LOGITS.npy`.

Prints the accuracy and how far the logits are from those that PyTorch computed, and some of
the images with their labels. Fails where the program is worse than specs/digits/README.md
promises. Needs nothing but Python's standard library.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
from golden import read_npy  # noqa: E402

LEAST_ACCURACY = 0.97
LARGEST_DIFFERENCE = 1e-4
SHADES = " ░▒▓█"
SHOWN = 6  # images of a row


def rows(tensor):
    """The values of a tensor, by its first dimension."""
    size = len(tensor.values) // tensor.shape[0]
    return [tensor.values[i : i + size] for i in range(0, len(tensor.values), size)]


def block_art(pixels, side=8):
    """The lines of an image: each pixel is a character, twice for the terminal's proportions."""
    shades = [SHADES[round(max(0.0, min(1.0, p)) * (len(SHADES) - 1))] * 2 for p in pixels]
    return ["".join(shades[i : i + side]) for i in range(0, side * side, side)]


def show(images, found, labels, chosen):
    arts = [block_art(images[i]) for i in chosen]
    print()
    for line in zip(*arts):
        print("  ".join(line).rstrip())
    texts = [f"{found[i]}" + ("" if found[i] == labels[i] else f" (is a {labels[i]})")
             for i in chosen]
    print("  ".join(f"{text:^16}" for text in texts).rstrip())


def main(folder, logits_path):
    folder = Path(folder)
    images = rows(read_npy(folder / "test_images.npy"))
    labels = read_npy(folder / "test_labels.npy").values
    logits, wanted = read_npy(logits_path), read_npy(folder / "test_logits.npy")
    found = [row.index(max(row)) for row in rows(logits)]
    right = sum(f == l for f, l in zip(found, labels))
    difference = max(abs(a - b) for a, b in zip(logits.values, wanted.values, strict=True))

    print(f"accuracy: {right} of {len(labels)} right, {right / len(labels):.2%}")
    print(f"largest difference to PyTorch's logits: {difference:.1e}")
    show(images, found, labels, range(SHOWN))
    wrong = [i for i in range(len(labels)) if found[i] != labels[i]]
    if wrong:
        show(images, found, labels, wrong[:SHOWN])
    if right < LEAST_ACCURACY * len(labels) or not difference <= LARGEST_DIFFERENCE:
        print(f"demo: wanted at least {LEAST_ACCURACY:.0%} and at most {LARGEST_DIFFERENCE:.0e}",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
