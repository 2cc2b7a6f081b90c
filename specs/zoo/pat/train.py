#!/usr/bin/env python3
"""Tunes the model of ../geb to do without a quarter of its channels, and writes what this folder holds.

    train.py [FOLDER]            tune, write weights, mask and figures
    train.py --check [FOLDER]    load the weights again, print the figures
    train.py --controls          the same training without masks, and with the mask of this folder from the first
                                 step on; prints perplexities, writes nothing

Needs ../geb/geb.safetensors, PyTorch and the Debian packages bible-kjv and bible-kjv-text. Runs in
one thread from fixed seeds, so that the same versions of PyTorch and processor give the same bytes again.
"""

import argparse
import math
import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import language  # noqa: E402

SEED = 2
STEPS = 1200
RATE = 3e-3
RANK = 2
KEPT = 72  # of 96 channels
MASK = "model.dimdown0.dimdown_mask.mask"
BASE = Path(__file__).resolve().parent.parent / "geb/geb.safetensors"


class Mask(nn.Module):
    """The mask of the whole model: a channel is kept where it is above 0."""

    def __init__(self, channels):
        super().__init__()
        self.mask = nn.Parameter(torch.full((1, 1, channels), 0.5))

    def hard(self):
        return (self.mask > 0).float()

    def soft(self, step, steps):
        """Nearly 1 everywhere at first, nearly the hard mask at the end; fixed from four fifths of the steps on."""
        sharpness = min(max(1, step), int(0.8 * steps))
        tau = 1 / (1 - math.log(sharpness) / math.log(steps) + 1e-6)
        soft = 1 / (1 + torch.exp(torch.clamp(-tau * self.mask, max=10.0))) + max(0.5 - step / steps, 0.0)
        return soft.detach() if step >= int(0.8 * steps) else soft

    def loss(self):
        """As many channels as are wanted, straight through, and each of them near 0.5 or -0.5."""
        counted = self.hard() + self.mask - self.mask.detach()
        total = 10 * (counted.sum() - KEPT).abs() / KEPT
        for part, centre in ((self.mask[self.mask > 0], 0.5), (self.mask[self.mask <= 0], -0.5)):
            if part.numel():
                total = total + (part - centre).square().mean()
        return total


class Scale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, channels))


class Sparsification(nn.Module):
    """s ⊙ mask ⊙ (x + U V x)"""

    def __init__(self, channels, rank):
        super().__init__()
        down, up = nn.Linear(channels, rank, bias=False), nn.Linear(rank, channels, bias=False)
        nn.init.orthogonal_(down.weight)
        nn.init.zeros_(up.weight)
        self.dimdown_inout = nn.Sequential(down, up)
        self.dimdown_scale = Scale(channels)

    def forward(self, x, mask):
        return self.dimdown_scale.weight * mask * (x + self.dimdown_inout(x))

    def identity_loss(self):
        v = self.dimdown_inout[0].weight
        return (v @ v.T - torch.eye(len(v))).square().mean()

    def matrix(self):
        v, u = (layer.weight.double() for layer in self.dimdown_inout)
        return self.dimdown_scale.weight.double().T * (torch.eye(len(u)) + u @ v)


class Layer(language.Layer):
    def __init__(self, config):
        super().__init__(config)
        self.dimdown0 = Sparsification(config.hidden, RANK)
        self.dimdown1 = Sparsification(config.hidden, RANK)
        self.current = None  # the mask that the model uses now

    def attended(self, y):
        return self.dimdown0(y, self.current)

    def fed(self, y):
        return self.dimdown1(y, self.current)


class Model(language.Model):
    def __init__(self, config, layer):
        super().__init__(config, layer)
        self.dimdown0 = Sparsification(config.hidden, RANK)
        self.dimdown0.dimdown_mask = Mask(config.hidden)
        self.use(None)

    def use(self, mask):
        """Sets the mask, the hard one unless given."""
        self.current = mask
        for layer in self.layers:
            layer.current = self.dimdown0.dimdown_mask.hard() if mask is None else mask

    def embedded(self, tokens):
        mask = self.dimdown0.dimdown_mask.hard() if self.current is None else self.current
        return self.dimdown0(self.embed_tokens(tokens), mask)


def sparse_model(weights):
    """The sparse model with these weights, as it starts where they have none."""
    decoder = language.Decoder(language.Config(), Layer, Model)
    for module in decoder.modules():  # a decoder's own initial weights are not those of the sparsification
        if isinstance(module, Sparsification):
            nn.init.orthogonal_(module.dimdown_inout[0].weight)
            nn.init.zeros_(module.dimdown_inout[1].weight)
    unknown = decoder.load_state_dict(weights, strict=False).unexpected_keys
    assert not unknown, unknown
    decoder.model.use(None)
    return decoder


