"""PyTorch's form of StageInteractor's decoder: stages that refine queries and boxes (x, y, z, r) over a pyramid."""

import torch
import torch.nn.functional as F
from torch import nn

from peers.modules import Case

STRIDES = [4, 8, 16, 32]
FEATURES, GROUPS, OUT_POINTS, HEADS = 256, 4, 128, 8
WIDTH = FEATURES // GROUPS


def sides(xyzr):
    """Widths and heights 2^(z ∓ r/2), [..., 2]."""
    z, r = xyzr[..., 2:3], xyzr[..., 3:]
    return torch.cat([z - r / 2, z + r / 2], -1).exp2()


def corners(xyzr):
    half = sides(xyzr) / 2
    return torch.cat([xyzr[..., :2] - half, xyzr[..., :2] + half], -1)


def embed(xyzr):
    """A quarter of the features for each number of a box, sines and cosines in turns."""
    count = FEATURES // 4
    rates = 1e4 ** (-torch.arange(0, count, 2) / count)
    angles = (xyzr / torch.tensor([1e3, 1e3, 1, 1]))[..., None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-3)


class Sampler(nn.Module):
    """Features [B, N, G, P, C / G] at the points that a query asks for, levels weighted by how near a point's scale is."""

    def __init__(self, points, subpoints):
        super().__init__()
        self.points, self.subpoints = points, subpoints
        self.gen_one_d = nn.Sequential(nn.Linear(FEATURES, GROUPS * points * 3))
        self.gen_double_d = nn.Sequential(nn.Linear(FEATURES, subpoints * 3))

    def places(self, query, xyzr):
        """Pixels [B, N, G, P, 2] and scales [B, N, G, P] of the points and their sub-points together."""
        coarse = self.gen_one_d(query).unflatten(-1, (GROUPS, self.points, 1, 3))
        fine = self.gen_double_d(query).unflatten(-1, (1, 1, self.subpoints, 3))
        offsets = coarse[..., :2] + coarse[..., 2:].exp2() * fine[..., :2]
        boxes = xyzr[:, :, None, None, None]
        xy = boxes[..., :2] + sides(boxes) * offsets
        return xy.flatten(3, 4), (boxes[..., 2] + coarse[..., 2] + fine[..., 2]).flatten(3)

    def forward(self, levels, query, xyzr):
        batch, count = query.shape[:2]
        xy, z = self.places(query, xyzr)
        shares = (-((z[..., None] - 3 - torch.arange(len(levels))) ** 2) / 2).softmax(-1)
        xy, shares = xy.transpose(1, 2).flatten(0, 1), shares.transpose(1, 2).flatten(0, 1)
        y = 0
        for i, (level, stride) in enumerate(zip(levels, STRIDES)):
            height, width = level.shape[2:]
            grid = 2 * xy / (stride * torch.tensor([width, height])) - 1
            sampled = F.grid_sample(level.reshape(-1, WIDTH, height, width), grid, align_corners=False)
            y = y + sampled * shares[:, None, ..., i]
        return y.unflatten(0, (batch, GROUPS)).permute(0, 3, 1, 4, 2)


