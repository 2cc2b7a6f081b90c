"""What null experts do for a mixture of experts on bytes: see README.md."""

import math

SYSTEM = "AdaMoE"
LAYERS = 2
CLASSES = {
    "letters": lambda byte: chr(byte).isalpha(),
    "spaces": lambda byte: byte == ord(" "),
    "punctuation": lambda byte: chr(byte) in ".,:;?!'()-",
    "ends of verses": lambda byte: byte == ord("\n"),
}


def score(zoo, program):
    """(perplexity, true experts that each byte had in each layer) on the test text."""
    used = [f"used{i}" for i in range(LAYERS)]
    result = program.run(["loss", *used], "--entry", "score", text=zoo.path("../geb/test.npy"))
    return math.exp(result["loss"].values[0]), [result[name].values for name in used]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def show(zoo):
    adamoe = zoo.compile("adamoe.yaml", "adamoe.safetensors")
    vanilla = zoo.compile("adamoe.yaml", "vanilla.safetensors", "--set=null_experts=0", "--set=top_k=2",
                          name="vanilla")
    perplexity, used = score(zoo, adamoe)
    vanilla_perplexity, vanilla_used = score(zoo, vanilla)
    experts, vanilla_experts = (mean(value for layer in counts for value in layer) for counts in (used, vanilla_used))
    zoo.figure("perplexity of a byte, 8 true and 8 null experts, 3 picks", perplexity, "perplexity adamoe")
    zoo.figure("true experts of a byte and layer", experts, "experts adamoe")
    zoo.figure("perplexity of a byte, 8 experts, 2 picks", vanilla_perplexity, "perplexity vanilla")
    zoo.figure("experts of a byte and layer, without null experts", vanilla_experts, "experts vanilla")

    fewer = f"{100 * (1 - experts / vanilla_experts):.1f} % fewer expert FLOPs"
    told = f"{perplexity:.3f} against {vanilla_perplexity:.3f}"
    zoo.claim(experts < 0.9 * vanilla_experts and perplexity <= 1.02 * vanilla_perplexity,
              f"{fewer} for a perplexity at most 2 % higher: {told}")
    zoo.claim(experts < vanilla_experts and perplexity < vanilla_perplexity, f"{fewer} and a lower perplexity: {told}")
    text = zoo.tensor("../geb/test.npy")
    row = text.shape[1]
    # The last byte of each row is read by the next one.
    read = [byte for i, byte in enumerate(text.values) if i % row != row - 1]
    by_class = {}
    for name, belongs in CLASSES.items():
        places = [i for i, byte in enumerate(read) if belongs(byte)]
        by_class[name] = [mean(layer[i] for i in places) for layer in used]
    most = max(map(mean, by_class.values()))
    least = min(map(mean, by_class.values()))
    zoo.claim(most - least > 0.1, "experts are spent by what a byte is (layers 0, 1): "
              + ", ".join(f"{name} " + " and ".join(f"{value:.2f}" for value in values)
                          for name, values in by_class.items()))
    def measure(program):
        perplexity, _ = score(zoo, program)
        return perplexity, [math.log(perplexity)]

    zoo.precisions("perplexity of a byte", measure, "adamoe.yaml", "adamoe.safetensors",
                   within={"int8": 0.005, "int4": 0.03}, full=adamoe)
