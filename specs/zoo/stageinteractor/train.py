#!/usr/bin/env python3
"""Trains the detector of detector.yaml twice and writes what this folder holds.

    train.py [--lathe FILE] [FOLDER]            train, write weights, test data and figures
    train.py [--lathe FILE] --check [FOLDER]    load the weights again and print the figures

In training, the compiled program says what the queries learn: `assign` of detector.yaml, called
through its shared library. The compiler is `--lathe`, or the environment's LATHE, or `lathe`.
Once, classes are taught by cross-stage assignment (cross.safetensors), once by one-to-one
matching alone (single.safetensors); images, first weights and steps are the same.

Needs PyTorch. Runs in one thread from fixed seeds: the same versions of the libraries give the
same bytes again.
"""

import argparse
import itertools
import json
import os
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import show  # noqa: E402
from assigner import Assigner  # noqa: E402
from network import Detector  # noqa: E402
from shapes import CLASSES, SIZE, draw_many  # noqa: E402

KINDS = ("cross", "single")
TEST_SEED = 7  # of the test images
TRAIN_SEED = 1  # of the training images and the first weights
TEST_IMAGES = 96
STEPS = 3000
BATCH = 16
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-3


# ------------------------------------------------------------------------- targets


def one_to_one(matched, gt_labels):
    """Class targets [stages, N, classes] and normalisers by the matches alone."""
    targets = np.zeros((*matched.shape, len(CLASSES)), np.float32)
    stage, query = np.nonzero(matched)
    targets[stage, query, gt_labels[matched[stage, query] - 1]] = 1
    return targets, (matched > 0).sum(1).astype(np.float32)


def assign_all(assign, cross, logits, boxes, gt_boxes, gt_labels):
    """Matches, class targets and normalisers of a batch, of arrays with the batch in front."""
    results = []
    for scores, corners, truths, labels in zip(logits, boxes, gt_boxes, gt_labels):
        count = (labels >= 0).sum()
        matched, targets, normalisers = assign(scores, corners, truths[:count], labels[:count])
        if not cross:
            targets, normalisers = one_to_one(matched, labels[:count])
        results.append((matched, targets, normalisers))
    return [torch.from_numpy(np.stack(part)) for part in zip(*results)]


def assign_by_trying(logits, boxes, gt_boxes, gt_labels):
    """What the entry `assign` computes, in float64 and by trying all matches: its check."""
    scores, boxes, truths = (torch.from_numpy(v).double() for v in (logits, boxes, gt_boxes))
    labels = torch.from_numpy(gt_labels)
    prob = scores.sigmoid()
    focal = 0.25 * (1 - prob) ** 2 * -(prob + 1e-12).log() \
        - 0.75 * prob**2 * -(1 - prob + 1e-12).log()
    giou, overlap = overlaps(boxes[:, :, None], truths)
    distance = (boxes[:, :, None] - truths).abs().sum(-1) / SIZE
    cost = 2 * focal[..., labels] + 5 * distance - 2 * giou  # [stages, N, M]
    stages, queries, count = cost.shape
    tries = torch.tensor(list(itertools.permutations(range(queries), count)))
    total = sum(cost[:, tries[:, m], m] for m in range(count))
    pairs = torch.zeros(cost.shape, dtype=torch.bool)
    for stage, best in enumerate(total.argmin(1)):
        pairs[stage, tries[best], torch.arange(count)] = True
    matched = (pairs * torch.arange(1, count + 1)).sum(-1)
    # Matched at this stage, the one before, or any later one.
    later = torch.stack([pairs[max(0, t - 1):].any(0) for t in range(stages)])
    kept = later & (overlap >= 0.5)
    targets = torch.zeros(scores.shape)
    for m in range(count):
        targets[..., labels[m]][kept[..., m]] = 1
    normalisers = torch.maximum(targets.sum((1, 2)), (matched > 0).sum(1))
    return matched.numpy(), targets.numpy(), normalisers.numpy()


# ------------------------------------------------------------------------- losses


def overlaps(a, b):
    """GIoU and IoU of boxes with boxes, by broadcasting."""
    size = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    inter = size.clamp(min=0).prod(-1)
    area = lambda box: (box[..., 2:] - box[..., :2]).prod(-1)
    union = (area(a) + area(b) - inter).clamp(min=1e-6)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    hull = hull.clamp(min=0).prod(-1).clamp(min=1e-6)
    return inter / union - (hull - union) / hull, inter / union


def focal_loss(logits, targets):
    """Summed over all but the stages, which are the second axis."""
    prob = logits.sigmoid()
    wrong = torch.where(targets > 0, 1 - prob, prob)
    alpha = torch.where(targets > 0, 0.25, 0.75)
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (alpha * wrong**2 * entropy).sum((0, 2, 3))


