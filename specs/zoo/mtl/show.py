"""What the small controllable network of two tasks shows: see README.md."""

import itertools
import json
import math
import subprocess

SYSTEM = "Controllable MTL"
WIDTHS = list(itertools.product(range(4), repeat=3))  # the encoder's, then the decoders'
NAMED = {(3, 3, 3): "widest", (1, 3, 0): "wide first decoder", (1, 0, 3): "wide second decoder",
         (0, 0, 0): "narrowest"}


def inputs(widths):
    return dict(zip(("encoder_width", "decoder_width0", "decoder_width1"), widths))


def measure(program, image, labels, clean, widths):
    """The first task's accuracy, and the root mean square of the second one's error, of grey
    values from 0 to 1."""
    made = program.run(["logits", "clean"], entry="main", image=image, **inputs(widths))
    rows = made["logits"].values
    right = 0
    for i, label in enumerate(labels):
        row = rows[10 * i:10 * i + 10]
        right += row.index(max(row)) == label
    return right / len(labels), math.dist(made["clean"].values, clean) / math.sqrt(len(clean))


def sweep(zoo, program):
    """What `measure` gives at each of WIDTHS."""
    labels = zoo.tensor("test_labels.npy").values
    clean = [value / 16 for value in zoo.tensor("test_clean.npy").values]
    return {widths: measure(program, zoo.path("test_images.npy"), labels, clean, widths)
            for widths in WIDTHS}


def flops(lathe, spec, widths):
    """FLOPs of one image at these widths."""
    encoder, *decoders = widths
    sizes = {"encoder0": 3 * (encoder + 1), "encoder1": 6 * (encoder + 1),
             "decoder0": 6 * (decoders[0] + 1), "decoder1": 6 * (decoders[1] + 1)}
    words = [lathe, "explain", spec, "--json"]
    for name, size in sizes.items():
        words += ["--dim", f"{name}={size}"]
    table = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return sum(op["flops"] for op in table["ops"] if op["entry"] == "main")


def milliseconds(program, image, widths):
    """The time of one call on all test images, in one thread."""
    words = [text for name, width in inputs(widths).items() for text in (f"--{name}", width)]
    text = program.call("main", "--image", image, *words, "--threads", 1, "--bench=0.3")
    return float(text.split("median")[1].split()[0])


def chosen(program, budget, task):
    """The widths that the program finds for a budget and the task that matters, and their
    share of the FLOPs."""
    names = ["encoder_width", "decoder_width0", "decoder_width1", "share"]
    found = program.run(names, entry="prefer", budget=budget, task=task)
    *widths, share = (found[name].values[0] for name in names)
    return tuple(widths), share


def show(zoo):
    program = zoo.compile("mtl.yaml", "mtl.safetensors")
    table = sweep(zoo, program)
    expected = {tuple(map(int, text.split())): pair
                for text, pair in zoo.expected["widths"].items()}
    for widths, text in NAMED.items():
        for which, (what, unit) in enumerate((("digit", "%"), ("error of denoising", ""))):
            name = f"{' '.join(map(str, widths))} {('accuracy', 'error')[which]}"
            zoo.figure(f"{what}, {text} ({' '.join(map(str, widths))})", table[widths][which],
                       name, unit)
    furthest = max(abs(a - b) for widths in table
                   for a, b in zip(table[widths], expected[widths]))
    zoo.figure(f"furthest from PyTorch of {len(table)} combinations", furthest, "furthest")

    cost = {widths: flops(zoo.lathe, zoo.path("mtl.yaml"), widths) for widths in NAMED}
    time = {widths: milliseconds(program, zoo.path("test_images.npy"), widths)
            for widths in NAMED}
    full, narrow = (3, 3, 3), (0, 0, 0)
    zoo.claim(time[narrow] < time[full] / 2,
              "time follows the widths: " + ", ".join(
                  f"{' '.join(map(str, w))} costs {100 * cost[w] / cost[full]:.0f} % of the FLOPs "
                  f"and {100 * time[w] / time[full]:.0f} % of the time" for w in list(NAMED)[1:]))
    for percent in (80, 60, 40, 20):
        found = [chosen(program, percent / 100, task) for task in range(2)]
        reached = [table[widths] for widths, _ in found]
        # What is spent on a task serves it better than what is spent on the other.
        is_better = reached[0][0] >= reached[1][0] and reached[1][1] <= reached[0][1]
        is_true = all(
            abs(share - flops(zoo.lathe, zoo.path("mtl.yaml"), widths) / cost[full]) < 1e-6
            and share <= percent / 100 for widths, share in found)
        zoo.claim(is_better and is_true, f"within {percent} % of the FLOPs; " + "; ".join(
            f"task {task} matters: widths {' '.join(map(str, widths))}, {100 * share:.0f} % of the "
            f"FLOPs, {100 * accuracy:.1f} % right, error {error:.4f}"
            for task, ((widths, share), (accuracy, error)) in enumerate(zip(found, reached))))

    def widest(program):
        made = program.run(["logits"], entry="main", image=zoo.path("test_images.npy"), **inputs(full))
        rows = made["logits"].values
        labels = zoo.tensor("test_labels.npy").values
        right = sum(max(range(10), key=lambda k: rows[10 * i + k]) == label for i, label in enumerate(labels))
        return right / len(labels), rows

    zoo.precisions("digit, widest (3 3 3)", widest, "mtl.yaml", "mtl.safetensors", unit="%", within={"int8": 0.003},
                   full=program)
