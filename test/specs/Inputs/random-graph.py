"""Writes the spec of a random network with masks, for `lathe verify --against=unfolded`:

    random-graph.py SEED > spec.yaml

Each seed gives images or tokens, five to eleven steps, about a third of them masks, and one to three outputs. Steps read
the last result or any before it, so that masks meet what others read, too.
"""

import random
import sys


class Graph:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.shapes = {}  # Without the batch, by what steps call a result.
        self.steps = []
        shape = self.pick([(4, 6, 6), (6, 8, 8), (12, 6, 6), (5, 12), (6, 24)])
        self.shapes["x"] = shape
        self.rank = len(shape)

    def pick(self, choices):
        return self.random.choice(list(choices))

    def divisor(self, size):
        return self.pick(d for d in range(1, size + 1) if size % d == 0)

    def add(self, op, shape, **keys):
        name = f"s{len(self.steps)}"
        text = ", ".join(f"{key.rstrip('_')}: {value}" for key, value in keys.items())
        self.steps.append(f"  - {{id: {name}, op: {op}{', ' if text else ''}{text}}}")
        self.shapes[name] = tuple(shape)
        return name

    def read(self):
        names = list(self.shapes)
        return names[-1] if self.random.random() < 0.75 else self.pick(names)

    def alike(self, shape):
        """Any result of a shape, of which `None` stands for any size."""
        return self.pick(
            name for name, other in self.shapes.items()
            if len(other) == len(shape) and all(a in (None, b) for a, b in zip(shape, other)))

    def mask(self, x, shape):
        axis = len(shape) if self.rank == 2 else 1
        if self.random.random() < 0.2:
            axis = self.pick(range(1, len(shape) + 1))
        rank = self.pick([0, 0, 2]) if axis == len(shape) else 0
        self.add("hybrid_sparse_mask", shape, from_=f'"${{{x}}}"', rank=rank, scale=self.pick(["true", "false"]), axis=axis)

    def common(self, x, shape):
        """A step for tensors of any rank."""
        source = {"from_": f'"${{{x}}}"'}
        axis = self.pick(range(1, len(shape) + 1))
        size = shape[axis - 1]
        other = list(shape)
        kind = self.pick(["activation", "binary", "constant", "softmax", "reduce", "transpose", "slice", "concat", "split"])
        if kind == "activation":
            self.add(self.pick(["relu", "gelu", "silu", "tanh", "sigmoid", "hard_swish"]), shape, **source)
        elif kind == "binary":
            self.add(self.pick(["add", "sub", "mul"]), shape, with_=f'"${{{self.alike(shape)}}}"', **source)
        elif kind == "constant":
            self.add(self.pick(["add", "mul"]), shape, value=self.pick([1.5, -2.0, 0.0]), **source)
        elif kind == "softmax":
            self.add("softmax", shape, axis=axis, **source)
        elif kind == "reduce":
            other[axis - 1] = 1
            self.add(self.pick(["sum", "mean", "max", "min"]), other, axes=[axis], keepdims="true", **source)
        elif kind == "transpose":
            order = self.random.sample(range(1, len(shape) + 1), len(shape))
            self.add("transpose", [shape[i - 1] for i in order], permutation=[0, *order], **source)
        elif kind == "slice":
            start = self.random.randrange(size)
            end = self.random.randint(start + 1, size)
            other[axis - 1] = end - start
            self.add("slice", other, axis=axis, start=start, end=end, **source)
        elif kind == "concat":
            second = self.alike((None, *shape[1:]))
            other[0] += self.shapes[second][0]
            self.add("concat", other, from_=f'["${{{x}}}", "${{{second}}}"]', axis=1)
        elif size > 1:
            first = self.random.randrange(1, size)
            name = self.add("split", shape, sizes=[first, size - first], axis=axis, **source)
            del self.shapes[name]
            for i, part in enumerate((first, size - first)):
                other[axis - 1] = part
                self.shapes[f"{name}[{i}]"] = tuple(other)

    def image(self, x, shape):
        source = {"from_": f'"${{{x}}}"'}
        channels, height, width = shape
        kernel = self.pick([1, 3]) if min(height, width) >= 3 else 1
        bias = self.pick(["true", "false"])
        kind = self.pick(["convolution", "grouped", "batch_norm", "group_norm", "pool", "reprogram"])
        if kind in ("convolution", "grouped"):
            groups = 1 if kind == "convolution" else self.divisor(channels)
            result = groups * self.pick([1, 2, 4])
            self.add("conv2d", (result, height, width), channels=result, groups=groups, kernel=kernel, padding=kernel // 2,
                     bias=bias, **source)
        elif kind == "group_norm":
            self.add("group_norm", shape, groups=self.divisor(channels), **source)
        elif kind == "pool" and kernel == 3:
            self.add(self.pick(["max_pool2d", "average_pool2d"]), shape, kernel=3, stride=1, padding=1, **source)
        elif kind == "reprogram" and kernel == 3:
            self.add("channel_reprogram", shape, **source)
        else:
            self.add("batch_norm", shape, **source)

    def tokens(self, x, shape):
        source = {"from_": f'"${{{x}}}"'}
        count, features = shape
        kind = self.pick(["linear", "linear", "layer_norm", "rms_norm", "attention", "rotary", "matmul"])
        if kind == "linear":
            result = self.pick([7, 12, 24])
            self.add("linear", (count, result), features=result, bias=self.pick(["true", "false"]), **source)
        elif kind == "attention":
            heads = self.divisor(features)
            operands = ", ".join(f'"${{{name}}}"' for name in (x, self.alike(shape), self.alike(shape)))
            self.add("attention", shape, from_=f"[{operands}]", heads=heads, kv_heads=heads)
        elif kind == "rotary" and features % 2 == 0:
            self.add("rotary", shape, head_dim=2 * self.divisor(features // 2), **source)
        elif kind == "matmul":
            other = self.alike((None, features))
            self.add("matmul", (count, self.shapes[other][0]), from_=f'["${{{x}}}", "${{{other}}}"]', transpose_other="true")
        else:
            self.add("layer_norm" if kind == "layer_norm" else "rms_norm", shape, **source)

    def grow(self):
        for step in range(self.random.randint(5, 11)):
            x = self.read()
            shape = self.shapes[x]
            choices = [self.common, self.image if len(shape) == 3 else self.tokens]
            (self.mask if step == 2 or self.random.random() < 0.3 else self.pick(choices))(x, shape)

    def __str__(self):
        size = ", ".join(map(str, self.shapes["x"]))
        names = list(self.shapes)[1:]
        outputs = dict.fromkeys([names[-1], *(self.pick(names) for _ in range(self.random.randint(0, 2)))])
        results = ", ".join(f'o{i}: "${{{name}}}"' for i, name in enumerate(outputs))
        return "\n".join(["lathe: 1", "model: random_graph", "dims: {batch: {max: 3}}", f'inputs: {{x: "f32[batch, {size}]"}}',
                          "graph:", *self.steps, f"outputs: {{{results}}}"])


graph = Graph(int(sys.argv[1]))
graph.grow()
print(graph)
