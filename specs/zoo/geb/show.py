"""What the language model of geb.yaml shows: see README.md."""

import lzma
import math
import random
import tempfile
from pathlib import Path

SYSTEM = "GEB"
PROMPT = "And the king said"
HOW = "--length", 160, "--temperature", 0.6, "--top-k", 40, "--top-p", 0.95, "--seed", 5


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
    for stored, bound in ("bf16", 0.001), ("int8", 0.005), ("int4", 0.03):
        small = zoo.compile("geb.yaml", "geb.safetensors", f"--set=stored={stored}", name=stored)
        its = small.run(["loss"], entry="score", text=zoo.path("test.npy"))["loss"].values[0]
        zoo.claim(its - loss < bound, f"with matrices in {stored}, {small.weights_bytes / program.weights_bytes:.0%} of the"
                  f" bytes, perplexity is {math.exp(its):.4f}, {math.expm1(its - loss):+.2%}")
    one, two = (program.call("--prompt", PROMPT, *HOW, "--threads", threads) for threads in (1, 2))
    zoo.claim(len(one) > 100 and one == two, "the same prompt and seed give the same text with one thread and two: "
              + (PROMPT + one).strip().replace("\n", " / "))
    count = answered(program, 1000)
    zoo.claim(count == 1000, f"{count} of 1000 prompts of random bytes are answered in one process")
