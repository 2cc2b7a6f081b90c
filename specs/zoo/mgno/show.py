"""MgNO on Darcy flow, beside a U-Net of as many parameters: the error on each grid."""

import math

SYSTEM = "MgNO"
SIZES = (32, 64, 128)
NAMES = {"mgno": "MgNO", "unet": "U-Net"}


def mean_error(got, wanted):
    """The mean over the fields of ||got - wanted|| / ||wanted||."""
    count = wanted.shape[0]
    size = len(wanted.values) // count
    total = 0
    for i in range(count):
        g, w = (t.values[i * size:(i + 1) * size] for t in (got, wanted))
        total += math.sqrt(sum((a - b) ** 2 for a, b in zip(g, w)) / sum(b * b for b in w))
    return total / count


def measure(zoo, program, size):
    """The mean error on a grid, and the solutions."""
    out = program.run(["solution"], coefficient=zoo.path(f"coefficient_{size}.npy"))["solution"]
    return mean_error(out, zoo.tensor(f"solution_{size}.npy")), out.values


def show(zoo):
    found = {}
    for name in NAMES:
        for size in SIZES:
            program = zoo.compile(f"{name}.yaml", f"{name}.safetensors", "--set", f"size={size}",
                                  name=f"{name}{size}")
            found[name, size], _ = measure(zoo, program, size)
    for (name, size), error in found.items():
        zoo.figure(f"{NAMES[name]}, Darcy flow, mean L2 error at {size}x{size}", error,
                   f"{name}_{size}", "%")

    def row(errors):
        return " / ".join(f"{100 * error:.2f}" for error in errors)

    mgno, unet = ([found[name, size] for size in SIZES] for name in NAMES)
    fno = [zoo.expected["pytorch_alone"][f"fno_{size}"] for size in SIZES]
    sizes = " / ".join(map(str, SIZES))
    zoo.claim(all(m < u for m, u in zip(mgno, unet)),
              f"V-cycles err less than a U-Net of as many parameters and training steps: "
              f"{row(mgno)} % against {row(unet)} % at {sizes} cells a side")
    zoo.claim(all(m < f for m, f in zip(mgno, fno)),
              f"V-cycles err less than a Fourier neural operator of as many parameters and steps, "
              f"which PyTorch alone runs: {row(mgno)} % against {row(fno)} %")
    zoo.claim(max(mgno) < 2 * min(mgno),
              f"one checkpoint serves all three grids: the worst error, {100 * max(mgno):.2f} %, is "
              f"less than twice the best, {100 * min(mgno):.2f} %")
    zoo.precisions("mean L2 error at 64x64", lambda program: measure(zoo, program, 64), "mgno.yaml", "mgno.safetensors",
                   unit="%", within={"int8": 0.003})
