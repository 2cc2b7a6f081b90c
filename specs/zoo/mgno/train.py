#!/usr/bin/env python3
"""Trains the networks of mgno.yaml and unet.yaml on Darcy flow and writes what this folder holds.

    train.py [FOLDER]            train, write weights, test fields and figures.json
    train.py --check [FOLDER]    load the weights again, print their errors on the test fields

Needs PyTorch, numpy and scipy. Only this script does: compiled programs use the files that it
leaves behind. Runs in one process and one thread from fixed seeds, so that the same versions of
the libraries give the same bytes again.

Every network has the same batches: first of the coarsest grid, where a step is cheap, then of
all three in turn. A third network, a Fourier neural operator, is trained in the same way for
comparison alone, as no op of Lathe is a Fourier neural operator's; its errors are in
figures.json, its weights are not kept.
"""

import argparse
import json
import os
import struct
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when numpy is imported
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402

from darcy_data import fields  # noqa: E402
from networks import FNO, MgNO, UNet  # noqa: E402

TRAIN_FIELDS = {32: 2000, 64: 1000, 128: 200}  # fields by the cells of a side
TEST_FIELDS = {32: 16, 64: 16, 128: 6}  # that are written for the program
MORE_FIELDS = {32: 100, 64: 100, 128: 100}  # that train.py alone tests with
TEST_SEED, MORE_SEED, TRAIN_SEED = 1, 2, 3
WEIGHTS_SEED = 1
PLAN = [(1000, [(32, 8)]), (1200, [(64, 4), (32, 8), (128, 2)])]  # (steps, [(size, batch)…])
LEARNING_RATE = 4e-3
NETWORKS = {"mgno": MgNO, "fno": FNO, "unet": UNet}
COMPILED = ["mgno", "unet"]


def tensors(seed, count, size):
    return [torch.from_numpy(array) for array in fields(seed, count, size)]


def errors(prediction, solution):
    """The relative L2 error of each field."""
    return (prediction - solution).flatten(1).norm(dim=1) / solution.flatten(1).norm(dim=1)


def turned(field, way):
    """One of a square's eight symmetries."""
    field = field.transpose(2, 3) if way >= 4 else field
    field = torch.rot90(field, way % 4, (2, 3))
    return field.contiguous(memory_format=torch.channels_last)


def train(make, data):
    torch.manual_seed(WEIGHTS_SEED)
    model = make().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=sum(steps for steps, _ in PLAN), pct_start=0.1)
    random = torch.Generator().manual_seed(TRAIN_SEED)
    start, step = time.time(), 0
    for steps, turns in PLAN:
        for i in range(steps):
            size, batch = turns[i % len(turns)]
            coefficient, solution = data[size]
            chosen = torch.randint(len(solution), (batch,), generator=random)
            way = int(torch.randint(8, (1,), generator=random))
            loss = errors(model(turned(coefficient[chosen], way)),
                          turned(solution[chosen], way)).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            if step % 200 == 0:
                print(f"step {step:4}  size {size:3}  error {loss.item():.4f}  "
                      f"{time.time() - start:.0f} s", flush=True)
    return model.eval()


@torch.no_grad()
def mean_error(model, coefficient, solution):
    parts = [errors(model(a), u) for a, u in zip(coefficient.split(8), solution.split(8))]
    return float(torch.cat(parts).double().mean())


def test_errors(name, model, tests):
    """{'mgno_32': …}: the mean error on the test fields of every size."""
    found = {f"{name}_{size}": mean_error(model, *fields) for size, fields in tests.items()}
    print("  ".join(f"{key} {100 * error:.2f} %" for key, error in found.items()), flush=True)
    return found


def save_safetensors(path, tensors):
    header, offset = {}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(t.shape),
                        "data_offsets": [offset, offset + 4 * t.numel()]}
        offset += 4 * t.numel()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            file.write(t.detach().contiguous().numpy().astype("<f4").tobytes())


def load_safetensors(path):
    blob = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", blob[:8])[0]
    tensors = {}
    for name, entry in json.loads(blob[8:start]).items():
        first, last = (start + o for o in entry["data_offsets"])
        values = np.frombuffer(blob[first:last], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def write_tests(folder):
    """Coefficients are written as bytes, solutions in half precision: three digits."""
    for size, count in TEST_FIELDS.items():
        coefficient, solution = fields(TEST_SEED, count, size)
        np.save(folder / f"coefficient_{size}.npy", coefficient.astype(np.uint8))
        np.save(folder / f"solution_{size}.npy", solution.astype(np.float16))


def read_tests(folder):
    return {size: [torch.from_numpy(np.load(folder / f"{name}_{size}.npy").astype(np.float32))
                   for name in ("coefficient", "solution")] for size in TEST_FIELDS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    if arguments.check:
        tests = read_tests(folder)
        for name in COMPILED:
            model = NETWORKS[name]().eval()
            model.load_state_dict(load_safetensors(folder / f"{name}.safetensors"))
            test_errors(name, model, tests)
        return

    write_tests(folder)
    tests = read_tests(folder)
    more = {size: tensors(MORE_SEED, count, size) for size, count in MORE_FIELDS.items()}
    data = {size: tensors(TRAIN_SEED, count, size) for size, count in TRAIN_FIELDS.items()}
    figures, others = {}, {}
    for name, make in NETWORKS.items():
        start = time.time()
        model = train(make, data)
        count = sum(p.numel() for p in model.parameters())
        print(f"{name}: {count:,} parameters, {time.time() - start:.0f} s")
        if name in COMPILED:
            save_safetensors(folder / f"{name}.safetensors", model.state_dict())
            model.load_state_dict(load_safetensors(folder / f"{name}.safetensors"))
        figures[f"{name}_parameters"] = count
        (figures if name in COMPILED else others).update(test_errors(name, model, tests))
        others.update(test_errors(f"{name}_100_fields", model, more))
    figures["pytorch_alone"] = others  # what no program computes
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