def tune(decoder, text, steps):
    mask = decoder.model.dimdown0.dimdown_mask
    modules = [m for m in decoder.modules() if isinstance(m, Sparsification)]

    def loss(decoder, rows, step):
        decoder.model.use(mask.soft(step, steps))
        return (language.cross_entropy(decoder, rows) + mask.loss()
                + sum(m.identity_loss() for m in modules))

    others = [p for name, p in decoder.named_parameters() if name != MASK]
    # AdamW alone would move all of the mask at the same pace, whatever the channels are worth: a large eps leaves
    # the gradients' differences in the steps.
    groups = language.groups_of(others) + [
        {"params": [mask.mask], "weight_decay": 0.0, "scale": 2.0, "eps": 0.1, "betas": (0.0, 0.98)}]
    language.train(decoder, text, steps, RATE, loss, groups=groups)
    decoder.model.use(None)
    print(f"{int(mask.hard().sum())} channels kept")


def controls(base, text, test, steps, mask):
    """Perplexity of the model trained as long with all its channels, and of that without the mask's channels from the
    start, the mask being all that is left of tuning."""
    result = {}
    torch.manual_seed(SEED)
    whole = language.Decoder(language.Config())
    whole.load_state_dict(base)
    result["all channels, trained as long"] = language.perplexity(language.train(whole, text, steps, RATE), test)
    torch.manual_seed(SEED)
    cut = sparse_model({**base, MASK: mask})
    trained = [p for name, p in cut.named_parameters() if name != MASK]
    language.train(cut, text, steps, RATE, groups=language.groups_of(trained))
    result["cut first, then trained as long"] = language.perplexity(cut, test)
    return result


@torch.no_grad()
def folded(decoder):
    """(configuration, weights) of the dense model that computes the same with the kept channels alone."""
    config = decoder.config
    kept = (decoder.model.dimdown0.dimdown_mask.mask.flatten() > 0).nonzero().flatten()
    share = len(kept) / config.hidden
    weights = {name: t.double() for name, t in decoder.state_dict().items() if "dimdown" not in name}
    for name, t in weights.items():
        if name.endswith("norm.weight"):  # the mean of squares is now over the kept channels
            weights[name] = t[kept] / share ** 0.5
        elif name.endswith("embed_tokens.weight"):
            weights[name] = t @ decoder.model.dimdown0.matrix()[kept].T
        elif name.endswith(("o_proj.weight", "down_proj.weight")):
            layer = decoder.model.layers[int(name.split(".")[2])]
            module = layer.dimdown0 if "o_proj" in name else layer.dimdown1
            weights[name] = module.matrix()[kept] @ t
        elif name.endswith(".weight"):
            weights[name] = t[:, kept]
    small = language.Config(hidden=len(kept), eps=config.eps / share)
    return small, {name: t.float() for name, t in weights.items()}


def figures(base, decoder, test):
    small, small_weights = folded(decoder)
    cut = sparse_model({**base, MASK: decoder.model.dimdown0.dimdown_mask.mask.detach()})
    before = language.Decoder(language.Config())
    before.load_state_dict(base)
    after = language.Decoder(small)
    after.load_state_dict(small_weights)
    models = {"perplexity before": before, "perplexity cut": cut, "perplexity tuned": decoder,
              "perplexity folded": after}
    return {name: language.perplexity(model, test) for name, model in models.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--controls", action="store_true")
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer, to try the script")
    arguments = parser.parse_args()
    folder = arguments.folder
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)

    text, test = language.bible()
    base = language.load_safetensors(BASE)
    if arguments.controls:
        mask = language.load_safetensors(folder / "mask.safetensors")[MASK]
        for name, value in controls(base, text, test, arguments.steps, mask).items():
            print(f"{name}: perplexity {value:.4f}")
        return
    if arguments.check:
        load = lambda name: language.load_safetensors(folder / name)
        decoder = sparse_model({**load("pat.safetensors"), **load("mask.safetensors")})
    else:
        decoder = sparse_model(base)
        tune(decoder, text, arguments.steps)
        weights = decoder.state_dict()
        language.save_safetensors(folder / "mask.safetensors", {MASK: weights.pop(MASK)})
        language.save_safetensors(folder / "pat.safetensors", weights)
    result = figures(base, decoder, test)
    print("\n".join(f"{name} {value:.4f}" for name, value in result.items()))
    if not arguments.check:
        language.save_figures(folder / "figures.json", result)


if __name__ == "__main__":
    main()
