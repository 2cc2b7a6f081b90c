#!/usr/bin/env python3
"""Trains the two networks of same.yaml and writes what this folder holds.

    train.py [--seed N] [FOLDER]    train, write weights, test data and figures
    train.py --check [FOLDER]       load the weights again and print the figures

Needs PyTorch and scikit-learn. Runs in one thread from fixed seeds, so that the same versions
of the libraries give the same bytes again. With another seed nothing is written: the figures
are printed, which shows how much they owe to chance.
"""

import argparse
import json
import time
from collections import OrderedDict
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = Path(__file__).resolve().parent
# The data, the filter and the reading and writing of weights are those of specs/digits.
digits = SourceFileLoader("digits_train", str(HERE.parents[1] / "digits/train.py")).load_module()

SEED = 1  # of initial weights, order and pairs
TEST_SEED = 99  # of the pairs of test images
TEST_PAIRS = 3  # pairs that each test image is the first of
EPOCHS = 40
BATCH = 64
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05
HIDDEN = {"filter": 64, "plain": 73}  # as in same.yaml


class ConvNorm(nn.Module):
    """`conv_norm` of specs/blocks/affnet.yaml."""

    def __init__(self, c_in, c_out, kernel=1, stride=1, groups=1, act=True):
        super().__init__()
        conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
        nn.init.kaiming_normal_(conv.weight, mode="fan_out" if groups == 1 else "fan_in")
        self.block = nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(c_out)))
        self.act = act

    def forward(self, x):
        y = self.block(x)
        return F.silu(y) if self.act else y


class Down(nn.Module):
    """`affnet_inverted_residual` of specs/blocks/affnet.yaml, of stride 2."""

    def __init__(self, c_in, c_out, hidden):
        super().__init__()
        self.block = nn.Sequential(OrderedDict(
            exp_1x1=ConvNorm(c_in, hidden),
            conv_3x3=ConvNorm(hidden, hidden, 3, 2, groups=hidden),
            red_1x1=ConvNorm(hidden, c_out, act=False)))

    def forward(self, x):
        return self.block(x)


class Mixer(nn.Module):
    def __init__(self, channels, hidden, has_filter):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.mlp = nn.Sequential(
            ConvNorm(channels, hidden), ConvNorm(hidden, hidden, 3, groups=hidden),
            ConvNorm(hidden, channels, act=False))
        self.norm2 = nn.BatchNorm2d(channels)
        self.filter = digits.FrequencyFilter(channels, 8) if has_filter else nn.Identity()

    def forward(self, x):
        y = self.norm1(x)
        return x + self.filter(self.norm2(y + self.mlp(y)))


class Same(nn.Module):
    """The network of same.yaml; a module's name is the step's id."""

    def __init__(self, kind):
        super().__init__()
        self.stem = ConvNorm(1, 16, 3)
        self.down = Down(16, 32, 32)
        self.mix = nn.Sequential(*[Mixer(32, HIDDEN[kind], kind == "filter") for _ in range(2)])
        self.norm = nn.BatchNorm2d(32)
        self.logits = nn.Linear(32, 2)

    def forward(self, image):
        x = self.norm(self.mix(self.down(self.stem(image.float()))))
        return self.logits(x.mean((2, 3)))


def pairs(images, labels, generator):
    """Each image with a partner, of its class in half of the pairs, in two quadrants of a
    canvas; and whether the classes agree. Canvases are [n, 1, 16, 16], from 0 to 16."""
    n = len(images)
    is_same = torch.rand(n, generator=generator) < 0.5
    # The partner is the image of the greatest random number among those of the class wanted.
    wanted = (labels[:, None] == labels) == is_same[:, None]
    partner = (torch.rand(n, n, generator=generator) * wanted).argmax(1)
    quadrants = torch.rand(n, 4, generator=generator).argsort(1)
    canvas = torch.zeros(n, 4, 8, 8)
    for place, chosen in enumerate((torch.arange(n), partner)):
        canvas[torch.arange(n), quadrants[:, place]] = images[chosen, 0]
    canvas = canvas.view(n, 2, 2, 8, 8).transpose(2, 3).reshape(n, 1, 16, 16)
    return (16 * canvas).to(torch.int8), is_same.long()


def train(kind, images, labels, seed):
    torch.manual_seed(seed)
    model = Same(kind)
    generator = torch.Generator().manual_seed(seed)  # the same pairs for both networks
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, epochs=EPOCHS, steps_per_epoch=steps)
    start = time.time()
    for epoch in range(EPOCHS):
        canvases, is_same = pairs(images, labels, generator)
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).split(BATCH):
            loss = F.cross_entropy(model(canvases[batch]), is_same[batch],
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
def accuracy(model, canvases, is_same):
    return (model(canvases).argmax(1) == is_same).double().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    folder = arguments.folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    (images, labels), test = digits.data()
    generator = torch.Generator().manual_seed(TEST_SEED)
    made = [pairs(*test, generator) for _ in range(TEST_PAIRS)]
    canvases, is_same = (torch.cat(parts) for parts in zip(*made))

    writes = not arguments.check and arguments.seed == SEED
    figures = {}
    for kind in HIDDEN:
        file = folder / f"{kind}.safetensors"
        if arguments.check:
            model = Same(kind).eval()
            model.load_state_dict(digits.load_safetensors(file), strict=False)
        else:
            model = train(kind, images, labels, arguments.seed)
        figures[kind] = accuracy(model, canvases, is_same)
        if writes:
            digits.save_safetensors(file, digits.parameters(model))
    print(json.dumps(figures))
    if writes:
        np.save(folder / "test_images.npy", canvases.numpy())
        np.save(folder / "test_labels.npy", is_same.numpy().astype(np.int8))
        (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
