"""What bench/run.py measures: the kernels that the specs are made of at the shapes they have there, and whole models.

A case is a dict: its `name` and `family`; `spec`, `settings`, `entry`, `dims` and `inputs` as programs.py takes them;
`ranges` of the numbers along the last dimension of inputs; `scaled`, factors of weights by patterns of their names;
`threads`, if not the default of its kind; `unread`, a pattern of names of weights of which a run reads next to nothing.
"""

import json

from programs import ROOT


def precision(stored):
    """Settings of matrices stored so: peers round activations with fewer bits, too, and so do we."""
    return {"stored": stored, "activations": "int8" if stored.startswith("int") else stored}


def product(name, tokens, inputs, features, stored="f32", bias=False):
    family = "products" if stored == "f32" else "products of matrices in fewer bits"
    name = f"{name}, {tokens}×{inputs}×{features}" + ("" if stored == "f32" else f", {stored}")
    return {"name": name, "family": family, "spec": "bench/specs/product.yaml", "dims": {"tokens": tokens},
            "settings": {"inputs": inputs, "features": features, "bias": bias, **precision(stored)}}


def convolution(name, side, inputs, channels, kernel, stride=1, groups=1):
    shape = f"{kernel}×{kernel}" + (f"/{stride}" if stride > 1 else "")
    counts = f"depthwise {channels}" if groups == inputs else f"{inputs} to {channels}"
    return {"name": f"{name}, {shape}, {counts}, {side}²", "family": "convolutions",
            "spec": "bench/specs/convolution.yaml",
            "settings": {"side": side, "inputs": inputs, "channels": channels, "kernel": kernel, "stride": stride,
                         "groups": groups}}


def mixer(channels, side):
    return {"name": f"AFF mixer {channels}, {side}²", "family": "frequency filters", "spec": "bench/specs/filter.yaml",
            "settings": {"channels": channels, "side": side}}


def attention(name, entry, tokens, **settings):
    return {"name": name, "family": "attention", "spec": "bench/specs/attention.yaml", "entry": entry,
            "settings": settings, "dims": {"keys" if entry == "decode" else "tokens": tokens}}


def language(name, entry, dims, stored):
    return {"name": f"{name}, {stored}", "family": "language models", "spec": "specs/geb/geb-1.3b.yaml", "entry": entry,
            "settings": {"layers": 4, "vocabulary": 8192, "context": 512, **precision(stored)},
            "dims": dims, "unread": "embed_tokens"}


def models():
    """The models of models.json."""
    for model in json.loads((ROOT / "bench" / "models.json").read_text()):
        yield {"family": "models", "threads": "all", **model}


def all_cases():
    return [
        product("GEB, queries", 504, 2048, 2048), product("GEB, gate", 128, 2048, 5632),
        product("T5-base, feed-forward", 128, 768, 3072), product("ViT-B, feed-forward", 197, 768, 3072, bias=True),
        product("a token", 1, 2048, 5632), product("8 tokens", 8, 2048, 2048),
        *(product("a token", 1, 2048, 5632, stored) for stored in ("bf16", "int8", "int4")),
        *(product("GEB, queries", 128, 2048, 2048, stored) for stored in ("bf16", "int8")),
        convolution("ResNet stem", 224, 3, 64, 7, 2), convolution("ResNet", 56, 64, 64, 3),
        convolution("ResNet", 14, 256, 256, 3), convolution("ResNet", 56, 64, 256, 1),
        convolution("ResNet", 14, 1024, 256, 1), convolution("ResNet", 28, 512, 1024, 1, 2),
        convolution("MobileNet", 56, 24, 144, 1), convolution("MobileNet", 56, 144, 144, 3, 1, 144),
        convolution("MobileNet", 14, 576, 576, 3, 1, 576), convolution("AFFNet", 32, 128, 64, 1),
        convolution("MgNO", 256, 24, 24, 3), convolution("MgNO, second level", 256, 24, 24, 3, 2),
        mixer(144, 32), mixer(192, 16), mixer(240, 8),
        attention("GEB, prompt of 128", "prompt", 128, heads=16, kv_heads=4, width=128),
        attention("GEB, prompt of 512", "prompt", 512, heads=16, kv_heads=4, width=128),
        attention("GEB, a token after 1,023", "decode", 1024, heads=16, kv_heads=4, width=128),
        attention("StageInteractor, 100 queries, bias", "written", 100, heads=8, width=32),
        *models(),
        *(language("GEB, 4 layers, prompt of 128", "prefill", {"tokens": 128}, stored)
          for stored in ("f32", "bf16", "int8", "int4")),
        # Of so many, two ways to store numbers in 4 bits agree in little, and llama.cpp strays in f32 (README.md).
        *(language("GEB, 4 layers, prompt of 512", "prefill", {"tokens": 512}, stored)
          for stored in ("bf16", "int8")),
        *(language("GEB, 4 layers, a token after 128", "decode", {"past": 128}, stored)
          for stored in ("f32", "bf16", "int8", "int4")),
    ]
