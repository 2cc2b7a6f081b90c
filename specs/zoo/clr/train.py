#!/usr/bin/env python3
"""Trains the networks of clr.yaml and writes what this folder holds.

    train.py [--seed N] [FOLDER]    train, write weights, test data and figures
    train.py --check [FOLDER]       load the weights again and print the figures

First the frozen network, then the tasks over it. Each of these is trained twice: reprogrammed,
and with a linear head alone over the network as it is, whose files begin with `head-`. Needs
PyTorch and scikit-learn. Runs in one thread from fixed seeds, so that the same versions of the
libraries give the same bytes again. With another seed nothing is written.
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
# The data and the reading and writing of weights are those of specs/digits.
digits = SourceFileLoader("digits_train", str(HERE.parents[1] / "digits/train.py")).load_module()

SEED = 1  # of initial weights, order and shifts
ANCHOR_EPOCHS, TASK_EPOCHS = 20, 20
BATCH = 64
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05
LAYERS = ((32, 1), (64, 2), (64, 1), (64, 1))  # as in clr.yaml
# What each task makes of the images and the labels of the digits.
TASKS = {
    "class": (lambda images: images, lambda labels: labels),
    "parity": (lambda images: images, lambda labels: labels % 2),
    "turned": (lambda images: 1 - images.rot90(1, (2, 3)), lambda labels: labels),
}


class Layer(nn.Module):
    """A convolution, frozen for tasks; a depthwise one and a batch norm of the task; ReLU."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.original_block = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        nn.init.kaiming_normal_(self.original_block.weight, mode="fan_out")
        self.Ghos_Mod = nn.Sequential(nn.Conv2d(c_out, c_out, 3, 1, 1, groups=c_out, bias=False))
        nn.init.dirac_(self.Ghos_Mod[0].weight, groups=c_out)  # the identity
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return F.relu(self.bn(self.Ghos_Mod(self.original_block(x))))


class Network(nn.Module):
    """The network of clr.yaml with one task."""

    def __init__(self):
        super().__init__()
        channels = [1, *(c for c, _ in LAYERS)]
        self.layer = nn.Sequential(
            *[Layer(c, *shape) for c, shape in zip(channels, LAYERS)])
        self.fc = nn.Linear(channels[-1], 10)

    def forward(self, image):
        return self.fc(self.layer(image).mean((2, 3)))


def is_frozen(name):
    return "original_block" in name


def train(model, trained, images, labels, task, epochs):
    """Trains those parameters whose names `trained` accepts; the norms keep their statistics
    where their factors are not trained."""
    change, relabel = TASKS[task]
    for name, p in model.named_parameters():
        p.requires_grad_(trained(name))
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad],
                                  weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, epochs=epochs, steps_per_epoch=-(-len(images) // BATCH))
    model.train(trained("layer.0.bn.weight"))
    start = time.time()
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(BATCH):
            loss = F.cross_entropy(model(change(digits.shifted(images[batch]))),
                                   relabel(labels[batch]), label_smoothing=LABEL_SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    print(f"{task}: loss {loss.item():.4f}, {time.time() - start:.0f} s", flush=True)
    return model.eval()


@torch.no_grad()
def accuracy(model, images, labels, task):
    change, relabel = TASKS[task]
    return (model(change(images)).argmax(1) == relabel(labels)).double().mean().item()


def load(anchor, task):
    model = Network().eval()
    state = digits.load_safetensors(anchor) | digits.load_safetensors(task)
    model.load_state_dict(state, strict=False)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    folder = arguments.folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    train_set, test_set = digits.data()
    names = [prefix + task for prefix in ("", "head-") for task in TASKS]

    if arguments.check:
        models = {name: load(folder / "anchor.safetensors", folder / f"{name}.safetensors")
                  for name in names}
    else:
        torch.manual_seed(arguments.seed)
        anchor = train(Network(), lambda name: "Ghos_Mod" not in name, *train_set, "class",
                       ANCHOR_EPOCHS)
        models = {}
        for name in names:
            models[name] = Network()
            models[name].load_state_dict(anchor.state_dict())
            models[name].fc.reset_parameters()
            trained = (lambda n: n.startswith("fc.")) if name.startswith("head-") else (
                lambda n: not is_frozen(n))
            train(models[name], trained, *train_set, name.removeprefix("head-"), TASK_EPOCHS)
    figures = {name: accuracy(model, *test_set, name.removeprefix("head-"))
               for name, model in models.items()}
    print(json.dumps(figures))
    if arguments.check or arguments.seed != SEED:
        return

    tensors = digits.parameters(anchor)
    digits.save_safetensors(folder / "anchor.safetensors",
                            {n: t for n, t in tensors.items() if is_frozen(n)})
    for name, model in models.items():
        digits.save_safetensors(
            folder / f"{name}.safetensors",
            {n: t for n, t in digits.parameters(model).items() if not is_frozen(n)})
    images, labels = test_set
    np.save(folder / "test_images.npy", images.numpy())
    np.save(folder / "test_turned.npy", TASKS["turned"][0](images).contiguous().numpy())
    np.save(folder / "test_labels.npy", labels.numpy().astype(np.int8))
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
