#!/usr/bin/env python3
"""Trains the network of mtl.yaml at all its widths and writes what this folder holds.

    train.py [--seed N] [FOLDER]    train, write weights, test data and figures
    train.py --check [FOLDER]       load the weights again and print the figures

Needs PyTorch and scikit-learn. Runs in one thread from fixed seeds, so that the same versions
of the libraries give the same bytes again. With another seed nothing is written.
"""

import argparse
import itertools
import json
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = Path(__file__).resolve().parent
# The data and the reading and writing of weights are those of specs/digits.
digits = SourceFileLoader("digits_train", str(HERE.parents[1] / "digits/train.py")).load_module()

SEED = 1  # of initial weights, order, canvases and the widths of each step
TEST_SEED = 99  # of the canvases of test images
TEST_CANVASES = 2  # of each test image
NOISE = 3.0  # standard deviation, in grey values
WIDTHS = (0.25, 0.5, 0.75, 1.0)
CHANNELS, DECODER_CHANNELS = 12, 24
FULL = (3, 3, 3)  # numbers of widths: the encoder's, then the decoders'
EPOCHS = 54
FROZEN_EPOCHS = 18  # at the end, with the norms' statistics as they are
BATCH = 64
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.01
CLEAN_WEIGHT = 20.0  # of the mean square error of the second task
DISTILLATION_WEIGHT = 1.0


class Slim(nn.Module):
    """`slim` of a spec: the first channels of a convolution, a batch norm a width."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(c_out, c_in, 3, 3))
        nn.init.kaiming_normal_(self.weight, mode="fan_out")
        self.norm = nn.ModuleList(nn.BatchNorm2d(int(c_out * w)) for w in WIDTHS)
        self.stride = stride

    def forward(self, x, width):
        norm = self.norm[width]
        return norm(F.conv2d(x, self.weight[:norm.num_features, :x.shape[1]], None,
                             self.stride, 1))


class Convolution(nn.Module):
    """`slimmable_convolution` of specs/blocks/slimmable.yaml."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.conv = Slim(c_in, c_out, stride)

    def forward(self, x, width):
        return F.relu(self.conv(x, width))


class Decoder(nn.Module):
    """`slimmable_decoder`."""

    def __init__(self, c_in, channels, classes):
        super().__init__()
        self.conv1 = Convolution(c_in, channels)
        self.conv2 = Convolution(channels, channels)
        self.output = nn.Conv2d(channels, classes, 1)

    def forward(self, x, width):
        x = self.conv2(self.conv1(x, width), width)
        return F.conv2d(x, self.output.weight[:, :x.shape[1]], self.output.bias)


class Network(nn.Module):
    """The network of mtl.yaml."""

    def __init__(self):
        super().__init__()
        c = CHANNELS
        self.encoder = nn.ModuleList([
            Convolution(1, c), Convolution(c, 2 * c, 2), Convolution(2 * c, 2 * c),
            Convolution(2 * c, 2 * c)])
        self.decoders = nn.ModuleList(
            Decoder(2 * c, DECODER_CHANNELS, classes) for classes in (10, 4))

    def forward(self, image, widths):
        """The encoder's features, the logits, and the image without noise, from 0 to 1."""
        x = image.float()
        for convolution in self.encoder:
            x = convolution(x, widths[0])
        logits = self.decoders[0](x, widths[1]).mean((2, 3))
        return x, logits, F.pixel_shuffle(self.decoders[1](x, widths[2]), 2)


def canvases(images, generator):
    """Each image at a random place of a canvas of 16x16, with noise and without, from 0 to 16."""
    n = len(images)
    rows, columns = (torch.randint(0, 9, (n,), generator=generator) for _ in range(2))
    window = torch.arange(8)
    clean = torch.zeros(n, 16, 16)
    clean[torch.arange(n)[:, None, None], (rows[:, None] + window)[:, :, None],
          (columns[:, None] + window)[:, None]] = 16 * images[:, 0]
    noisy = clean + NOISE * torch.randn(n, 16, 16, generator=generator)
    return noisy.round().to(torch.int8)[:, None], clean.to(torch.int8)[:, None]


def task_loss(logits, clean, labels, target):
    return (F.cross_entropy(logits, labels, label_smoothing=0.05)
            + CLEAN_WEIGHT * F.mse_loss(clean, target / 16))


def train(images, labels, seed):
    torch.manual_seed(seed)
    model = Network()
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, epochs=EPOCHS, steps_per_epoch=steps)
    start = time.time()
    for epoch in range(EPOCHS):
        # A norm's statistics are a mixture of what the other part's widths make of it; at last
        # the weights adapt to the mixture, which is what runs use.
        model.train(epoch < EPOCHS - FROZEN_EPOCHS)
        noisy, clean = canvases(images, generator)
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).split(BATCH):
            goal = labels[batch], clean[batch]
            features, *outputs = model(noisy[batch], FULL)
            loss = task_loss(*outputs, *goal)
            total += loss.item() * len(batch)
            # Any other widths do the tasks, and give the features of the full width.
            widths = torch.randint(0, len(WIDTHS), (3,), generator=generator).tolist()
            narrow, *outputs = model(noisy[batch], widths)
            teacher = features[:, :narrow.shape[1]].detach()
            loss = loss + task_loss(*outputs, *goal) \
                + DISTILLATION_WEIGHT * F.mse_loss(narrow, teacher)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if epoch % 6 == 5:
            print(f"epoch {epoch + 1}: loss {total / len(images):.4f}, "
                  f"{time.time() - start:.0f} s", flush=True)
    return model.eval()


@torch.no_grad()
def evaluate(model, noisy, clean, labels):
    """Of each combination of widths: accuracy of the first task, root mean square error of
    the second."""
    table = {}
    for widths in itertools.product(range(len(WIDTHS)), repeat=3):
        _, logits, cleaned = model(noisy, widths)
        accuracy = (logits.argmax(1) == labels).double().mean().item()
        error = (cleaned.double() - clean / 16).square().mean().sqrt().item()
        table[" ".join(map(str, widths))] = [accuracy, error]
    return table


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
    made = [canvases(test_images, generator) for _ in range(TEST_CANVASES)]
    noisy, clean = (torch.cat(parts) for parts in zip(*made))
    made_labels = test_labels.repeat(TEST_CANVASES)

    file = folder / "mtl.safetensors"
    if arguments.check:
        model = Network().eval()
        model.load_state_dict(digits.load_safetensors(file), strict=False)
    else:
        model = train(images, labels, arguments.seed)
    table = evaluate(model, noisy, clean, made_labels)
    figures = {"widths": table, "furthest": 0.0}  # no combination may be far from PyTorch's
    for widths in ("3 3 3", "1 3 0", "1 0 3", "0 0 0"):
        figures[f"{widths} accuracy"], figures[f"{widths} error"] = table[widths]
    for widths, (accuracy, error) in table.items():
        print(f"widths {widths}: accuracy {accuracy:.4f}, error {error:.4f}")
    if not arguments.check and arguments.seed == SEED:
        digits.save_safetensors(file, digits.parameters(model))
        np.save(folder / "test_images.npy", noisy.numpy())
        np.save(folder / "test_clean.npy", clean.numpy())
        np.save(folder / "test_labels.npy", made_labels.numpy().astype(np.int8))
        (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
