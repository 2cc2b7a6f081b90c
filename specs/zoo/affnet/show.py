"""What the small trained AFFNet shows: see README.md."""

import json
import subprocess

SYSTEM = "AFFNet"


def accuracy(zoo, program):
    """The share of right answers, and the logits."""
    labels = zoo.tensor("test_labels.npy").values
    logits = program.run(["logits"], image=zoo.path("test_images.npy"))["logits"].values
    right = sum((logits[2 * i + 1] > logits[2 * i]) == bool(label)
                for i, label in enumerate(labels))
    return right / len(labels), logits


def cost(zoo, *options):
    """(parameters, multiply-adds of one image)."""
    words = [zoo.lathe, "explain", zoo.path("same.yaml"), "--json", *options]
    table = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return table["parameters"], sum(op["macs"] for op in table["ops"])


def show(zoo):
    reached, costs = {}, {}
    for kind, text in (("filter", "with frequency filters"), ("plain", "more channels instead")):
        options = ["--set", f"filter={str(kind == 'filter').lower()}"]
        program = zoo.compile("same.yaml", f"{kind}.safetensors", *options, name=kind)
        reached[kind], _ = accuracy(zoo, program)
        costs[kind] = cost(zoo, *options)
        zoo.figure(f"two digits, the same or not: {text}", reached[kind], kind, "%")
    is_cheaper = all(a <= b for a, b in zip(costs["filter"], costs["plain"]))
    zoo.claim(reached["filter"] > reached["plain"] and is_cheaper,
              "filters compare what lies apart: "
              f"{100 * (reached['filter'] - reached['plain']):+.1f} points with "
              f"{costs['filter'][0]:,} parameters and {costs['filter'][1]:,} multiply-adds for "
              f"{costs['plain'][0]:,} and {costs['plain'][1]:,}")
    zoo.precisions("the same or not: with frequency filters", lambda program: accuracy(zoo, program), "same.yaml",
                   "filter.safetensors", unit="%", within={"int8": 0.003})
