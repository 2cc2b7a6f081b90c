"""What the language model of geb.yaml shows: see README.md."""

import lzma
import math
import random
import tempfile
from pathlib import Path

from golden_case import read_npy

SYSTEM = "GEB"
PROMPT = "And the king said unto "
HOW = {"temperature": 0.6, "top_k": 40, "top_p": 0.95, "seed": 4}


def words_of(how):
    return [word for name, value in how.items() for word in (f"--{name}", value)]


def listed(text):
    return ",".join(map(str, text))


def written(program, prompt, length, threads):
    """The bytes that the program writes after a prompt."""
    how = words_of(HOW)
    with tempfile.TemporaryDirectory() as folder:
        program.call("generate", "--tokens", listed(prompt), "--position", 0, *how, "--next", f"{folder}/first.npy",
                     ":", "generate", "--tokens", "@next", "--position", "@next_position", *how,
                     f"--repeat={length - 1}", "--next", f"{folder}/rest.npy", "--threads", threads)
        return bytes(value for name in ("first", "rest") for value in read_npy(Path(folder, name + ".npy")).values)


def random_prompts(program, count):
    """A byte drawn after each of as many prompts of random bytes; how many bytes came."""
    draw = random.Random(1)
    words = []
    for seed in range(count):
        prompt = [draw.randrange(256) for _ in range(draw.randint(1, 100))]
        words += [":"] if words else []
        words += ["generate", "--tokens", listed(prompt), "--position", 0, *words_of({**HOW, "seed": seed})]
    printed = program.call(*words, "--threads", 1)
    return sum(line.startswith("next i32") for line in printed.splitlines())


def show(zoo):
    program = zoo.compile("geb.yaml", "geb.safetensors")
    loss = program.run(["loss"], entry="score", text=zoo.path("test.npy"))["loss"].values[0]
    zoo.figure("perplexity of a byte of 8 chapters held out", math.exp(loss), "perplexity")

    test = bytes(zoo.tensor("test.npy").values)
    packed = 8 * len(lzma.compress(test)) / len(test)
    bits = loss / math.log(2)
    zoo.claim(bits < packed, f"{program.weights_bytes / 1e6:.2f} MB of weights need {bits:.2f} bits for a byte;"
                             f" xz needs {packed:.2f}")
    one, two = (written(program, PROMPT.encode(), 200, threads) for threads in (1, 2))
    zoo.claim(one == two, "the same prompt and seed give the same 200 bytes with one thread and two: "
                          + (PROMPT + one.decode(errors="replace")).replace("\n", " / "))
    count = random_prompts(program, 1000)
    zoo.claim(count == 1000, f"{count} of 1000 prompts of random bytes are answered in one process")