def loss_of(model, assign, cross, images, gt_boxes, gt_labels):
    logits, boxes = model(torch.from_numpy(images))
    matched, targets, normalisers = assign_all(
        assign, cross, logits.detach().numpy(), boxes.detach().numpy(), gt_boxes, gt_labels)
    classes = focal_loss(logits, targets) / normalisers.sum(0).clamp(min=1)
    image, stage, query = matched.nonzero(as_tuple=True)
    found = boxes[image, stage, query]
    truth = torch.from_numpy(gt_boxes)[image, matched[image, stage, query] - 1]
    pairs = max(1, len(image)) / boxes.shape[1]  # the same at each stage
    distance = (found - truth).abs().sum() / SIZE / pairs
    apart = (1 - overlaps(found, truth)[0]).sum() / pairs
    return 2 * classes.sum() + 5 * distance + 2 * apart


# ------------------------------------------------------------------------- training


def fresh_model(seed):
    torch.manual_seed(seed)
    return Detector()


def train(assign, cross, steps, seed):
    model, rng = fresh_model(seed), np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps,
                                                   pct_start=0.1)
    total, start = 0.0, time.time()
    for step in range(1, steps + 1):
        loss = loss_of(model, assign, cross, *draw_many(rng, BATCH))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 100 == 0:
            name = "cross-stage" if cross else "one-to-one"
            print(f"{name} step {step:5}  loss {total / 100:.3f}  {time.time() - start:.0f} s",
                  flush=True)
            total = 0.0
    return model.eval()


@torch.no_grad()
def figures(model, assign, images, gt_boxes, gt_labels):
    """The figures of show.py, and how many targets `assign` gives, of the test images."""
    logits, boxes = model(torch.from_numpy(images))
    scores, labels = logits[:, -1].sigmoid().max(-1)
    truths = [[(k, b) for k, b in zip(*image) if k >= 0]
              for image in zip(gt_labels.tolist(), gt_boxes.tolist())]
    result = show.figures(scores.tolist(), labels.tolist(), boxes[:, -1].tolist(), truths)
    targets = []
    for i, image in enumerate(truths):
        arguments = (logits[i].numpy(), boxes[i].numpy(), gt_boxes[i, :len(image)],
                     gt_labels[i, :len(image)])
        wanted = assign_by_trying(*arguments)
        ours = assign(*arguments)
        for name, a, b in zip(("matches", "targets", "normalisers"), ours, wanted):
            if not np.array_equal(a, b):
                raise SystemExit(f"error: test image {i}: `assign` gives other {name} than "
                                 "a trial of all matches")
        targets.append(wanted[1].reshape(len(wanted[1]), -1).tolist())
    return result | {"targets": show.targets_a_truth(targets, truths)}


# ------------------------------------------------------------------------- files


def parameters(model):
    """Name to tensor. The counters of the norms serve training alone and are left out."""
    return {name: t for name, t in model.state_dict().items()
            if not name.endswith("num_batches_tracked")}


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


def load_model(path):
    blob = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", blob[:8])[0]
    tensors = {}
    for name, entry in json.loads(blob[8:start]).items():
        first, last = (start + o for o in entry["data_offsets"])
        values = np.frombuffer(blob[first:last], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    model = Detector()
    absent, unknown = model.load_state_dict(tensors, strict=False)
    if unknown or not all(name.endswith("num_batches_tracked") for name in absent):
        raise SystemExit(f"error: {path}: no weights of this detector; train.py writes them")
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--check", action="store_true", help="train nothing, print the figures")
    parser.add_argument("--lathe", default=os.environ.get("LATHE", "lathe"), help="the compiler")
    parser.add_argument("--steps", type=int, default=STEPS, help="of each training")
    parser.add_argument("--seed", type=int, default=TRAIN_SEED, help="of images and first weights")
    parser.add_argument("--only", choices=KINDS, help="train one of the two")
    options = parser.parse_args()
    folder = options.folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    test = draw_many(np.random.default_rng(TEST_SEED), TEST_IMAGES)
    with tempfile.TemporaryDirectory() as temporary:
        first = Path(temporary) / "first.safetensors"
        save_safetensors(first, parameters(fresh_model(options.seed)))
        assign = Assigner.compiled(options.lathe, HERE / "detector.yaml", first, temporary)
        if not options.check:
            for kind in (options.only,) if options.only else KINDS:
                model = train(assign, kind == "cross", options.steps, options.seed)
                save_safetensors(folder / f"{kind}.safetensors", parameters(model))
        told = {}
        for kind in KINDS:
            path = folder / f"{kind}.safetensors"
            if not path.exists():
                sys.exit(f"error: {path} is not there yet: without --only, train.py makes both")
            found = figures(load_model(path), assign, *test)
            told |= {f"{kind} {name}": value for name, value in found.items()}
    for name, value in told.items():
        print(f"{name:18} {value:.4f}")
    if not options.check:
        for name, array in zip(("images", "boxes", "labels"), test):
            np.save(folder / f"test_{name}.npy", array)
        (folder / "figures.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
