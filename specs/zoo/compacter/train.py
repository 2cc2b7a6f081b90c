#!/usr/bin/env python3
"""Adapts the model of ../geb to licence texts, by Compacter's adapters and as a whole.

    train.py [FOLDER]            train, write adapters, all weights, test text and figures
    train.py --check [FOLDER]    load the weights again, print the figures

Needs ../geb/geb.safetensors, PyTorch and the licence texts of Debian's package base-files. Runs in one
thread from fixed seeds, so that the same versions of PyTorch and processor give the same bytes again.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import language  # noqa: E402

SEED = 4
STEPS = 800
ADAPTER_RATE = 3e-2
WHOLE_RATE = 3e-3
REDUCTION, N, RANK = 4, 4, 1
BASE = Path(__file__).resolve().parent.parent / "geb/geb.safetensors"
LICENCES = Path("/usr/share/common-licenses")
TRAINING = ("GPL-1", "GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1", "LGPL-3", "GFDL-1.2", "GFDL-1.3", "MPL-1.1", "MPL-2.0",
            "BSD")
TEST = "Apache-2.0", "Artistic", "CC0-1.0"


class Kronecker(nn.Module):
    """y = x H + b, H the sum of the Kronecker products of `rule`[i] and W_left[i] W_right[i]."""

    def __init__(self, features, out, rule):
        super().__init__()
        self.phm_rule = rule
        self.W_left = nn.Parameter(torch.randn(N, features // N, RANK) * (features // N) ** -0.5)
        self.W_right = nn.Parameter(torch.randn(N, RANK, out // N))
        self.b = nn.Parameter(torch.zeros(out))

    def forward(self, x):
        h = torch.einsum("iab,ipq->apbq", self.phm_rule, self.W_left @ self.W_right)
        return x @ h.flatten(2).flatten(0, 1) + self.b


class Adapter(nn.Module):
    """Gives its input at first, as the last factor starts at 0."""

    def __init__(self, features, rule):
        super().__init__()
        self.down_sampler = Kronecker(features, features // REDUCTION, rule)
        self.up_sampler = Kronecker(features // REDUCTION, features, rule)
        nn.init.zeros_(self.up_sampler.W_right)

    def forward(self, x):
        return x + self.up_sampler(F.gelu(self.down_sampler(x), approximate="tanh"))


class Layer(language.Layer):
    def __init__(self, config, rule):
        super().__init__(config)
        self.attention_adapter = Adapter(config.hidden, rule)
        self.mlp_adapter = Adapter(config.hidden, rule)

    def attended(self, y):
        return self.attention_adapter(y)

    def fed(self, y):
        return self.mlp_adapter(y)


def is_adapted(name):
    return "_adapter." in name or name.endswith("norm.weight")


def adapted_model(weights):
    """The model with adapters, which are as they start where the weights have none."""
    rule = nn.Parameter(torch.randn(N, N, N) * 0.5)
    decoder = language.Decoder(language.Config(), lambda config: Layer(config, rule))
    unknown = decoder.load_state_dict(weights, strict=False).unexpected_keys
    assert not unknown, unknown
    return decoder


def whole_model(weights):
    decoder = language.Decoder(language.Config())
    decoder.load_state_dict(weights)
    return decoder


def licences(names):
    try:
        return np.concatenate([np.frombuffer((LICENCES / name).read_bytes(), np.uint8) for name in names])
    except OSError as error:
        sys.exit(f"the texts are those of Debian's package base-files: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer, to try the script")
    arguments = parser.parse_args()
    folder = arguments.folder
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)

    text, test = licences(TRAINING), licences(TEST)
    base = language.load_safetensors(BASE)
    if arguments.check:
        load = lambda name: language.load_safetensors(folder / name)
        adapted, whole = adapted_model({**base, **load("adapters.safetensors")}), whole_model(load("whole.safetensors"))
    else:
        adapted = adapted_model(base)
        for name, p in adapted.named_parameters():
            p.requires_grad_(is_adapted(name))
        trained = [p for p in adapted.parameters() if p.requires_grad]
        language.train(adapted, text, arguments.steps, ADAPTER_RATE, groups=[{"params": trained, "weight_decay": 0.0}])
        whole = language.train(whole_model(base), text, arguments.steps, WHOLE_RATE)
        language.save_safetensors(folder / "adapters.safetensors",
                                  {name: t for name, t in adapted.state_dict().items() if is_adapted(name)})
        language.save_safetensors(folder / "whole.safetensors", whole.state_dict())
        rows = io.BytesIO()
        np.save(rows, language.windows(test))
        language.write_whole(folder / "test.npy", rows.getvalue())
    count = sum(p.numel() for name, p in adapted.named_parameters() if is_adapted(name))
    figures = {
        "perplexity before": language.perplexity(whole_model(base), test),
        "perplexity adapted": language.perplexity(adapted, test),
        "perplexity whole": language.perplexity(whole, test),
        "share": count / sum(t.numel() for t in base.values()),
    }
    print("\n".join(f"{name} {value:.4f}" for name, value in figures.items()))
    if not arguments.check:
        language.save_figures(folder / "figures.json", figures)


if __name__ == "__main__":
    main()
