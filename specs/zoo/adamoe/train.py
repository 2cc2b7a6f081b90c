#!/usr/bin/env python3
"""Trains the mixtures of experts of adamoe.yaml, with null experts and without, and writes what this folder holds.

    train.py [FOLDER]            train both, write weights and figures
    train.py --check [FOLDER]    load the weights again, print the figures

Needs PyTorch and the Debian packages bible-kjv and bible-kjv-text. Runs in one thread from fixed
seeds, so that the same versions of PyTorch and processor give the same bytes again.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import language  # noqa: E402

SEED = 3
STEPS = 1500
RATE = 6e-3
EXPERTS, FFN = 8, 28
VARIANTS = {"adamoe": (8, 3), "vanilla": (0, 2)}  # null experts, picks of a token
BALANCE = 0.01  # weight of the balance loss of each layer


class Mixture(nn.Module):
    """Experts, of which a token takes the true ones among its picks. All experts see all tokens here: so small, that
    is quicker than sorting them."""

    def __init__(self, hidden, null_experts, top_k):
        super().__init__()
        self.null_experts, self.top_k = null_experts, top_k
        self.gate = nn.Linear(hidden, EXPERTS, bias=False)
        self.gate2 = nn.Linear(hidden, null_experts, bias=False) if null_experts else None
        self.w1 = nn.Parameter(torch.randn(EXPERTS, FFN, hidden) * hidden ** -0.5)
        self.w3 = nn.Parameter(torch.randn(EXPERTS, FFN, hidden) * hidden ** -0.5)
        self.w2 = nn.Parameter(torch.randn(EXPERTS, hidden, FFN) * FFN ** -0.5 * 0.5)
        self.balance, self.used = None, None  # of the last run

    def forward(self, x):
        tokens = x.flatten(0, -2)
        logits = self.gate(tokens)
        if self.gate2:
            logits = torch.cat([logits, self.gate2(tokens)], -1)
        p = logits.softmax(-1)
        picked = torch.zeros_like(p).scatter(1, p.topk(self.top_k, -1).indices, 1.0)
        load = picked.mean(0)
        if self.null_experts:  # which of the null experts is picked is all one, as in the paper
            load = torch.cat([load[:EXPERTS], load[EXPERTS:].mean().expand(self.null_experts)])
        self.balance = p.shape[1] * (load * p.mean(0)).sum()
        self.used = picked[:, :EXPERTS].sum(1)
        weights = (p * picked)[:, :EXPERTS]
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1e-30)
        h = F.silu(torch.einsum("td,efd->tef", tokens, self.w1)) * torch.einsum("td,efd->tef", tokens, self.w3)
        y = torch.einsum("tef,edf->td", h * weights[:, :, None], self.w2)
        return y.view_as(x)


class Layer(nn.Module):
    def __init__(self, config, null_experts, top_k):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden, config.eps)
        self.self_attn = language.Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden, config.eps)
        self.block_sparse_moe = Mixture(config.hidden, null_experts, top_k)

    def forward(self, x, positions):
        x = x + self.self_attn(self.input_layernorm(x), positions)
        return x + self.block_sparse_moe(self.post_attention_layernorm(x))


def decoder(variant):
    config = language.Config(layers=2, style="halves", turned=24, qkv_bias=False)
    return language.Decoder(config, lambda config: Layer(config, *VARIANTS[variant]))


def mixtures(model):
    return [m for m in model.modules() if isinstance(m, Mixture)]


def loss(model, rows, step=None):
    return language.cross_entropy(model, rows) + BALANCE * sum(m.balance for m in mixtures(model))


def named(model):
    """The weights by the names of checkpoints, where each expert has matrices of its own."""
    result = {}
    for name, t in model.state_dict().items():
        if name.endswith((".w1", ".w2", ".w3")):
            path, matrix = name.rsplit(".", 1)
            result.update({f"{path}.experts.{i}.{matrix}.weight": t[i] for i in range(EXPERTS)})
        else:
            result[name] = t
    return result


def load(variant, path):
    model, stored = decoder(variant), language.load_safetensors(path)
    weights = {}
    for name in model.state_dict():
        path, _, matrix = name.rpartition(".")
        weights[name] = stored[name] if name in stored else torch.stack(
            [stored[f"{path}.experts.{i}.{matrix}.weight"] for i in range(EXPERTS)])
    model.load_state_dict(weights)
    return model


@torch.no_grad()
def mean_used(model, test):
    """True experts of a token and layer."""
    counts = []
    for rows in torch.from_numpy(language.windows(test).astype(np.int64)).split(16):
        model(rows[:, :-1])
        counts += [m.used.mean().item() for m in mixtures(model)]
    return sum(counts) / len(counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer, to try the script")
    arguments = parser.parse_args()
    folder = arguments.folder
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    text, test = language.bible()
    figures = {}
    for variant in VARIANTS:
        path = folder / f"{variant}.safetensors"
        if arguments.check:
            model = load(variant, path)
        else:
            torch.manual_seed(SEED)
            model = decoder(variant)
            language.train(model, text, arguments.steps, RATE, loss)
            language.save_safetensors(path, named(model))
        figures[f"perplexity {variant}"] = language.perplexity(model, test)
        figures[f"experts {variant}"] = mean_used(model, test)
        print(f"{variant}: {sum(p.numel() for p in model.parameters()):,} parameters, perplexity"
              f" {figures[f'perplexity {variant}']:.4f}, {figures[f'experts {variant}']:.3f} true experts a byte")
    if not arguments.check:
        language.save_figures(folder / "figures.json", figures)


if __name__ == "__main__":
    main()