class Mixing(nn.Module):
    """Products of the sampled features with matrices M of channels and S of points that queries make; those of earlier
    stages are mixed in again."""

    def __init__(self, points, subpoints, reused):
        super().__init__()
        self.points, self.subpoints, self.reused, self.inputs = points, subpoints, reused, points * subpoints
        self.rows = OUT_POINTS // 2 if reused else OUT_POINTS
        self.parameter_generator = nn.Linear(FEATURES, GROUPS * (WIDTH ** 2 + self.rows * self.inputs))
        self.mix_bias = nn.Linear(FEATURES, GROUPS * (WIDTH + OUT_POINTS))
        self.Wv, self.Wv_layer_norm = nn.Linear(GROUPS * OUT_POINTS * WIDTH, FEATURES), nn.LayerNorm(FEATURES)
        if not reused:
            return
        self.M_score_list = nn.Linear(FEATURES, GROUPS * WIDTH * 2 * reused)
        self.M_score_list_mix_bias = nn.Linear(FEATURES, GROUPS * reused * WIDTH)
        self.S_score_list = nn.Linear(FEATURES, GROUPS * self.rows)
        self.S_score_list2 = nn.Linear(FEATURES, GROUPS * self.inputs)
        for name, size in (("axis_atten_list", points * WIDTH), ("subbox_local_list", subpoints * WIDTH)):
            self.add_module(name, nn.ModuleList(nn.Linear(size, size) for _ in range(reused)))

    @staticmethod
    def activate(x):
        return F.relu(F.layer_norm(x, x.shape[-2:]))

    def adapt(self, x, i):
        """Linear maps over sub-points and channels of each point, and over points and channels of each sub-point."""
        grid = x.unflatten(3, (self.points, self.subpoints))
        inside = self.subbox_local_list[i](grid.flatten(4)).unflatten(-1, (self.subpoints, WIDTH))
        across = self.axis_atten_list[i](grid.transpose(3, 4).flatten(4)).unflatten(-1, (self.points, WIDTH))
        return (inside + across.transpose(3, 4)).flatten(3, 4)

    def reuse(self, x, sampled, query, own, stored):
        gates = self.M_score_list(query).sigmoid().unflatten(-1, (GROUPS, WIDTH, 2, self.reused))
        biases = self.M_score_list_mix_bias(query).unflatten(-1, (GROUPS, self.reused, 1, WIDTH))
        for i, (other, _) in enumerate(stored):
            x = sampled = self.adapt(x, i) + sampled
            share = gates[..., 1, i][..., None] * gates[..., 0, i][..., None, :]
            x = self.activate(x @ own.lerp(other, share) + biases[..., i, :, :])
        return x

    def forward(self, sampled, query, stored):
        made = self.parameter_generator(query).unflatten(-1, (GROUPS, -1))
        m, s = made.split([WIDTH ** 2, self.rows * self.inputs], -1)
        m, s = m.unflatten(-1, (WIDTH, WIDTH)), s.unflatten(-1, (self.rows, self.inputs))
        m_bias, s_bias = self.mix_bias(query).unflatten(-1, (GROUPS, -1)).split([WIDTH, OUT_POINTS], -1)
        x = self.activate(sampled @ m + m_bias[..., None, :])
        if self.reused:
            x = self.reuse(x, sampled, query, m, stored)
            rows = self.S_score_list(query).sigmoid().unflatten(-1, (GROUPS, -1, 1))
            columns = self.S_score_list2(query).sigmoid().unflatten(-1, (GROUPS, 1, -1))
            s = torch.cat([s, s.lerp(stored[-1][1][..., :self.rows, :], rows * columns)], -2)
        x = self.activate(s @ x + s_bias[..., None])
        return self.Wv_layer_norm(query + self.Wv(x.flatten(2))), (m, s)


def head(*last):
    return nn.Sequential(nn.Linear(FEATURES, FEATURES), nn.LayerNorm(FEATURES), nn.ReLU(), *last)


class Stage(nn.Module):
    def __init__(self, points, subpoints, reused, classes, ffn):
        super().__init__()
        self.attention = nn.ModuleDict({"attn": nn.MultiheadAttention(FEATURES, HEADS, batch_first=True)})
        self.iof_tau = nn.Parameter(torch.empty(HEADS))
        self.feat_extractor = Sampler(points, subpoints)
        self.dynamic_conv = Mixing(points, subpoints, reused)
        layers = nn.Sequential(nn.Sequential(nn.Linear(FEATURES, ffn), nn.ReLU()), nn.Linear(ffn, FEATURES))
        self.ffn = nn.ModuleDict({"layers": layers})
        self.attention_norm, self.ffn_norm = nn.LayerNorm(FEATURES), nn.LayerNorm(FEATURES)
        self.cls_fcs, self.reg_fcs = head(), head()
        self.fc_cls, self.fc_reg = nn.Linear(FEATURES, classes), nn.Linear(FEATURES, 4)

    def attend(self, x, xyzr):
        """With a bias of how much of a query's box another one covers, [B * heads, N, N]."""
        boxes = corners(xyzr)
        low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
        high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
        covered = (high - low).clamp(min=0).prod(-1) / sides(xyzr).prod(-1)[..., None]
        bias = self.iof_tau[:, None, None] * (covered + 1e-7).log()[:, None]
        return self.attention["attn"](x, x, x, attn_mask=bias.flatten(0, 1), need_weights=False)[0]

    def forward(self, levels, query, xyzr, stored):
        query = query + embed(xyzr)
        query = self.attention_norm(query + self.attend(query, xyzr))
        query, filters = self.dynamic_conv(self.feat_extractor(levels, query, xyzr), query, stored)
        query = self.ffn_norm(query + self.ffn["layers"](query))
        delta = self.fc_reg(self.reg_fcs(query))
        moved = torch.cat([xyzr[..., :2] + delta[..., :2] * sides(xyzr), xyzr[..., 2:] + delta[..., 2:]], -1)
        return query, moved, self.fc_cls(self.cls_fcs(query)), filters


class Decoder(Case):
    """From stage 2 on, a stage reuses the filters of those before, but stage 0's."""

    def __init__(self, stages=6, points_first=8, points=4, subpoints=8, classes=80, ffn=2048):
        super().__init__()
        self.bbox_head = nn.ModuleList(Stage(points if i else points_first, subpoints, max(i - 1, 0), classes, ffn)
                                       for i in range(stages))

    def forward(self, *inputs):
        *levels, query, xyzr = inputs
        stored, logits, boxes = [], [], []
        for i, stage in enumerate(self.bbox_head):
            query, xyzr, classes, filters = stage(levels, query, xyzr, stored)
            stored += [filters] if i else []
            logits.append(classes)
            boxes.append(corners(xyzr))
        return (*logits, *boxes, query, xyzr)
