"""What pruning-aware tuning does to the language model of ../geb: see README.md."""

import math

SYSTEM = "PAT"
TEXT = "../geb/test.npy"
UNTUNED = "--set=hsm_rank=0", "--set=hsm_scale=false"


def perplexity(zoo, program):
    return math.exp(program.run(["loss"], "--entry", "score", text=zoo.path(TEXT))["loss"].values[0])


def show(zoo):
    before = zoo.compile("../geb/geb.yaml", "../geb/geb.safetensors", name="before")
    cut = zoo.compile("pat.yaml", ["../geb/geb.safetensors", "mask.safetensors"], *UNTUNED, name="cut")
    files = ["pat.safetensors", "mask.safetensors"]
    tuned = zoo.compile("pat.yaml", files, "--without=fold-masks", name="tuned")
    folded = zoo.compile("pat.yaml", files, name="folded")
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
              f"what the compiler makes of it without the dropped channels is the same with"
              f" {100 * folded.weights_bytes / tuned.weights_bytes:.1f} % of the weights, and with"
              f" {100 * folded.weights_bytes / before.weights_bytes:.1f} % of those of ../geb")

    def measure(program):
        value = perplexity(zoo, program)
        return value, [math.log(value)]

    zoo.precisions("perplexity, the masks folded", measure, "pat.yaml", files, within={"int8": 0.005, "int4": 0.03},
                   full=folded)
