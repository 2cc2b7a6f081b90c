"""PyTorch's form of the cases: modules whose parameters have the names of the specs' checkpoints.

Written with PyTorch's own layers, as its users would. Those that work on images take and give channels outermost.
"""

import torch
import torch.nn.functional as F
from torch import nn

class Case(nn.Module):
    """What a peer has to know of a module: whether it works on images, and whether the spec's entry has their channels
    innermost."""

    on_images = False
    channels_innermost = False

    def rename(self, weights):
        """The checkpoint's weights by the module's names."""
        return weights


class Product(Case):
    def __init__(self, inputs, features, bias=False):
        super().__init__()
        self.y = nn.Linear(inputs, features, bias)

    def forward(self, x):
        return self.y(x)


class Convolution(Case):
    on_images = channels_innermost = True

    def __init__(self, inputs=64, channels=64, kernel=3, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, groups=groups)

    def forward(self, x):
        return F.relu(self.conv(x))


class FrequencyFilter(nn.Module):
    """AFFNet's token mixer: a mask made of the spectrum, by layers of blocks of channels, times the spectrum."""

    def __init__(self, channels, blocks=8, shrink=0.01):
        super().__init__()
        self.blocks, self.shrink, size = blocks, shrink, channels // blocks
        for i in (1, 2):
            self.register_parameter(f"w{i}", nn.Parameter(torch.empty(2, blocks, size, size)))
            self.register_parameter(f"b{i}", nn.Parameter(torch.empty(2, blocks, size)))

    def mix(self, z, weight, bias):
        mixed = torch.einsum("nkcp,kcd->nkdp", z, torch.complex(*weight)) + torch.complex(*bias)[..., None]
        return torch.view_as_real(mixed)

    def forward(self, x):
        n, channels, height, width = x.shape
        spectrum = torch.fft.rfft2(x, norm="ortho")
        z = spectrum.reshape(n, self.blocks, channels // self.blocks, -1)
        z = torch.view_as_complex(F.silu(self.mix(z, self.w1, self.b1)))
        z = torch.view_as_complex(F.softshrink(self.mix(z, self.w2, self.b2), self.shrink))
        return torch.fft.irfft2(z.reshape(spectrum.shape) * spectrum, s=(height, width), norm="ortho") + x


class Filter(FrequencyFilter, Case):
    on_images = channels_innermost = True


class Attention(Case):
    def __init__(self, entry, heads=16, kv_heads=None, width=128, scale=None):
        super().__init__()
        self.entry, self.heads, self.kv_heads, self.width = entry, heads, kv_heads or heads, width

    def forward(self, q, k, v, bias=None):
        if self.entry == "written":
            return F.scaled_dot_product_attention(q, k, v, bias)
        split = lambda x, heads: x.view(1, x.shape[1], heads, self.width).transpose(1, 2)  # noqa: E731
        y = F.scaled_dot_product_attention(split(q, self.heads), split(k, self.kv_heads), split(v, self.kv_heads), bias,
                                           is_causal=self.entry == "prompt", enable_gqa=self.kv_heads < self.heads)
        return y.transpose(1, 2).reshape(1, q.shape[1], -1)


# Image classifiers


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = None
        if stride > 1 or inputs != 4 * width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride, bias=False),
                                            nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + (self.downsample(x) if self.downsample else x))


class ResNet50(Case):
    on_images = True

    def __init__(self, classes=1000):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        inputs = 64
        for i, blocks in enumerate([3, 4, 6, 3]):
            width, stage = 64 << i, nn.Sequential()
            for j in range(blocks):
                stage.append(Bottleneck(inputs, width, 2 if i and not j else 1))
                inputs = 4 * width
            self.add_module(f"layer{i + 1}", stage)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Reprogrammed(nn.Module):
    """A frozen convolution, and a task's filter of each of its channels."""

    def __init__(self, conv):
        super().__init__()
        channels = conv.out_channels
        self.original_block = conv
        self.Ghos_Mod = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, groups=channels, bias=False))

    def forward(self, x):
        return self.Ghos_Mod(self.original_block(x))


class ReprogrammedResNet50(ResNet50):
    """For the task of one case, which an input tells Lathe."""

    def __init__(self, job):
        super().__init__(classes=200)
        self.task = int(job.inputs()["task"])
        self.conv1 = Reprogrammed(self.conv1)
        for block in self.modules():
            if isinstance(block, Bottleneck):
                block.conv2 = Reprogrammed(block.conv2)

    def rename(self, weights):
        own = f"tasks.{self.task}."
        return weights | {name.removeprefix(own): array for name, array in weights.items() if name.startswith(own)}

    def forward(self, x, task):
        return super().forward(x)


