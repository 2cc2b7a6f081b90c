#!/usr/bin/env python3
"""Trains the four kinds of clutter.yaml and writes what this folder holds.

    train.py [--seed N] [FOLDER]    train, write weights, test data and figures
    train.py --check [FOLDER]       load the weights again and print the figures

Needs PyTorch and scikit-learn. Runs in one thread from fixed seeds, so that the same versions
of the libraries give the same bytes again. With another seed nothing is written: the figures
are printed, which shows how much they owe to chance.
"""

import argparse
import json
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = Path(__file__).resolve().parent
# The data, the attention and the reading and writing of weights are those of specs/digits.
digits = SourceFileLoader("digits_train", str(HERE.parents[1] / "digits/train.py")).load_module()

SEED = 1  # of initial weights, order and canvases
TEST_SEED = 99  # of the canvases of test images
TEST_CANVASES = 3  # of each test image
SIDE, PIECES, PIECE = 16, 6, 4  # of a canvas; of what clutters it
EPOCHS = 30
BATCH = 64
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05
KINDS = ("full", "attention", "removed", "narrow")


def conv_norm_relu6(c_in, c_out, kernel=1, stride=1, groups=1):
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out" if groups == 1 else "fan_in")
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU6())


class Bottleneck(nn.Module):
    """torchvision's inverted residual, with an expansion of 2."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        wide = 2 * c_in
        self.skip = stride == 1 and c_in == c_out
        self.conv = nn.Sequential(
            conv_norm_relu6(c_in, wide), conv_norm_relu6(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, c_out, 1, bias=False), nn.BatchNorm2d(c_out))
        nn.init.kaiming_normal_(self.conv[2].weight, mode="fan_out")

    def forward(self, x):
        return x + self.conv(x) if self.skip else self.conv(x)


class Clutter(nn.Module):
    """The network of clutter.yaml; a module's name is the step's id."""

    def __init__(self, kind):
        super().__init__()
        channels = 27 if kind == "narrow" else 32
        self.features = nn.Sequential(
            conv_norm_relu6(1, 16, 3), Bottleneck(16, channels, 2),
            *[Bottleneck(channels, channels, 1) for _ in range(2 if kind == "removed" else 3)])
        if kind == "attention":
            self.features[3] = digits.SubspaceAttention(channels, 4)
        self.logits = nn.Linear(channels, 10)

    def forward(self, image):
        return self.logits(self.features(image.float()).mean((2, 3)))


def canvases(images, generator):
    """Each image whole at a random place, over pieces of random ones: [n, 1, 16, 16], from 0
    to 16."""
    n = len(images)
    canvas = torch.zeros(n, SIDE, SIDE)
    everyone = torch.arange(n)

    def random(limit):
        return torch.randint(0, limit, (n,), generator=generator)

    def paste(source, size):
        """A window of `size` pixels of the images `source` at random places."""
        window = torch.arange(size)
        rows, columns, to_rows, to_columns = (
            random(limit)[:, None] + window
            for limit in (9 - size, 9 - size, SIDE - size + 1, SIDE - size + 1))
        piece = images[source[:, None, None], 0, rows[:, :, None], columns[:, None]]
        canvas[everyone[:, None, None], to_rows[:, :, None], to_columns[:, None]] = piece

    for _ in range(PIECES):
        paste(random(n), PIECE)
    paste(everyone, 8)
    return (16 * canvas[:, None]).to(torch.int8)


def train(kind, images, labels, seed):
    torch.manual_seed(seed)
    model = Clutter(kind)
    generator = torch.Generator().manual_seed(seed)  # the same canvases for all kinds
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, epochs=EPOCHS, steps_per_epoch=steps)
    start = time.time()
    for epoch in range(EPOCHS):
        made = canvases(images, generator)
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).split(BATCH):
            loss = F.cross_entropy(model(made[batch]), labels[batch],
                                   label_smoothing=LABEL_SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        if epoch % 10 == 9:
            print(f"{kind}, epoch {epoch + 1}: loss {total / len(images):.4f}, "
                  f"{time.time() - start:.0f} s", flush=True)
    return model.eval()


@torch.no_grad()
def accuracy(model, made, labels):
    return (model(made).argmax(1) == labels).double().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    folder = arguments.folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    (images, labels), (test_images, test_labels) = digits.data()
    generator = torch.Generator().manual_seed(TEST_SEED)
    made = torch.cat([canvases(test_images, generator) for _ in range(TEST_CANVASES)])
    made_labels = test_labels.repeat(TEST_CANVASES)

    writes = not arguments.check and arguments.seed == SEED
    figures = {}
    for kind in KINDS:
        file = folder / f"{kind}.safetensors"
        if arguments.check:
            model = Clutter(kind).eval()
            model.load_state_dict(digits.load_safetensors(file), strict=False)
        else:
            model = train(kind, images, labels, arguments.seed)
        figures[kind] = accuracy(model, made, made_labels)
        print(f"{kind}: {figures[kind]:.4f}", flush=True)
        if writes:
            digits.save_safetensors(file, digits.parameters(model))
    print(json.dumps(figures))
    if writes:
        np.save(folder / "test_images.npy", made.numpy())
        np.save(folder / "test_labels.npy", made_labels.numpy().astype(np.int8))
        (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
