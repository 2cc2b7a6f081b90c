"""The networks that train.py trains: MgNO as mgno.yaml has it, and two peers of about as many
parameters, a U-Net as unet.yaml has it and a Fourier neural operator. All take coefficients
[N, 1, H, W] of 3 and 12 and give solutions; modules have the names of the specs' steps.
"""

import torch
import torch.nn.functional as F
from torch import nn

MIDDLE, SPREAD = 7.5, 4.5  # coefficients of 3 and 12 become -1 and 1
SCALE = 0.01  # of solutions
FINEST, COARSEST = 128, 2  # cells of a side
NOISE = 0.1


def grids(finest):
    """Cells of a side, finest first: 32, 16, 8, 4, 2."""
    return [finest >> i for i in range(finest.bit_length() - 1)]


def conv3(inputs, outputs, stride=1, bias=False):
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=bias)


class Smoother(nn.Module):
    """u <- u + S(f - A u)."""

    def __init__(self, f, u):
        super().__init__()
        self.A, self.S = conv3(u, f), conv3(f, u)

    def forward(self, u, f):
        return u + self.S(f - self.A(u))


class Grid(nn.Module):
    """What belongs to one grid: its smoothers, restrictions to it from the next finer grid, and
    the prolongation to it from the next coarser one."""

    def __init__(self, f, u, smoothers):
        super().__init__()
        self.smooth = nn.ModuleList(Smoother(f, u) for _ in range(smoothers))
        self.Pi, self.R = conv3(u, u, 2), conv3(f, f, 2)
        self.P = nn.ConvTranspose2d(u, u, 4, 2, 1, bias=False)


class VCycle(nn.Module):
    """The op multigrid_vcycle, with weights that belong to grids of a size, not to levels that
    are counted from the finest: a field of fewer cells begins further down."""

    def __init__(self, f, u):
        super().__init__()
        self.grid = nn.ModuleDict(
            {str(n): Grid(f, u, 2 if n == COARSEST else 1) for n in grids(FINEST)})
        del self.grid[str(COARSEST)].P
        finest = self.grid[str(FINEST)]
        del finest.Pi, finest.R, finest.smooth[0].A

    def forward(self, f):
        finest, *coarser = grids(f.shape[-1])
        u = self.grid[str(finest)].smooth[0].S(f)
        finer = [u]
        for n in coarser:
            grid = self.grid[str(n)]
            u, f = grid.Pi(u), grid.R(f)
            for smoother in grid.smooth:
                u = smoother(u, f)
            finer.append(u)
        finer.pop()
        for n in reversed([finest, *coarser][:-1]):
            u = finer.pop() + self.grid[str(n)].P(u)
        return u

    @torch.no_grad()
    def nest(self, size):
        """Starts what only finer grids than `size` use so that they give what `size` gives,
        interpolated: f is the mean of four cells, u is bilinear, the smoothers do little."""
        mean = torch.tensor([0.0, 0.5, 0.5])
        linear = torch.tensor([0.25, 0.75, 0.75, 0.25])
        for n in [n for n in grids(FINEST) if n >= size]:
            grid = self.grid[str(n)]
            if n > size:
                grid.smooth[0].S.weight.mul_(NOISE)
                set_taps(grid.P.weight, linear)
            if n < FINEST:
                grid.Pi.weight.mul_(NOISE)
                set_taps(grid.R.weight, mean)


def set_taps(weight, taps):
    """Each channel to itself by the taps along both axes, and a little of the old weight."""
    one = torch.eye(len(weight))[:, :, None, None]
    weight.mul_(NOISE).add_(one * taps[:, None] * taps)


class MgNOLayer(nn.Module):
    def __init__(self, inputs, channels):
        super().__init__()
        self.conv = VCycle(inputs, channels)
        self.linear = nn.Conv2d(inputs, channels, 1)

    def forward(self, x):
        return F.gelu(self.conv(x) + self.linear(x))


