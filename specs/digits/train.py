#!/usr/bin/env python3
"""Trains the digits classifier of digits.yaml and writes what this folder holds.

    train.py [FOLDER]            train, write weights, test images, labels and logits
    train.py --check [FOLDER]    load the weights again, print accuracy and drift of the logits

Needs PyTorch and scikit-learn (Debian: python3-torch, python3-sklearn). Only this
script does: compiled programs use the four files that it leaves behind.

Runs in one process and one thread from fixed seeds, so that the same versions of the
libraries give the same bytes again.
"""

import argparse
import json
import struct
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

SPLIT_SEED = 1797  # of the permutation that parts training from test images
TRAIN_SEED = 1  # of initial weights, batch order and shifts
TRAIN_IMAGES = 1437
EPOCHS = 120
BATCH = 64
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05


class Conv(nn.Conv2d):
    """`conv2d` of a spec with `norm: batch`: no bias, the norm's parameters under `norm`."""

    def __init__(self, c_in, c_out, kernel, stride=1, groups=1, act=True):
        super().__init__(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(c_out, eps=1e-5)
        self.act = act
        nn.init.kaiming_normal_(self.weight, mode="fan_out" if groups == 1 else "fan_in")

    def forward(self, x):
        y = self.norm(super().forward(x))
        return F.silu(y) if self.act else y


class FrequencyFilter(nn.Module):
    """A content-dependent mask on the 2-D spectrum; channels in `blocks` groups."""

    def __init__(self, channels, blocks, softshrink=0.01):
        super().__init__()
        self.blocks, self.softshrink = blocks, softshrink
        size = channels // blocks
        # Spread wide enough that softshrink's dead zone leaves most of the mask alive.
        for i in ("1", "2"):
            w = torch.randn(2, blocks, size, size) * (0.5 / size) ** 0.5
            setattr(self, "w" + i, nn.Parameter(w))
            setattr(self, "b" + i, nn.Parameter(torch.zeros(2, blocks, size)))

    @staticmethod
    def product(re, im, w, b):
        """(re + i im) times the block-diagonal complex w, plus b; all as pairs of reals."""
        apply = lambda v, m: torch.einsum("nkchw,kcd->nkdhw", v, m)
        b = b[:, :, :, None, None]
        return (apply(re, w[0]) - apply(im, w[1]) + b[0],
                apply(re, w[1]) + apply(im, w[0]) + b[1])

    def mask(self, spectrum):
        n, c, h, w = spectrum.shape
        z = spectrum.reshape(n, self.blocks, c // self.blocks, h, w)
        re, im = self.product(z.real, z.imag, self.w1, self.b1)
        re, im = self.product(F.silu(re), F.silu(im), self.w2, self.b2)
        shrink = lambda v: F.softshrink(v, self.softshrink).reshape(n, c, h, w)
        return torch.complex(shrink(re), shrink(im))

    def forward(self, x):
        spectrum = torch.fft.rfft2(x, norm="ortho")
        y = self.mask(spectrum) * spectrum
        return torch.fft.irfft2(y, s=x.shape[-2:], norm="ortho") + x


class Subspace(nn.Module):
    """One attention map, shared by the channels of one subspace."""

    def __init__(self, channels):
        super().__init__()
        self.conv_dws = nn.Conv2d(channels, channels, 1, groups=channels)
        self.bn_dws = nn.BatchNorm2d(channels, eps=1e-5)
        self.conv_point = nn.Conv2d(channels, 1, 1)
        self.bn_point = nn.BatchNorm2d(1, eps=1e-5)

    def forward(self, x):
        a = F.relu(self.bn_dws(self.conv_dws(x)))
        a = F.max_pool2d(a, 3, stride=1, padding=1)
        a = F.relu(self.bn_point(self.conv_point(a)))
        a = a.flatten(2).softmax(2).view(a.shape)
        return x + a * x


class SubspaceAttention(nn.Module):
    def __init__(self, channels, subspaces):
        super().__init__()
        size = channels // subspaces
        self.subspaces = nn.ModuleList(Subspace(size) for _ in range(subspaces))

    def forward(self, x):
        parts = x.chunk(len(self.subspaces), dim=1)
        return torch.cat([s(part) for s, part in zip(self.subspaces, parts)], dim=1)


class InvertedResidual(nn.Module):
    def __init__(self, c_in, c_out, stride=1, expand=2):
        super().__init__()
        hidden = c_in * expand
        self.skip = stride == 1 and c_in == c_out
        self.expand = Conv(c_in, hidden, 1)
        self.depth = Conv(hidden, hidden, 3, stride, groups=hidden)
        self.reduce = Conv(hidden, c_out, 1, act=False)

    def forward(self, x):
        y = self.reduce(self.depth(self.expand(x)))
        return x + y if self.skip else y


class Digits(nn.Sequential):
    """The network of digits.yaml; a module's name is the step's id."""

    def __init__(self):
        super().__init__()
        self.stem = Conv(1, 32, 3)
        self.filter = FrequencyFilter(32, blocks=8)
        self.down = InvertedResidual(32, 64, stride=2)
        self.attention = SubspaceAttention(64, subspaces=4)
        self.body = InvertedResidual(64, 64)
        self.logits = nn.Linear(64, 10)

    def forward(self, image):
        x = self.filter(self.stem(image))
        x = self.body(self.attention(self.down(x)))
        return self.logits(x.mean((2, 3)))


def data():
    """((train images, labels), (test images, labels)); images [n, 1, 8, 8] within [0, 1]."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    labels = digits.target.astype(np.int64)
    order = np.random.RandomState(SPLIT_SEED).permutation(len(images))
    parts = order[:TRAIN_IMAGES], order[TRAIN_IMAGES:]
    return [(torch.from_numpy(images[p]), torch.from_numpy(labels[p])) for p in parts]


def shifted(images):
    """Every image moved by -1, 0 or 1 pixels along each axis, zeros moved in."""
    n = len(images)
    dy, dx = torch.randint(0, 3, (2, n, 1))
    rows = (dy + torch.arange(8)).view(n, 1, 8, 1).expand(n, 1, 8, 10)
    columns = (dx + torch.arange(8)).view(n, 1, 1, 8).expand(n, 1, 8, 8)
    return F.pad(images, (1, 1, 1, 1)).gather(2, rows).gather(3, columns)


def train(images, labels):
    torch.manual_seed(TRAIN_SEED)
    model = Digits()
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, epochs=EPOCHS, steps_per_epoch=steps)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(images)).split(BATCH):
            loss = F.cross_entropy(model(shifted(images[batch])), labels[batch],
                                   label_smoothing=LABEL_SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1:3}  loss {total / len(images):.4f}", flush=True)
    return model.eval()


def parameters(model):
    """Name to tensor. The counters of the norms serve training alone and are left out."""
    return {name: t for name, t in model.state_dict().items()
            if not name.endswith("num_batches_tracked")}


def save_safetensors(path, tensors):
    header, offset = {}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(t.shape),
                        "data_offsets": [offset, offset + 4 * t.numel()]}
        offset += 4 * t.numel()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            file.write(t.detach().contiguous().numpy().astype("<f4").tobytes())


def load_safetensors(path):
    blob = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", blob[:8])[0]
    tensors = {}
    for name, entry in json.loads(blob[8:start]).items():
        first, last = (start + o for o in entry["data_offsets"])
        values = np.frombuffer(blob[first:last], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


@torch.no_grad()
def evaluate(model, images, labels):
    logits = model(images)
    right = int((logits.argmax(1) == labels).sum())
    print(f"{right} of {len(labels)} test images right: {100 * right / len(labels):.2f} %")
    return logits


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    train_set, test_set = data()

    if arguments.check:
        model = Digits().eval()
        absent = model.load_state_dict(load_safetensors(folder / "digits.safetensors"),
                                       strict=False).missing_keys
        assert all(name.endswith("num_batches_tracked") for name in absent), absent
        stored = torch.from_numpy(np.load(folder / "test_logits.npy"))
        drift = (evaluate(model, *test_set) - stored).abs().max().item()
        print(f"largest difference from test_logits.npy: {drift:.3g}")
        return

    start = time.time()
    model = train(*train_set)
    tensors = parameters(model)
    print(f"trained in {time.time() - start:.0f} s, "
          f"{sum(p.numel() for p in model.parameters()):,} parameters")
    logits = evaluate(model, *test_set)
    save_safetensors(folder / "digits.safetensors", tensors)
    np.save(folder / "test_images.npy", test_set[0].numpy())
    np.save(folder / "test_labels.npy", test_set[1].numpy())
    np.save(folder / "test_logits.npy", logits.numpy())


if __name__ == "__main__":
    main()
