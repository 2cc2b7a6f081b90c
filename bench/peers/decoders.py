"""PyTorch's form of decoders of the Llama family: GEB, and a Mixtral with null experts."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from peers.modules import Case


class Shape(NamedTuple):
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    width: int  # of a head
    turned: int  # features of a head that are rotated
    interleaved: bool  # whether neighbours are rotated, or a feature of the first half with one of the second
    theta: float
    ffn: int
    bias: bool = False
    experts: int = 0  # and as many null ones; 3 picks of a token


GEB = Shape(64896, 2048, 24, 16, 4, 128, 64, True, 1e4, 5632, bias=True)
MIXTRAL = Shape(32000, 512, 8, 8, 2, 64, 64, False, 1e6, 1792, experts=8)


def rotate(x, angles, shape):
    """x [1, tokens, heads, width]: pairs of its first features turned by angles [tokens, 1, pairs]."""
    turned, rest = x.split([shape.turned, shape.width - shape.turned], -1)
    a, b = turned.unflatten(-1, (-1, 2)).unbind(-1) if shape.interleaved else turned.chunk(2, -1)
    sine, cosine = angles.sin().to(x.dtype), angles.cos().to(x.dtype)
    pairs = [a * cosine - b * sine, a * sine + b * cosine]
    turned = torch.stack(pairs, -1).flatten(-2) if shape.interleaved else torch.cat(pairs, -1)
    return torch.cat([turned, rest], -1)


class GatedLayer(nn.Module):
    def __init__(self, hidden, ffn, names=("gate_proj", "up_proj", "down_proj")):
        super().__init__()
        self.names = names
        for name, (inputs, outputs) in zip(names, [(hidden, ffn), (hidden, ffn), (ffn, hidden)]):
            self.add_module(name, nn.Linear(inputs, outputs, bias=False))

    def forward(self, x):
        gate, up, down = (getattr(self, name) for name in self.names)
        return down(F.silu(gate(x)) * up(x))


class Mixture(nn.Module):
    """Each token through those of its picks that are no null experts."""

    def __init__(self, hidden, ffn, experts, picks=3):
        super().__init__()
        self.picks = picks
        self.gate, self.gate2 = (nn.Linear(hidden, experts, bias=False) for _ in range(2))
        self.experts = nn.ModuleList(GatedLayer(hidden, ffn, ("w1", "w3", "w2")) for _ in range(experts))

    def forward(self, x):
        flat = x.flatten(0, -2)
        shares, picks = torch.cat([self.gate(flat), self.gate2(flat)], -1).softmax(-1).topk(self.picks)
        shares = shares * (picks < len(self.experts))
        shares = shares / shares.sum(-1, keepdim=True).clamp(min=1e-30)
        y = torch.zeros_like(flat)
        for i, expert in enumerate(self.experts):
            tokens, places = torch.where(picks == i)
            if len(tokens):
                y.index_add_(0, tokens, expert(flat[tokens]) * shares[tokens, places, None])
        return y.view_as(x)


class DecoderLayer(nn.Module):
    def __init__(self, shape, context):
        super().__init__()
        self.shape, hidden, queries = shape, shape.hidden, shape.heads * shape.width
        self.input_layernorm, self.post_attention_layernorm = (nn.RMSNorm(hidden, eps=1e-5) for _ in range(2))
        self.self_attn = nn.ModuleDict({"q_proj": nn.Linear(hidden, queries, shape.bias),
                                        "o_proj": nn.Linear(queries, hidden, bias=False)})
        for name in ("k_proj", "v_proj"):
            self.self_attn[name] = nn.Linear(hidden, shape.kv_heads * shape.width, shape.bias)
        if shape.experts:
            self.block_sparse_moe = Mixture(hidden, shape.ffn, shape.experts)
        else:
            self.mlp = GatedLayer(hidden, shape.ffn)
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, context, shape.kv_heads, shape.width), persistent=False)

    def attend(self, x, angles, past):
        """Keys and values go into the cache at `past`, a number that the module is made for."""
        q, k, v = (self.self_attn[f"{name}_proj"](x).unflatten(-1, (-1, self.shape.width)) for name in "qkv")
        end = past + x.shape[1]
        self.keys[:, past:end] = rotate(k, angles, self.shape)
        self.values[:, past:end] = v
        q, k, v = (part.transpose(1, 2)
                   for part in (rotate(q, angles, self.shape), self.keys[:, :end], self.values[:, :end]))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=x.shape[1] > 1, enable_gqa=True)
        return self.self_attn["o_proj"](y.transpose(1, 2).flatten(-2))

    def forward(self, x, angles, past):
        x = x + self.attend(self.input_layernorm(x), angles, past)
        y = self.post_attention_layernorm(x)
        return x + (self.block_sparse_moe(y) if self.shape.experts else self.mlp(y))


class Decoder(Case):
    """`prefill` and `decode`, for one position, which an input tells Lathe."""

    def __init__(self, shape, job):
        super().__init__()
        shape = shape._replace(**{name: job.setting(name, getattr(shape, name)) for name in ("vocabulary", "layers")})
        context = job.setting("context", 4096)
        self.past = job.case.get("dims", {}).get("past", 0)
        self.model = nn.ModuleDict({"embed_tokens": nn.Embedding(shape.vocabulary, shape.hidden)})
        self.model["layers"] = nn.ModuleList(DecoderLayer(shape, context) for _ in range(shape.layers))
        self.model["norm"] = nn.RMSNorm(shape.hidden, eps=1e-5)
        self.lm_head = nn.Linear(shape.hidden, shape.vocabulary, bias=False)
        rates = shape.theta ** (-torch.arange(0, shape.turned, 2, dtype=torch.float64) / shape.turned)
        angles = torch.arange(context, dtype=torch.float64)[:, None] * rates
        self.angles = angles.float()[:, None]  # not among what becomes bf16

    def forward(self, tokens, position):
        x = self.model["embed_tokens"](tokens)
        angles = self.angles[self.past:self.past + tokens.shape[1]]
        for layer in self.model["layers"]:
            x = layer(x, angles, self.past)
        return self.lm_head(self.model["norm"](x)[:, -1:])
