"""What the small trained MobileNet-V2 with subspace attention shows: see README.md."""

import json
import subprocess

SYSTEM = "ULSAM"
CHANCE = 2.2  # points by which one kind differs among three seeds, at most: see README.md
KINDS = {
    "attention": "subspace attention for a bottleneck",
    "full": "the bottleneck",
    "removed": "nothing in its place",
    "narrow": "the bottleneck, fewer channels",
}


def accuracy(zoo, program):
    """The share of right answers, and the logits."""
    labels = zoo.tensor("test_labels.npy").values
    logits = program.run(["logits"], entry="main", image=zoo.path("test_images.npy"))
    rows = logits["logits"].values
    right = 0
    for i, label in enumerate(labels):
        row = rows[10 * i:10 * i + 10]
        right += row.index(max(row)) == label
    return right / len(labels), rows


def cost(zoo, *options):
    """(parameters, FLOPs of one image in `main`)."""
    words = [zoo.lathe, "explain", zoo.path("clutter.yaml"), "--json", *options]
    table = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return table["parameters"], sum(op["flops"] for op in table["ops"] if op["entry"] == "main")


def show(zoo):
    reached, parameters, flops = {}, {}, {}
    for kind, text in KINDS.items():
        options = ["--set", f"kind={kind}"]
        program = zoo.compile("clutter.yaml", f"{kind}.safetensors", *options, name=kind)
        reached[kind], _ = accuracy(zoo, program)
        parameters[kind], flops[kind] = cost(zoo, *options)
        zoo.figure(f"a digit in clutter: {text}", reached[kind], kind, "%")

    def lead(other):
        return 100 * (reached["attention"] - reached[other])

    less = [100 * (1 - table["attention"] / table["full"]) for table in (parameters, flops)]
    zoo.claim(lead("full") >= -CHANCE and min(less) > 0,
              f"attention for a bottleneck saves {less[0]:.0f} % of the parameters and "
              f"{less[1]:.0f} % of the FLOPs at {lead('full'):+.1f} points, where seeds differ "
              f"by up to {CHANCE}")
    zoo.claim(lead("narrow") > CHANCE and parameters["attention"] <= parameters["narrow"]
              and flops["attention"] <= flops["narrow"],
              f"{lead('narrow'):+.1f} points against fewer channels, which cost "
              f"{parameters['narrow']:,} parameters for {parameters['attention']:,}: more than "
              "chance")
    zoo.claim(lead("removed") > CHANCE,
              f"{lead('removed'):+.1f} points against nothing in its place: more than chance")
    zoo.precisions("a digit in clutter: subspace attention", lambda program: accuracy(zoo, program), "clutter.yaml",
                   "attention.safetensors", unit="%", within={"int8": 0.003})
