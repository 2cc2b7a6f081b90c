"""PyTorch's form of larger systems on images: MgNO's networks, and a slimmable network of two tasks."""

import torch
import torch.nn.functional as F
from torch import nn

from peers.modules import Case

# MgNO


def conv3(inputs, outputs, bias, padding, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias, padding_mode=padding)


def smoother(f, u, bias, padding):
    """u ← u + S(f − A u), where A is there."""
    return nn.ModuleDict({"A": conv3(u, f, bias, padding), "S": conv3(f, u, bias, padding)})


def smooth(step, u, f):
    return u + step["S"](f - step["A"](u))


class VCycle(nn.Module):
    """One V-cycle without smoothing on the way up; with `side`, a layer norm follows each prolongation."""

    def __init__(self, f, u, iterations, bias, padding, side=None):
        super().__init__()
        self.levels = len(iterations)
        for level, (before, _) in enumerate(iterations):
            first = {"S": conv3(f, u, bias, padding)} if level == 0 else {
                "Pi": conv3(u, u, False, padding, 2), "R": conv3(f, f, False, padding, 2)}
            steps = [smoother(f, u, bias, padding) for _ in range(before - (level == 0))]
            self.add_module(f"layer{level}", nn.ModuleList([nn.ModuleDict(first), *steps]))
        self.RTlayers = nn.ModuleList(nn.ConvTranspose2d(u, u, 4, 2, 1, bias=False) for _ in iterations[1:])
        if side:
            sides = [side >> i for i in range(self.levels - 1)]
            self.norm_layer_list = nn.ModuleList(nn.LayerNorm([u, size, size]) for size in sides)
        self.normed = side is not None

    def forward(self, f):
        first, *steps = self.layer0
        u, grids = first["S"](f), []
        for level in range(self.levels):
            if level:
                first, *steps = getattr(self, f"layer{level}")
                u, f = first["Pi"](u), first["R"](f)
            for step in steps:
                u = smooth(step, u, f)
            grids.append(u)
        for level in reversed(range(self.levels - 1)):
            u = grids[level] + self.RTlayers[level](u)
            if self.normed:
                u = self.norm_layer_list[level](u)
        return u


class Darcy(Case):
    on_images = True
    ITERATIONS = [(1, 0)] * 5 + [(2, 0)]

    def __init__(self, layers=4, channels=24):
        super().__init__()
        inputs = [1] + [channels] * (layers - 1)
        self.conv_list = nn.ModuleList(VCycle(f, channels, self.ITERATIONS, False, "zeros") for f in inputs)
        self.linear_list = nn.ModuleList(nn.Conv2d(f, channels, 1) for f in inputs)
        self.linear = nn.Conv2d(channels, 1, 1, bias=False)

    def forward(self, x):
        for conv, linear in zip(self.conv_list, self.linear_list):
            x = F.gelu(conv(x) + linear(x))
        return self.linear(x)


class NavierStokes(Case):
    on_images = True
    ITERATIONS = [(1, 0)] * 3 + [(2, 0)] * 2

    def __init__(self, layers=5, channels=32, side=64):
        super().__init__()
        inputs = [1] + [channels] * (layers - 1)
        self.conv_list = nn.ModuleList(VCycle(f, channels, self.ITERATIONS, True, "circular", side) for f in inputs)
        self.last_layer = nn.Conv2d(channels, 1, 1, bias=False)

    def forward(self, x):
        y = x
        for conv in self.conv_list:
            y = F.gelu(conv(y))
        return x + self.last_layer(y)


# Slimmable networks: the first channels of one copy of the weights, and batch norms of each width.


class SlimmableConvolution(nn.Module):
    def __init__(self, inputs, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.ModuleList(nn.BatchNorm2d(channels * (i + 1) // 4) for i in range(4))

    def forward(self, x, width):
        norm = self.bn[width]
        weight = self.conv.weight[:norm.num_features, :x.shape[1]]
        return norm(F.conv2d(x, weight, None, self.conv.stride, self.conv.padding))


class SlimmableBottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.conv2 = SlimmableConvolution(inputs, width, 1), SlimmableConvolution(width, width, 3, stride)
        self.conv3, self.downsample = SlimmableConvolution(width, 4 * width, 1), None
        if stride > 1 or inputs != 4 * width:
            self.downsample = SlimmableConvolution(inputs, 4 * width, 1, stride)

    def forward(self, x, width):
        y = F.relu(self.conv2(F.relu(self.conv1(x, width)), width))
        return F.relu(self.conv3(y, width) + (self.downsample(x, width) if self.downsample else x))


class SlimmableDecoder(nn.Module):
    def __init__(self, inputs, channels, classes):
        super().__init__()
        self.conv1, self.conv2 = SlimmableConvolution(inputs, channels, 3), SlimmableConvolution(channels, channels, 3)
        self.output = nn.Conv2d(channels, classes, 1)

    def forward(self, x, width):
        x = F.relu(self.conv2(F.relu(self.conv1(x, width)), width))
        return F.conv2d(x, self.output.weight[:, :x.shape[1]], self.output.bias)


class SlimmableTasks(Case):
    """For the widths of one case, which the inputs tell Lathe."""

    on_images = True

    def __init__(self, job):
        super().__init__()
        self.widths = [int(width) for width in list(job.inputs().values())[1:]]
        self.stem, self.encoder, inputs = SlimmableConvolution(3, 64, 7, 2), nn.ModuleList(), 64
        for i, blocks in enumerate([3, 4, 6, 3]):
            for j in range(blocks):
                self.encoder.append(SlimmableBottleneck(inputs, 64 << i, 2 if i and not j else 1))
                inputs = 256 << i
        self.decoders = nn.ModuleList(SlimmableDecoder(inputs, 256, classes) for classes in (40, 1))

    def forward(self, x, *inputs):
        x = F.max_pool2d(F.relu(self.stem(x, self.widths[0])), 3, 2, 1)
        for block in self.encoder:
            x = block(x, self.widths[0])
        return [decoder(x, width) for decoder, width in zip(self.decoders, self.widths[1:])]
