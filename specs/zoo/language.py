"""What the models of text in this folder share in training: the text, the network, files, and the steps of AdamW.

Needs PyTorch. The text is the King James Bible of Debian's packages bible-kjv and bible-kjv-text.
"""

import json
import math
import os
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CONTEXT = 256  # bytes that a prediction may look at
TEST_EVERY, TEST_FIRST = 149, 74  # chapters that are the test: numbers 74, 74 + 149, …


# The text


def bible():
    """(training text, test text) as arrays of bytes: a verse a line, without the numbers."""
    try:
        printed = subprocess.run(["bible", "-f", "-l9999", "gen1:1-rev22:21"], check=True,
                                 capture_output=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"the text comes from the command 'bible': apt-get install bible-kjv ({error})")
    chapters = {}
    for line in printed.splitlines():
        reference, verse = line.split(" ", 1)
        chapters.setdefault(reference.split(":")[0], []).append(verse + "\n")
    parts = [], []
    for number, verses in enumerate(chapters.values()):
        is_test = number % TEST_EVERY == TEST_FIRST
        parts[is_test].append("".join(verses))
    return tuple(as_bytes("".join(part)) for part in parts)


def as_bytes(text):
    return np.frombuffer(text.encode(), np.uint8)


def windows(text):
    """The text in rows of CONTEXT + 1 bytes, the last of each being the first of the next; the remainder is left."""
    rows = (len(text) - 1) // CONTEXT
    return np.stack([text[CONTEXT * i:CONTEXT * (i + 1) + 1] for i in range(rows)])


# The network of specs/blocks/llama.yaml and mixtral.yaml, with their parameters' names


@dataclass
class Config:
    vocabulary: int = 256
    hidden: int = 96
    layers: int = 3
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 24
    ffn: int = 128
    style: str = "interleaved"  # positions turn neighbouring features; "halves": a feature of each half of a head
    turned: int = 12  # leading features of a head that positions turn
    qkv_bias: bool = True
    theta: float = 10000.0
    eps: float = 1e-5


def rotary(config):
    frequencies = config.theta ** (-torch.arange(0, config.turned, 2, dtype=torch.float64) / config.turned)
    angles = torch.outer(torch.arange(CONTEXT, dtype=torch.float64), frequencies)
    return angles.cos().float(), angles.sin().float()


