"""What the language model of geb.yaml shows: see README.md."""

import lzma
import math
import random
import tempfile
from pathlib import Path

SYSTEM = "GEB"
PROMPT = "And the king said"
HOW = "--length", 160, "--temperature", 0.6, "--top-k", 40, "--top-p", 0.95, "--seed", 5


BOUNDS = {"bf16": 0.001, "int8": 0.005, "int4": 0.03}  # of perplexity, for matrices in fewer bits


def perplexity(zoo, program):
    """The perplexity, and the mean loss that it comes from."""
    loss = program.run(["loss"], entry="score", text=zoo.path("test.npy"))["loss"].values
    return math.exp(loss[0]), loss


def answered(program, count):
    """How many of as many prompts of random bytes (but 0, which parts them) are answered."""
    draw = random.Random(1)
    prompts = [bytes(draw.randrange(1, 256) for _ in range(draw.randint(1, 100))) for _ in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "prompts")
        file.write_bytes(b"".join(prompt + b"\0" for prompt in prompts))
        return program.call("--prompt-file", file, "--length", 8, "--temperature", 1, "--threads", 1).count("\0")


def show(zoo):
    program = zoo.compile("geb.yaml", "geb.safetensors")
    loss = program.run(["loss"], entry="score", text=zoo.path("test.npy"))["loss"].values[0]
    zoo.figure("perplexity of a byte of 8 chapters held out", math.exp(loss), "perplexity")

    test = bytes(zoo.tensor("test.npy").values)
    packed = 8 * len(lzma.compress(test)) / len(test)
    bits = loss / math.log(2)
    zoo.claim(bits < packed, f"{program.weights_bytes / 1e6:.2f} MB of weights need {bits:.2f} bits for a byte;"
                             f" xz needs {packed:.2f}")
    rows = zoo.precisions("perplexity", lambda program: perplexity(zoo, program), "geb.yaml", "geb.safetensors",
                          within=BOUNDS, full=program)
    full = rows["f32"]
    for stored, row in list(rows.items())[1:]:
        change = row["value"] / full["value"] - 1
        zoo.claim(change < BOUNDS[stored], f"with matrices in {stored}, {row['bytes'] / full['bytes']:.0%} of the bytes,"
                  f" perplexity is {row['value']:.4f}, {change:+.2%}")
    one, two = (program.call("--prompt", PROMPT, *HOW, "--threads", threads) for threads in (1, 2))
    zoo.claim(len(one) > 100 and one == two, "the same prompt and seed give the same text with one thread and two: "
              + (PROMPT + one).strip().replace("\n", " / "))
    count = answered(program, 1000)
    zoo.claim(count == 1000, f"{count} of 1000 prompts of random bytes are answered in one process")
