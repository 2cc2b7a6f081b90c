"""Runs both detectors on the test images, and `assign` on what one of them found."""

import sys
import tempfile
from pathlib import Path

SYSTEM = "StageInteractor"
SCORE = 0.3  # from which a detection counts for recall and precision
THRESHOLDS = [0.5 + 0.05 * i for i in range(10)]


# ------------------------------------------------------------------------- figures


def iou(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    inter = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
    return inter / max(union, 1e-9)


def hits(detections, truths, threshold):
    """Whether each detection finds a truth that none before it has found. Detections are (score,
    image, label, box), best first; truths are lists of (label, box), one list an image."""
    taken, result = set(), []
    for _, image, label, box in detections:
        best, place = threshold, None
        for i, (kind, truth) in enumerate(truths[image]):
            overlap = iou(box, truth)
            if kind == label and (image, i) not in taken and overlap >= best:
                best, place = overlap, (image, i)
        taken.add(place)
        result.append(place is not None)
    return result


def average_precision(found, count):
    """The area under the curve of precision over recall, precision taken as its best at this or
    a higher recall."""
    right, precisions = 0, []
    for i, hit in enumerate(found):
        right += hit
        precisions.append(right / (i + 1))
    for i in range(len(found) - 2, -1, -1):
        precisions[i] = max(precisions[i], precisions[i + 1])
    return sum(p for p, hit in zip(precisions, found) if hit) / count


def figures(scores, labels, boxes, truths):
    """What a detector is worth; nested lists [images][queries], and of truths (label, box)."""
    found = [(score, image, labels[image][i], boxes[image][i])
             for image, row in enumerate(scores) for i, score in enumerate(row)]
    found.sort(key=lambda d: -d[0])
    kinds = sorted({label for image in truths for label, _ in image})

    def mean_ap(threshold):
        total = 0.0
        for kind in kinds:
            count = sum(label == kind for image in truths for label, _ in image)
            own = [d for d in found if d[2] == kind]
            total += average_precision(hits(own, truths, threshold), count)
        return total / len(kinds)

    ap = [mean_ap(threshold) for threshold in THRESHOLDS]
    sure = [d for d in found if d[0] >= SCORE]
    right = sum(hits(sure, truths, 0.5))
    return {"ap": sum(ap) / len(ap), "ap50": ap[0], "recall": right / sum(map(len, truths)),
            "precision": right / max(1, len(sure))}


def targets_a_truth(targets, truths):
    """How many queries of a stage learn each ground truth's class; nested lists [images][stages]
    [queries * classes]."""
    stages = len(targets[0])
    return sum(sum(map(sum, image)) for image in targets) / (stages * sum(map(len, truths)))


# ------------------------------------------------------------------------- programs


def nested(values, shape):
    """A flat sequence as nested lists."""
    if len(shape) == 1:
        return list(values)
    step = len(values) // shape[0]
    return [nested(values[i * step:(i + 1) * step], shape[1:]) for i in range(shape[0])]


def read_truths(labels, boxes):
    """A list of (label, box) an image; label -1 is none."""
    kinds, corners = nested(labels.values, labels.shape), nested(boxes.values, boxes.shape)
    return [[(k, b) for k, b in zip(*image) if k >= 0] for image in zip(kinds, corners)]


def detect(zoo, program):
    names = ("scores", "labels", "boxes", "stage_logits", "stage_boxes")
    return program.run(names, entry="detect", image=zoo.path("test_images.npy"))


def assign(program, found, truths):
    """The class targets of all images, from one process that runs the entry once an image."""
    from golden_case import Tensor, read_npy, slice_along, write_npy  # zoo.py's

    with tempfile.TemporaryDirectory() as folder:
        words, folder = [], Path(folder)
        for i, image in enumerate(truths):
            values = {}
            for name in ("stage_logits", "stage_boxes"):
                part = slice_along(found[name], 0, i, i + 1)
                values[name] = part._replace(shape=part.shape[1:])
            values["gt_boxes"] = Tensor("float32", (len(image), 4), sum((b for _, b in image), []))
            values["gt_labels"] = Tensor("int64", (len(image),), [k for k, _ in image])
            words += [":", "assign"]
            for name, value in values.items():
                write_npy(folder / f"{name}{i}.npy", value)
                words += ["--input", f"{name}={folder}/{name}{i}.npy"]
            words += ["--output", f"class_targets={folder}/targets{i}.npy"]
        program.call(*words[1:])
        results = [read_npy(folder / f"targets{i}.npy") for i in range(len(truths))]
    return [nested(t.values, (t.shape[0], t.shape[1] * t.shape[2])) for t in results]


def show(zoo):
    truths = read_truths(zoo.tensor("test_labels.npy"), zoo.tensor("test_boxes.npy"))
    results = {}
    for kind, name in (("cross", "cross-stage"), ("single", "one-to-one")):
        program = zoo.compile("detector.yaml", f"{kind}.safetensors", name=kind)
        found = detect(zoo, program)
        lists = [nested(found[o].values, found[o].shape) for o in ("scores", "labels", "boxes")]
        results[kind] = figures(*lists, truths)
        for key, what in (("recall", f"recall at IoU 0.5, score {SCORE}"),
                          ("precision", "precision"), ("ap50", "AP at IoU 0.5"),
                          ("ap", "AP over IoU 0.5 to 0.95")):
            zoo.figure(f"{name}: {what}", results[kind][key], f"{kind} {key}", "%")
        learned = targets_a_truth(assign(program, found, truths), truths)
        zoo.figure(f"{name}: queries that learn a shape, by `assign`", learned, f"{kind} targets")
    cross, single = results["cross"], results["single"]
    zoo.claim(cross["recall"] > 0.8,
              f"the detector finds shapes: recall {100 * cross['recall']:.1f} %")
    zoo.claim(cross["ap"] > single["ap"],
              "trained with cross-stage assignment it detects better than with one-to-one matching "
              f"alone: AP {100 * cross['ap']:.1f} % and {100 * single['ap']:.1f} %")

    def measure(program):
        found = detect(zoo, program)
        lists = [nested(found[o].values, found[o].shape) for o in ("scores", "labels", "boxes")]
        return figures(*lists, truths)["ap"], found["boxes"].values

    zoo.precisions("cross-stage: AP over IoU 0.5 to 0.95", measure, "detector.yaml", "cross.safetensors", unit="%")