def turn(x, cos, sin, style):
    """Rotary positions of x [batch, heads, tokens, head_dim]."""
    pairs, n = cos.shape[1], x.shape[2]
    cos, sin = cos[:n], sin[:n]
    if style == "interleaved":
        a, b = x[..., 0:2 * pairs:2], x[..., 1:2 * pairs:2]
        turned = torch.stack([a * cos - b * sin, b * cos + a * sin], -1).flatten(-2)
    else:
        a, b = x[..., :pairs], x[..., pairs:2 * pairs]
        turned = torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
    return torch.cat([turned, x[..., 2 * pairs:]], -1)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        own, shared = config.heads * config.head_dim, config.kv_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden, own, bias=config.qkv_bias)
        self.k_proj = nn.Linear(config.hidden, shared, bias=config.qkv_bias)
        self.v_proj = nn.Linear(config.hidden, shared, bias=config.qkv_bias)
        self.o_proj = nn.Linear(own, config.hidden, bias=False)

    def forward(self, x, positions):
        heads = lambda y: y.unflatten(-1, (-1, self.config.head_dim)).transpose(1, 2)
        q, k = (turn(heads(p(x)), *positions, self.config.style) for p in (self.q_proj, self.k_proj))
        y = F.scaled_dot_product_attention(q, k, heads(self.v_proj(x)), is_causal=True, enable_gqa=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden, config.ffn, bias=False)
        self.up_proj = nn.Linear(config.hidden, config.ffn, bias=False)
        self.down_proj = nn.Linear(config.ffn, config.hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Models change what attention and feed-forward give to the stream by `attended` and `fed`."""

    def __init__(self, config):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden, config.eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden, config.eps)
        self.mlp = FeedForward(config)

    def attended(self, y):
        return y

    def fed(self, y):
        return y

    def forward(self, x, positions):
        x = x + self.attended(self.self_attn(self.input_layernorm(x), positions))
        return x + self.fed(self.mlp(self.post_attention_layernorm(x)))


class Model(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.hidden)
        self.layers = nn.ModuleList(layer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.hidden, config.eps)
        self.positions = rotary(config)

    def embedded(self, tokens):
        return self.embed_tokens(tokens)

    def forward(self, tokens):
        x = self.embedded(tokens)
        for layer in self.layers:
            x = layer(x, self.positions)
        return self.norm(x)


class Decoder(nn.Module):
    def __init__(self, config, layer=Layer, model=Model):
        super().__init__()
        self.config = config
        self.model = model(config, layer)
        self.lm_head = nn.Linear(config.hidden, config.vocabulary, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features ** -0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.5)
        for layer in self.model.layers:  # a stream of the same size at any depth
            for name, p in layer.named_parameters():
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    p.data.mul_((2 * config.layers) ** -0.5)

    def forward(self, tokens):
        return self.lm_head(self.model(tokens))


# Training and figures


def rows_at_random(text, rows):
    """Rows of CONTEXT + 1 bytes of the text, as numbers."""
    starts = torch.randint(0, len(text) - CONTEXT, (rows,)).tolist()
    return torch.from_numpy(np.stack([text[s:s + CONTEXT + 1] for s in starts]).astype(np.int64))


def cross_entropy(model, rows, step=None):
    return F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())


def groups_of(parameters, decay=0.1):
    """AdamW's groups: matrices decay, vectors do not. A group may have a `scale` of its rate."""
    parameters = list(parameters)
    return [{"params": [p for p in parameters if p.dim() > 1], "weight_decay": decay},
            {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0}]


def train(model, text, steps, rate, loss=cross_entropy, rows=4, groups=None):
    """AdamW on rows of the text, with a rate that rises for a twentieth of the steps and falls as a cosine.
    `loss` is of the model, rows, and the step's number from 0; `groups` are all parameters unless given."""
    optimiser = torch.optim.AdamW(groups_of(model.parameters()) if groups is None else groups, betas=(0.9, 0.98))
    trained = [p for group in optimiser.param_groups for p in group["params"]]
    start, mean, rising, every = time.time(), 0.0, max(1, steps // 20), max(1, steps // 20)
    for step in range(steps):
        fallen = 0.5 + 0.5 * math.cos(math.pi * max(0, step - rising) / (steps - rising))
        for group in optimiser.param_groups:
            group["lr"] = rate * group.get("scale", 1.0) * min((step + 1) / rising, fallen)
        value = loss(model, rows_at_random(text, rows), step)
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        mean += value.item() / every
        if step % every == every - 1:
            print(f"step {step + 1:5}  loss {mean:.4f}  {time.time() - start:.0f} s", flush=True)
            mean = 0.0
    return model


@torch.no_grad()
def perplexity(model, text):
    """What the model has on the text in windows, which is exp of the mean cross-entropy of a byte."""
    rows = torch.from_numpy(windows(text).astype(np.int64))
    total = sum(cross_entropy(model, part).item() * len(part) for part in rows.split(16))
    return math.exp(total / len(rows))


# Files


def write_whole(path, content):
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)


def save_safetensors(path, tensors):
    header, offset = {}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + 4 * t.numel()]}
        offset += 4 * t.numel()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(t.detach().contiguous().numpy().astype("<f4").tobytes() for t in tensors.values())
    write_whole(path, struct.pack("<Q", len(text)) + text + data)


def load_safetensors(path):
    blob = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", blob[:8])[0]
    tensors = {}
    for name, entry in json.loads(blob[8:start]).items():
        first, last = (start + o for o in entry["data_offsets"])
        tensors[name] = torch.from_numpy(np.frombuffer(blob[first:last], "<f4").reshape(entry["shape"]).copy())
    return tensors


def save_figures(path, figures):
    write_whole(path, (json.dumps(figures, indent=1) + "\n").encode())
