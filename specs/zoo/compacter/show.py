"""What Kronecker adapters do for the language model of ../geb: see README.md."""

import json
import math

SYSTEM = "Compacter"
TEXT = "test.npy"


def perplexity(zoo, program):
    return math.exp(program.run(["loss"], "--entry", "score", text=zoo.path(TEXT))["loss"].values[0])


def trained_share(zoo):
    """Numbers in the file of adapters, the rule that all share counted once, over those of the base."""
    tensors = sizes(zoo.path("adapters.safetensors"))
    rules = [count for name, count in tensors.items() if name.endswith("phm_rule")]
    adapted = sum(tensors.values()) - sum(rules) + rules[0]
    return adapted / sum(sizes(zoo.path("../geb/geb.safetensors")).values())


def sizes(path):
    """Numbers in each tensor of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return {name: math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__"}


# Of few tokens, some processors are faster with merged adapters. The sizes told are those of adapters as they are.
AS_THEY_ARE = "--adapters=factored"


def show(zoo):
    before = zoo.compile("../geb/geb.yaml", "../geb/geb.safetensors", name="before")
    adapted = zoo.compile("compacter.yaml", ["../geb/geb.safetensors", "adapted=adapters.safetensors"],
                          AS_THEY_ARE)
    whole = zoo.compile("../geb/geb.yaml", "whole.safetensors", name="whole")
    values = {name: perplexity(zoo, program) for name, program in
              (("adapted", adapted), ("before", before), ("whole", whole))}
    share = trained_share(zoo)
    zoo.figure("perplexity of licence texts, adapters trained", values["adapted"], "perplexity adapted")
    zoo.figure("perplexity of ../geb as it is", values["before"], "perplexity before")
    zoo.figure("perplexity, all weights trained", values["whole"], "perplexity whole")
    zoo.figure("trained parameters, of all", share, "share", "%")

    gained = (math.log(values["before"] / values["adapted"]) / math.log(values["before"] / values["whole"]))
    zoo.claim(values["adapted"] < values["before"] / 2,
              f"{100 * share:.2f} % of the parameters bring perplexity from {values['before']:.1f} to"
              f" {values['adapted']:.1f}, {100 * gained:.0f} % of the way (in logarithms) of training all")
    zoo.claim(values["adapted"] <= 1.05 * values["whole"],
              f"on par with training all weights, within 5 %: {values['adapted']:.2f} against {values['whole']:.2f}")
    size = zoo.path("adapters.safetensors").stat().st_size
    zoo.claim(size < 0.03 * before.weights_bytes, f"a task more is a file of {size / 1e3:.1f} kB")

    def measure(program):
        value = perplexity(zoo, program)
        return value, [math.log(value)]

    zoo.precisions("perplexity, adapters trained", measure, "compacter.yaml",
                   ["../geb/geb.safetensors", "adapted=adapters.safetensors"], AS_THEY_ARE,
                   within={"int8": 0.005, "int4": 0.03}, full=adapted)
