"""Draws the images that the detector learns from: shapes on a noisy grey ground.

An image has 64x64 grey values and one to four ellipses, rectangles and triangles, each 8 to
32 pixels wide and high, lighter or darker than the ground, which may overlap a little. The
ground truth of a shape is its bounding box, as corners in pixels, and its class.
"""

import numpy as np

SIZE = 64
CLASSES = ("ellipse", "rectangle", "triangle")
MOST = 4  # shapes of an image
NOISE = 0.06  # deviation of the pixels; grey values are 0 to 1


def iou(box, others):
    """The overlap of one box with some."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    inter = np.prod(np.clip(high - low, 0, None), axis=1)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return inter / (area(box) + area(others) - inter)


def random_box(rng):
    width = np.exp(rng.uniform(np.log(9), np.log(30)))
    height = np.clip(width * np.exp(rng.uniform(-0.5, 0.5)), 8, 32)
    x, y = rng.uniform(0, SIZE - width), rng.uniform(0, SIZE - height)
    return np.array([x, y, x + width, y + height], np.float32)


def inside(label, box):
    """The pixels, at their centres, that belong to a shape."""
    centre = np.arange(SIZE, dtype=np.float32) + 0.5
    # From -1 to 1 within the box.
    u = (2 * centre - box[0] - box[2]) / (box[2] - box[0])
    v = ((2 * centre - box[1] - box[3]) / (box[3] - box[1]))[:, None]
    if label == 0:
        return u * u + v * v <= 1
    if label == 1:
        return (np.abs(u) <= 1) & (np.abs(v) <= 1)
    return (np.abs(v) <= 1) & (np.abs(u) <= (1 + v) / 2)


def draw(rng):
    """(image u8 [64, 64], boxes [n, 4], labels [n])."""
    ground = rng.uniform(0.4, 0.6)
    image = np.full((SIZE, SIZE), ground, np.float32)
    boxes, labels = np.zeros((0, 4), np.float32), []
    for _ in range(rng.integers(1, MOST + 1)):
        for _ in range(20):
            box = random_box(rng)
            if not len(boxes) or iou(box, boxes).max() < 0.15:
                break
        else:
            continue
        label = int(rng.integers(len(CLASSES)))
        contrast = rng.uniform(0.2, 0.4) * rng.choice((-1, 1))
        image[inside(label, box)] = ground + contrast
        boxes, labels = np.concatenate((boxes, box[None])), labels + [label]
    image += rng.normal(0, NOISE, image.shape).astype(np.float32)
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8), boxes, np.array(labels, np.int64)


def draw_many(rng, count):
    """(images u8 [count, 1, 64, 64], boxes [count, 4, 4], labels [count, 4]). Where an image
    has fewer than four shapes, the last boxes are zero and their labels -1."""
    images = np.empty((count, 1, SIZE, SIZE), np.uint8)
    boxes = np.zeros((count, MOST, 4), np.float32)
    labels = np.full((count, MOST), -1, np.int64)
    for i in range(count):
        images[i, 0], found, classes = draw(rng)
        boxes[i, :len(found)], labels[i, :len(found)] = found, classes
    return images, boxes, labels
