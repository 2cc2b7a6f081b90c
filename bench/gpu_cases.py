"""What bench/gpu.py compiles for devices: models that it times, and models of which it compares what device and processor
give."""

import re
import shlex

from pathlib import Path

# What is beside the device; and one that multiplies bytes and bf16, as those do that have such devices today.
PROCESSOR, ROUNDING_PROCESSOR = "x86-64-v3", "cooperlake"
# Of a weights file, tensors of fewer bytes travel; larger ones are made up where they are used, unless `true_bytes` of a
# case says more.
TRUE_BYTES = 1 << 14


def precision(stored):
    return {"stored": stored, "activations": "int8" if stored.startswith("int") else stored}


def product(tokens, inputs, features, stored="f32"):
    return {"spec": "bench/specs/product.yaml", "dims": {"tokens": tokens}, "peers": ["eager"],
            "settings": {"inputs": inputs, "features": features, "most": max(tokens, 64), "bias": False,
                         **precision(stored)}}


def attention(entry, tokens):
    return {"spec": "bench/specs/attention.yaml", "entry": entry, "peers": ["eager"],
            "settings": {"heads": 16, "kv_heads": 4}, "dims": {"keys" if entry == "decode" else "tokens": tokens}}


def mixer(channels, side):
    return {"spec": "bench/specs/filter.yaml", "settings": {"channels": channels, "side": side}, "peers": ["eager"]}


def convolution(side, inputs, channels, kernel, stride=1):
    return {"spec": "bench/specs/convolution.yaml", "peers": ["eager"],
            "settings": {"side": side, "inputs": inputs, "channels": channels, "kernel": kernel, "stride": stride,
                         "groups": 1}}


def language(entry, dims, stored, layers=24):
    return {"spec": "specs/geb/geb-1.3b.yaml", "entry": entry, "dims": dims,
            "peers": ["eager"] if stored == "bf16" else [],
            "settings": {"layers": layers, "context": 1024, **precision(stored)}}


def folded(entry, dims, stored, kept):
    """A network of GEB's shape with PAT's masks, folded; without masks where all channels are kept."""
    settings = {"vocabulary": 64896, "kv_heads": 4, "ffn": 5632, "context": 512, "layers": 8, "hsm": kept < 1}
    return {"spec": "specs/pat/llama-1.3b.yaml", "entry": entry, "dims": dims, "settings": {**settings, **precision(stored)},
            "kept": {"model.dimdown0.dimdown_mask.mask": kept} if kept < 1 else {}}