class MgNO(nn.Module):
    def __init__(self, layers=3, channels=12):
        super().__init__()
        self.layers = nn.Sequential(
            *(MgNOLayer(channels if i else 1, channels) for i in range(layers)))
        self.linear = nn.Conv2d(channels, 1, 1, bias=False)
        for layer in self.layers:
            layer.conv.nest(32)

    def forward(self, a):
        return self.linear(self.layers((a - MIDDLE) / SPREAD)) * SCALE


class Pair(nn.Module):
    """Two 3x3 convolutions with GELU."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.second = (conv3(c, outputs, bias=True) for c in (inputs, outputs))

    def forward(self, x):
        return F.gelu(self.second(F.gelu(self.first(x))))


class Down(nn.Module):
    def __init__(self, inputs, outputs, pool):
        super().__init__()
        self.pool, self.pair = pool, Pair(inputs, outputs)

    def forward(self, x):
        return self.pair(F.max_pool2d(x, 2) if self.pool else x)


class Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.grow = nn.ConvTranspose2d(inputs, outputs, 2, 2)
        self.pair = Pair(2 * outputs, outputs)

    def forward(self, x, finer):
        return self.pair(torch.cat([finer, self.grow(x)], 1))


class UNet(nn.Module):
    def __init__(self, widths=(12, 17, 24, 31, 43)):
        super().__init__()
        inputs = (1, *widths)
        self.down = nn.ModuleList(Down(inputs[i], w, i > 0) for i, w in enumerate(widths))
        self.up = nn.ModuleList(Up(widths[i], widths[i - 1])
                                for i in reversed(range(1, len(widths))))
        self.linear = nn.Conv2d(widths[0], 1, 1)

    def forward(self, a):
        x, finer = (a - MIDDLE) / SPREAD, []
        for down in self.down:
            x = down(x)
            finer.append(x)
        finer.pop()
        for up in self.up:
            x = up(x, finer.pop())
        return self.linear(x) * SCALE


class SpectralConv(nn.Module):
    """A product of the lowest frequencies with weights of their own."""

    def __init__(self, channels, modes):
        super().__init__()
        self.modes = modes
        self.weight = nn.Parameter(
            torch.randn(2, channels, channels, modes, modes, 2) / channels)

    def forward(self, x):
        m, (low, high) = self.modes, torch.view_as_complex(self.weight)
        spectrum = torch.fft.rfft2(x)
        out = torch.zeros_like(spectrum)
        out[:, :, :m, :m] = torch.einsum("nchw,cdhw->ndhw", spectrum[:, :, :m, :m], low)
        out[:, :, -m:, :m] = torch.einsum("nchw,cdhw->ndhw", spectrum[:, :, -m:, :m], high)
        return torch.fft.irfft2(out, s=x.shape[-2:])


class FNO(nn.Module):
    """A Fourier neural operator; takes the coordinates too, and an edge of an eighth of the
    size, since the field is not periodic."""

    def __init__(self, layers=4, channels=11, modes=8):
        super().__init__()
        self.lift = nn.Conv2d(3, channels, 1)
        self.spectral = nn.ModuleList(SpectralConv(channels, modes) for _ in range(layers))
        self.linear = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(layers))
        self.project = nn.Sequential(nn.Conv2d(channels, 64, 1), nn.GELU(), nn.Conv2d(64, 1, 1))

    def forward(self, a):
        count, _, size, _ = a.shape
        place = (torch.arange(size) + 0.5) / size
        rows = place.view(1, 1, size, 1).expand(count, 1, size, size)
        x = self.lift(torch.cat([(a - MIDDLE) / SPREAD, rows, rows.transpose(2, 3)], 1))
        x = F.pad(x, (0, size // 8, 0, size // 8))
        for i, (spectral, linear) in enumerate(zip(self.spectral, self.linear)):
            x = spectral(x) + linear(x)
            x = F.gelu(x) if i < len(self.linear) - 1 else x
        return self.project(x[:, :, :size, :size]) * SCALE
