"""PyTorch's form of larger systems: MgNO's networks, a slimmable network of two tasks, and GEB's decoder."""

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


# Decoders of the Llama family, in GEB's form: rotation of interleaved pairs in half of a head, grouped queries.


def rotate(x, angles):
    """x [1, tokens, heads, width]: pairs of neighbours among its first features turned by angles [tokens, 1, pairs]."""
    turned, rest = x.split([2 * angles.shape[-1], x.shape[-1] - 2 * angles.shape[-1]], -1)
    a, b = turned.unflatten(-1, (-1, 2)).unbind(-1)
    sine, cosine = angles.sin().to(x.dtype), angles.cos().to(x.dtype)
    return torch.cat([torch.stack([a * cosine - b * sine, a * sine + b * cosine], -1).flatten(-2), rest], -1)


class DecoderLayer(nn.Module):
    def __init__(self, hidden, heads, kv_heads, width, ffn, context):
        super().__init__()
        self.heads, self.kv_heads, self.width = heads, kv_heads, width
        self.input_layernorm = nn.RMSNorm(hidden, eps=1e-5)
        self.self_attn = nn.ModuleDict({
            "q_proj": nn.Linear(hidden, heads * width), "k_proj": nn.Linear(hidden, kv_heads * width),
            "v_proj": nn.Linear(hidden, kv_heads * width), "o_proj": nn.Linear(heads * width, hidden, bias=False)})
        self.post_attention_layernorm = nn.RMSNorm(hidden, eps=1e-5)
        self.mlp = nn.ModuleDict({name: nn.Linear(hidden, ffn, bias=False) for name in ("gate_proj", "up_proj")})
        self.mlp["down_proj"] = nn.Linear(ffn, hidden, bias=False)
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, context, kv_heads, width), persistent=False)

    def attend(self, x, angles, past):
        """Keys and values go into the cache at `past`, a number that the module is made for."""
        q, k, v = (self.self_attn[f"{name}_proj"](x).unflatten(-1, (-1, self.width)) for name in "qkv")
        end = past + x.shape[1]
        self.keys[:, past:end] = rotate(k, angles)
        self.values[:, past:end] = v
        q, k, v = (part.transpose(1, 2) for part in (rotate(q, angles), self.keys[:, :end], self.values[:, :end]))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=x.shape[1] > 1, enable_gqa=True)
        return self.self_attn["o_proj"](y.transpose(1, 2).flatten(-2))

    def forward(self, x, angles, past):
        x = x + self.attend(self.input_layernorm(x), angles, past)
        y = self.post_attention_layernorm(x)
        return x + self.mlp["down_proj"](F.silu(self.mlp["gate_proj"](y)) * self.mlp["up_proj"](y))


class Decoder(Case):
    """`prefill` and `decode` of geb-1.3b.yaml, for one position."""

    def __init__(self, job):
        super().__init__()
        hidden, width, context = 2048, 128, job.setting("context", 4096)
        vocabulary = job.setting("vocabulary", 64896)
        self.past = job.case["dims"].get("past", 0)
        self.model = nn.ModuleDict({"embed_tokens": nn.Embedding(vocabulary, hidden)})
        self.model["norm"] = nn.RMSNorm(hidden, eps=1e-5)
        self.model["layers"] = nn.ModuleList(DecoderLayer(hidden, 16, 4, width, 5632, context)
                                             for _ in range(job.setting("layers", 24)))
        self.lm_head = nn.Linear(hidden, vocabulary, bias=False)
        turned = width // 2
        rates = 10000.0 ** (-torch.arange(0, turned, 2, dtype=torch.float64) / turned)
        angles = torch.arange(context, dtype=torch.float64)[:, None] * rates
        self.angles = angles.float()[:, None]  # not among what becomes bf16

    def forward(self, tokens, position):
        x = self.model["embed_tokens"](tokens)
        angles = self.angles[self.past:self.past + tokens.shape[1]]
        for layer in self.model["layers"]:
            x = layer(x, angles, self.past)
        return self.lm_head(self.model["norm"](x)[:, -1:])
