#!/usr/bin/env python3
"""Trains the language model of geb.yaml and writes what this folder holds.

    train.py [FOLDER]            train, write weights, test text and figures
    train.py --check [FOLDER]    load the weights again, print the figures

Needs PyTorch and the Debian packages bible-kjv and bible-kjv-text. Runs in one thread from fixed
seeds, so that the same versions of PyTorch and processor give the same bytes again.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import language  # noqa: E402

SEED = 1
STEPS = 3000
RATE = 6e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer, to try the script")
    arguments = parser.parse_args()
    folder = arguments.folder
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)

    text, test = language.bible()
    model = language.Decoder(language.Config())
    if arguments.check:
        model.load_state_dict(language.load_safetensors(folder / "geb.safetensors"))
    else:
        language.train(model, text, arguments.steps, RATE)
        language.save_safetensors(folder / "geb.safetensors", model.state_dict())
        rows = io.BytesIO()
        np.save(rows, language.windows(test))
        language.write_whole(folder / "test.npy", rows.getvalue())
    figures = {"perplexity": language.perplexity(model, test)}
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters,"
          f" perplexity of a byte {figures['perplexity']:.4f}")
    if not arguments.check:
        language.save_figures(folder / "figures.json", figures)


if __name__ == "__main__":
    main()
