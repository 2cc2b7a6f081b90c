"""PyTorch's form of T5-base's encoder with the adapters of Compacter."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from peers.modules import Case

HIDDEN, HEADS, WIDTH, FFN, LAYERS = 768, 12, 64, 3072, 12


class KroneckerLinear(nn.Module):
    """x (Σ A_i ⊗ B_i) + b, each B of rank 1. The matrix is made in each call, as the released code does."""

    def __init__(self, inputs, outputs, n=4):
        super().__init__()
        self.phm_rule = nn.Parameter(torch.empty(n, n, n))
        self.W_left = nn.Parameter(torch.empty(n, inputs // n, 1))
        self.W_right = nn.Parameter(torch.empty(n, 1, outputs // n))
        self.b = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        matrix = torch.einsum("nij,nkl->ikjl", self.phm_rule, self.W_left @ self.W_right)
        return x @ matrix.reshape(x.shape[-1], -1) + self.b


class Adapter(nn.Module):
    def __init__(self):
        super().__init__()
        self.down_sampler, self.up_sampler = KroneckerLinear(HIDDEN, HIDDEN // 32), KroneckerLinear(HIDDEN // 32, HIDDEN)

    def forward(self, x):
        return x + self.up_sampler(F.gelu(self.down_sampler(x), approximate="tanh"))


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class EncoderLayer(nn.Module):
    """The first one holds the table of relative positions."""

    def __init__(self, first):
        super().__init__()
        attention = nn.ModuleDict({name: linear(HIDDEN, HIDDEN) for name in "qkvo"})
        if first:
            attention["relative_attention_bias"] = nn.Embedding(32, HEADS)
        self.layer = nn.ModuleList([
            nn.ModuleDict({"layer_norm": nn.RMSNorm(HIDDEN, 1e-6), "SelfAttention": attention, "adapter": Adapter()}),
            nn.ModuleDict({"layer_norm": nn.RMSNorm(HIDDEN, 1e-6), "adapter": Adapter(),
                           "DenseReluDense": nn.ModuleDict({"wi": linear(HIDDEN, FFN), "wo": linear(FFN, HIDDEN)})})])

    def forward(self, x, bias):
        part = self.layer[0]
        project, y = part["SelfAttention"], part["layer_norm"](x)
        q, k, v = (project[name](y).unflatten(-1, (HEADS, WIDTH)).transpose(1, 2) for name in "qkv")
        y = F.scaled_dot_product_attention(q, k, v, bias, scale=1.0).transpose(1, 2).flatten(-2)
        x = x + part["adapter"](project["o"](y))
        part = self.layer[1]
        dense, y = part["DenseReluDense"], part["layer_norm"](x)
        return x + part["adapter"](dense["wo"](F.relu(dense["wi"](y))))


def buckets(tokens, count=16, most=128):
    """The table's row for each pair of tokens: exact distances, then ever longer ones, apart for what comes after."""
    distance = torch.arange(tokens)[None] - torch.arange(tokens)[:, None]
    exact, size = count // 2, distance.abs()
    far = exact + (torch.log(size.clamp(min=1) / exact) / math.log(most / exact) * (count - exact)).long()
    return (distance > 0) * count + torch.where(size < exact, size, far.clamp(max=count - 1))


class Encoder(Case):
    def __init__(self):
        super().__init__()
        self.shared = nn.Embedding(32128, HIDDEN)
        self.encoder = nn.ModuleDict({"block": nn.ModuleList(EncoderLayer(i == 0) for i in range(LAYERS)),
                                      "final_layer_norm": nn.RMSNorm(HIDDEN, 1e-6)})

    def forward(self, tokens):
        x = self.shared(tokens)
        table = self.encoder["block"][0].layer[0]["SelfAttention"]["relative_attention_bias"]
        bias = table(buckets(tokens.shape[1])).permute(2, 0, 1)[None].contiguous()
        for block in self.encoder["block"]:
            x = block(x, bias)
        return self.encoder["final_layer_norm"](x)