MODELS = {
    "product 512x2048x2048": product(512, 2048, 2048),
    "product 4096x4096x4096": product(4096, 4096, 4096),
    "product 1x2048x5632": product(1, 2048, 5632),
    "product 512x2048x5632 bf16": product(512, 2048, 5632, "bf16"),
    "product 4096x4096x4096 bf16": product(4096, 4096, 4096, "bf16"),
    "product 128x2048x2048 bf16": product(128, 2048, 2048, "bf16"),
    "product 512x2048x5632 int8": product(512, 2048, 5632, "int8"),
    "convolution 64 to 64, 3x3, 56x56": convolution(56, 64, 64, 3),
    "convolution 1024 to 256, 14x14": convolution(14, 1024, 256, 1),
    "convolution 24 to 24, 3x3, 256x256": convolution(256, 24, 24, 3),
    "attention, prompt of 512": attention("prompt", 512),
    "attention, a token after 1023": attention("decode", 1024),
    "mixer 144, 32x32": mixer(144, 32),
    "mixer 192, 16x16": mixer(192, 16),
    "mixer 240, 8x8": mixer(240, 8),
    "digits, 256 images": {"spec": "specs/digits/digits.yaml", "dims": {"batch": 256}},
    "AFFNet-ET": {"spec": "specs/affnet/affnet-et.yaml", "peers": ["eager"]},
    "AFFNet": {"spec": "specs/affnet/affnet-base.yaml", "peers": ["eager"]},
    "MobileNet-V2": {"spec": "specs/mobilenet/mobilenet-v2.yaml", "peers": ["eager"]},
    "ResNet-50": {"spec": "specs/resnet/resnet50.yaml", "peers": ["eager"]},
    "ResNet-50, 16 images": {"spec": "specs/resnet/resnet50.yaml", "dims": {"batch": 16}, "peers": ["eager"]},
    "MgNO Darcy": {"spec": "specs/mgno/darcy.yaml", "peers": ["eager", "compiled"]},
    "MgNO Darcy, 8 images": {"spec": "specs/mgno/darcy.yaml", "dims": {"batch": 8}, "peers": ["eager", "compiled"]},
    "GEB-1.3B, a token, bf16": language("decode", {"past": 128}, "bf16"),
    "GEB-1.3B, a token, int8": language("decode", {"past": 128}, "int8"),
    "GEB-1.3B, a token, int4": language("decode", {"past": 128}, "int4"),
    "GEB-1.3B, prompt of 512, bf16": language("prefill", {"tokens": 512}, "bf16"),
    "PAT, prompt of 128, all, bf16": folded("prefill", {"tokens": 128, "past": 0}, "bf16", 1),
    "PAT, prompt of 128, 75 %, bf16": folded("prefill", {"tokens": 128, "past": 0}, "bf16", 0.75),
    "PAT, a token, all, bf16": folded("decode", {"past": 128}, "bf16", 1),
    "PAT, a token, 75 %, bf16": folded("decode", {"past": 128}, "bf16", 0.75),
}

# Experts' time follows how many of them tokens pick: null experts' logits have a token's first feature added.
EXPERTS = {"true_bytes": 1 << 17, "spec": "specs/adamoe/layer.yaml", "settings": {"hidden": 1024, "ffn": 3584},
           "dims": {"tokens": 256},
           "columns": {"gate.weight": 0, "gate2.weight": 1}, "leads": [-6, -1.5, -1, -0.6, -0.3, 0, 0.3, 0.6, 1, 1.5, 6]}

ROUNDED = "test/specs/Inputs/rounded-inputs.yaml"
# Where matrices are multiplied by a device's instructions, at sizes that no tile divides.
PRODUCTS = {
    "rounded bf16": (ROUNDED, ["stored=bf16", "activations=bf16"], {"batch": 19}),
    "rounded rows bf16": ("test/specs/Inputs/rounded-rows.yaml", [], {}),
    "rounded epilogues bf16": ("test/specs/Inputs/rounded-epilogues.yaml", ["stored=bf16"], {}),
    "rounded int8": (ROUNDED, [], {"batch": 19}),
    "rounded int8 with zero points": (ROUNDED, ["zero_point=true"], {"batch": 19}),
    "rounded int4": (ROUNDED, ["stored=int4", "zero_point=true"], {"batch": 19}),
    **{f"{rows} rows {stored} by {activations}":
           ("bench/specs/product.yaml", [f"stored={stored}", f"activations={activations}", *sizes], {"tokens": rows})
       for stored, activations in (("f32", "f32"), ("bf16", "bf16"), ("bf16", "f32"), ("int8", "int8"), ("int4", "int8"))
       for rows, sizes in ((1, ["inputs=512", "features=1031"]), (67, ["inputs=520", "features=264"]),
                           (301, ["inputs=512", "features=513"]))},
}


def systems(root):
    """Names, specs and settings of the ten systems in the test that runs them on a device, and of products; and the
    processor to compare with, which for products rounds activations as devices do."""
    test = (Path(root) / "test" / "specs" / "vulkan-systems.test").read_text()
    for spec, sizes in re.findall(r"%{system} = (\S+)\nREDEFINE: %{sizes} = (.*)", test):
        yield spec.replace("/", "-"), f"specs/{spec}.yaml", shlex.split(sizes), PROCESSOR
    for name, (spec, settings, _) in PRODUCTS.items():
        yield name, spec, [word for setting in settings for word in ("--set", setting)], ROUNDING_PROCESSOR