class SubspaceAttention(nn.Module):
    """One map of attention a subspace of channels."""

    def __init__(self, channels, subspaces=4):
        super().__init__()
        size = channels // subspaces
        self.subspaces = nn.ModuleList(nn.ModuleDict({
            "conv_dws": nn.Conv2d(size, size, 1, groups=size), "bn_dws": nn.BatchNorm2d(size),
            "conv_point": nn.Conv2d(size, 1, 1), "bn_point": nn.BatchNorm2d(1)}) for _ in range(subspaces))

    def attend(self, part, x):
        a = F.max_pool2d(F.relu(part["bn_dws"](part["conv_dws"](x))), 3, 1, 1)
        a = F.relu(part["bn_point"](part["conv_point"](a)))
        return x + x * a.flatten(2).softmax(-1).view_as(a)

    def forward(self, x):
        parts = x.chunk(len(self.subspaces), 1)
        return torch.cat([self.attend(s, p) for s, p in zip(self.subspaces, parts)], 1)


def conv_norm(inputs, outputs, kernel=1, stride=1, groups=1, act=nn.ReLU6):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), act())


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, expand, stride):
        super().__init__()
        wide, self.skip = inputs * expand, stride == 1 and inputs == outputs
        self.conv = nn.Sequential(*([conv_norm(inputs, wide)] if expand > 1 else []),
                                  conv_norm(wide, wide, 3, stride, wide),
                                  nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return x + self.conv(x) if self.skip else self.conv(x)


class MobileNetV2(Case):
    on_images = True
    # Expansion, channels, how many, the first one's stride.
    ROWS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]

    def __init__(self, attention=()):
        super().__init__()
        self.features, inputs = nn.Sequential(conv_norm(3, 32, 3, 2)), 32
        for expand, outputs, count, stride in self.ROWS:
            for i in range(count):
                replaced = len(self.features) in attention
                self.features.append(SubspaceAttention(inputs) if replaced else
                                     InvertedResidual(inputs, outputs, expand, 1 if i else stride))
                inputs = outputs
        self.features.append(conv_norm(inputs, 1280))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Named(nn.Module):
    """A module under the name of its parameters' prefix."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x):
        for part in self.children():
            x = part(x)
        return x


def aff_conv(inputs, outputs, kernel=1, stride=1, groups=1, act=True):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return Named(block=Named(conv=conv, norm=nn.BatchNorm2d(outputs), **({"act": nn.SiLU()} if act else {})))


class AFFResidual(nn.Module):
    def __init__(self, inputs, outputs, expand, stride=1):
        super().__init__()
        wide, self.skip = inputs * expand, stride == 1 and inputs == outputs
        self.block = Named(exp_1x1=aff_conv(inputs, wide), conv_3x3=aff_conv(wide, wide, 3, stride, wide),
                           red_1x1=aff_conv(wide, outputs, act=False))

    def forward(self, x):
        return x + self.block(x) if self.skip else self.block(x)


class AFFBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm1, self.mlp = nn.BatchNorm2d(channels), AFFResidual(channels, channels, 2)
        self.norm2, self.filter = nn.BatchNorm2d(channels), FrequencyFilter(channels)

    def forward(self, x):
        return x + self.filter(self.norm2(self.mlp(self.norm1(x))))


class AFFStage(nn.Module):
    def __init__(self, channels, depth):
        super().__init__()
        self.global_rep = nn.Sequential(*(AFFBlock(channels) for _ in range(depth)), nn.BatchNorm2d(channels))
        self.conv_proj, self.fusion = aff_conv(channels, channels, act=False), aff_conv(2 * channels, channels)

    def forward(self, x):
        return self.fusion(torch.cat([x, self.conv_proj(self.global_rep(x))], 1))


class AFFNet(Case):
    on_images = True
    SIZES = {"affnet-et": ((48, 64, 104, 144), 2, 576), "affnet-t": ((48, 96, 160, 192), 4, 768),
             "affnet-base": ((64, 128, 256, 320), 4, 960)}

    def __init__(self, size):
        super().__init__()
        (w2, *widths), expand, head = self.SIZES[size]
        self.conv_1, self.layer_1 = aff_conv(3, 16, 3, 2), nn.Sequential(AFFResidual(16, 32, expand))
        self.layer_2 = nn.Sequential(AFFResidual(32, w2, expand, 2), AFFResidual(w2, w2, expand),
                                     AFFResidual(w2, w2, expand))
        inputs = w2
        for i, (width, depth) in enumerate(zip(widths, (2, 4, 3))):
            stage = nn.Sequential(AFFResidual(inputs, width, expand, 2), AFFStage(width, depth))
            self.add_module(f"layer_{i + 3}", stage)
            inputs = width
        self.conv_1x1_exp = aff_conv(inputs, head)
        self.classifier = nn.ModuleDict({"fc": nn.Linear(head, 1000)})

    def forward(self, x):
        x = self.layer_2(self.layer_1(self.conv_1(x)))
        x = self.conv_1x1_exp(self.layer_5(self.layer_4(self.layer_3(x))))
        return self.classifier["fc"](x.mean((2, 3)))
