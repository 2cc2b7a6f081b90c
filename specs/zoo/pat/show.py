"""What pruning-aware tuning does to the language model of ../geb: see README.md."""

import json
import math
import subprocess

from golden_case import Failure

SYSTEM = "PAT"
TEXT = "../geb/test.npy"
UNTUNED = "--set=hsm_rank=0", "--set=hsm_scale=false"


def perplexity(zoo, program):
    return math.exp(program.run(["loss"], "--entry", "score", text=zoo.path(TEXT))["loss"].values[0])


def flops(zoo, *options):
    """What the compiler counts for the score of one row of 257 bytes."""
    done = subprocess.run([zoo.lathe, "explain", zoo.path("../geb/geb.yaml"), "--json", "--dim", "texts=1",
                           "--dim", "bytes=257", *options], capture_output=True, text=True)
    if done.returncode:
        raise Failure(done.stderr.strip())
    return sum(op["flops"] for op in json.loads(done.stdout)["ops"] if op["entry"] == "score")


def show(zoo):
    before = zoo.compile("../geb/geb.yaml", "../geb/geb.safetensors", name="before")
    cut = zoo.compile("pat.yaml", ["../geb/geb.safetensors", "mask.safetensors"], *UNTUNED, name="cut")
    tuned = zoo.compile("pat.yaml", ["pat.safetensors", "mask.safetensors"], name="tuned")
    # Without the dropped channels, the mean of squares in a norm is over three quarters as many.
    narrow = "--set=hidden=72", f"--set=eps={1e-5 * 96 / 72!r}"
    folded = zoo.compile("../geb/geb.yaml", "folded.safetensors", *narrow, name="folded")
    values = {name: perplexity(zoo, program) for name, program in
              (("tuned", tuned), ("before", before), ("cut", cut), ("folded", folded))}
    zoo.figure("perplexity, 72 of 96 channels, tuned", values["tuned"], "perplexity tuned")
    zoo.figure("perplexity of ../geb, 96 channels", values["before"], "perplexity before")
    zoo.figure("perplexity, the same channels cut without tuning", values["cut"], "perplexity cut")
    zoo.figure("perplexity, the masks folded into 72 channels", values["folded"], "perplexity folded")

    lost, cut_lost = values["tuned"] - values["before"], values["cut"] - values["before"]
    zoo.claim(lost < 0.1 * cut_lost, f"tuning takes back {100 * (1 - lost / cut_lost):.1f} % of the perplexity that"
                                     f" cutting the channels costs, by 1,200 steps of training more")
    zoo.claim(lost < 0.05 * values["before"],
              f"dropping a quarter of the channels costs less than a twentieth of perplexity, training on:"
              f" {values['before']:.3f} to {values['tuned']:.3f}")
    zoo.claim(abs(values["tuned"] - values["folded"]) < 1e-4 * values["tuned"],
              f"the folded model is the same with {100 * folded.weights_bytes / before.weights_bytes:.1f} % of the"
              f" weights and {100 * flops(zoo, *narrow) / flops(zoo):.1f} % of the work")
