"""The detector of detector.yaml in PyTorch. Parameters have the names that the spec's have."""

import math

import torch
import torch.nn.functional as F
from torch import nn

STRIDES = (4, 8, 16, 32)


class ConvNorm(nn.Conv2d):
    """A 3x3 convolution, batch norm and ReLU; the norm's parameters are under `norm`."""

    def __init__(self, c_in, c_out, stride):
        super().__init__(c_in, c_out, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return F.relu(self.norm(super().forward(x)))


def named(name, module):
    """A module that holds another by a name."""
    return nn.ModuleDict({name: module})


class Pyramid(nn.Module):
    """Four levels of features, with strides 4, 8, 16 and 32."""

    def __init__(self, widths):
        super().__init__()
        self.stem, self.fine = ConvNorm(1, 16, 2), ConvNorm(16, widths[0], 2)
        before = (widths[0], *widths)
        self.level = nn.ModuleList(named("conv", ConvNorm(before[i], width, 2 if i else 1))
                                   for i, width in enumerate(widths))

    def forward(self, image):
        x, levels = self.fine(self.stem(image)), []
        for level in self.level:
            x = level["conv"](x)
            levels.append(x)
        return levels


class Start(nn.Module):
    """The first stage's queries and boxes (x, y, z, r); boxes are learned as parts of the image."""

    def __init__(self, queries, dim, size):
        super().__init__()
        self.size = size
        self.init_proposal_bboxes = nn.Embedding(queries, 4)
        self.init_content_features = nn.Embedding(queries, dim)
        # A grid of boxes that overlap by half; the decoder moves them from there.
        columns = next(n for n in range(math.isqrt(queries - 1) + 1, queries + 1)
                       if queries % n == 0)
        rows = queries // columns
        y, x = torch.meshgrid((torch.arange(rows) + 0.5) / rows,
                              (torch.arange(columns) + 0.5) / columns, indexing="ij")
        width, height = torch.full_like(x, 1.5 / columns), torch.full_like(x, 1.5 / rows)
        boxes = torch.stack((x, y, width, height), -1).view(-1, 4)
        self.init_proposal_bboxes.weight.data.copy_(boxes)

    def forward(self, batch):
        x, y, w, h = (self.size * self.init_proposal_bboxes.weight).unbind(-1)
        w, h = w.log2(), h.log2()
        boxes = torch.stack((x, y, (w + h) / 2, h - w), -1)
        content = self.init_content_features.weight
        query = F.layer_norm(content, content.shape[-1:])
        return query.expand(batch, -1, -1), boxes.expand(batch, -1, -1)


def extent(box):
    """Width and height of boxes (x, y, z, r)."""
    z, half = box[..., 2:3], box[..., 3:] / 2
    return torch.cat((z - half, z + half), -1).exp2()


def corners(box):
    half = extent(box) / 2
    return torch.cat((box[..., :2] - half, box[..., :2] + half), -1)


def box_embedding(box, dim):
    """Sines and cosines of the coordinates, dim / 4 numbers each."""
    part = dim // 4
    frequency = 10000 ** (-torch.arange(0, part, 2, dtype=box.dtype) / part)
    angle = (box / box.new_tensor((1000, 1000, 1, 1)))[..., None] * frequency
    return torch.stack((angle.sin(), angle.cos()), -1).flatten(-3)


def overlap_logarithm(boxes, eps=1e-7):
    """ln(IoF + eps) for each pair of an image's boxes (corners)."""
    a, b = boxes[:, :, None], boxes[:, None]
    size = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    own = a[..., 2:] - a[..., :2]
    return (size.clamp(min=0).prod(-1) / own.prod(-1) + eps).log()


class Sampling(nn.Module):
    """Features at places that a query chooses, from the levels read as a volume."""

    def __init__(self, dim, groups, points, subpoints):
        super().__init__()
        self.groups, self.points, self.subpoints = groups, points, subpoints
        self.gen_one_d = nn.Sequential(nn.Linear(dim, groups * points * 3))
        self.gen_double_d = nn.Sequential(nn.Linear(dim, subpoints * 3))
        for layer in (self.gen_one_d[0], self.gen_double_d[0]):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
            nn.init.uniform_(layer.bias.data.view(-1, 3)[:, :2], -0.5, 0.5)

    def forward(self, levels, query, box):
        batch, count, dim = query.shape
        places = self.points * self.subpoints
        first = self.gen_one_d(query).view(batch, count, self.groups, self.points, 1, 3)
        second = self.gen_double_d(query).view(batch, count, 1, 1, self.subpoints, 3)
        around = box[:, :, None, None, None]
        offset = first[..., :2] + first[..., 2:].exp2() * second[..., :2]
        place = around[..., :2] + extent(around) * offset
        z = around[..., 2] + first[..., 2] + second[..., 2]

        number = torch.arange(len(levels), dtype=z.dtype).view(-1, 1, 1, 1, 1)
        z = z.view(batch, count, self.groups, places).transpose(1, 2)
        z = z.reshape(batch * self.groups, 1, count, places)
        share = (-0.5 * (z - 3 - number).square()).softmax(0)
        place = place.view(batch, count, self.groups, places, 2).transpose(1, 2)
        place = place.reshape(batch * self.groups, count, places, 2)
        total = 0
        for level, stride, part in zip(levels, STRIDES, share):
            height, width = level.shape[-2:]
            grid = place * place.new_tensor((2 / (stride * width), 2 / (stride * height))) - 1
            level = level.reshape(batch * self.groups, -1, height, width)
            total = total + part * F.grid_sample(level, grid, align_corners=False)
        total = total.view(batch, self.groups, -1, count, places)
        return total.permute(0, 3, 1, 4, 2)  # [B, N, G, P K, C]


def norm_relu(x):
    """ReLU of a layer norm over places and channels, without parameters."""
    return F.relu(F.layer_norm(x, x.shape[-2:]))


class Mixing(nn.Module):
    """Filters made from the query mix channels, then places; filters of `reused` earlier stages
    are gated into them."""

    def __init__(self, dim, groups, points, subpoints, out_points, reused):
        super().__init__()
        self.groups, self.points, self.subpoints = groups, points, subpoints
        self.out_points, self.reused = out_points, reused
        self.width, self.places = dim // groups, points * subpoints
        self.rows = out_points // 2 if reused else out_points
        numbers = self.width**2 + self.rows * self.places
        self.parameter_generator = nn.Linear(dim, groups * numbers)
        self.mix_bias = nn.Linear(dim, groups * (self.width + out_points))
        self.Wv = nn.Linear(groups * out_points * self.width, dim)
        self.Wv_layer_norm = nn.LayerNorm(dim)
        # At first nearly the same filters for all queries.
        nn.init.normal_(self.parameter_generator.weight, std=0.01)
        if reused:
            width, across = self.width, lambda n: nn.Linear(n * self.width, n * self.width)
            self.M_score_list = nn.Linear(dim, groups * width * 2 * reused)
            self.M_score_list_mix_bias = nn.Linear(dim, groups * reused * width)
            self.S_score_list = nn.Linear(dim, groups * self.rows)
            self.S_score_list2 = nn.Linear(dim, groups * self.places)
            self.axis_atten_list = nn.ModuleList(across(points) for _ in range(reused))
            self.subbox_local_list = nn.ModuleList(across(subpoints) for _ in range(reused))
            # Without effect (a softmax of one number is 1), but checkpoints have it.
            self.subbox_score_list = nn.ModuleList(
                nn.Linear(dim, groups * self.places) for _ in range(reused))
            for layer in self.subbox_score_list:
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def adapt(self, x, index):
        """Linear maps of (point, channel) at each place, and of (place, channel) at each point."""
        apart = x.view(*x.shape[:3], self.points, self.subpoints, self.width)
        turned = apart.transpose(3, 4)
        by_place = self.axis_atten_list[index](turned.flatten(-2)).view(turned.shape)
        by_point = self.subbox_local_list[index](apart.flatten(-2)).view(apart.shape)
        return (by_place.transpose(3, 4) + by_point).reshape(x.shape)

    def forward(self, sampled, query, stored):
        lead, width, rows = (*query.shape[:2], self.groups), self.width, self.rows
        made = self.parameter_generator(query).view(*lead, -1)
        channels = made[..., :width**2].reshape(*lead, width, width)
        spatial = made[..., width**2:].reshape(*lead, rows, self.places)
        bias = self.mix_bias(query).view(*lead, -1)
        x = norm_relu(sampled @ channels + bias[..., None, :width])
        mixed = spatial
        if self.reused:
            gate = self.M_score_list(query).sigmoid().view(*lead, width, 2, self.reused)
            shift = self.M_score_list_mix_bias(query).view(*lead, self.reused, 1, width)
            residual = sampled
            for j, (old, _) in enumerate(stored):
                x = residual = self.adapt(x, j) + residual
                both = gate[..., 1, j, None] * gate[..., None, :, 0, j]
                x = norm_relu(x @ torch.lerp(channels, old, both) + shift[..., j, :, :])
            both = self.S_score_list(query).sigmoid().view(*lead, rows, 1) \
                * self.S_score_list2(query).sigmoid().view(*lead, 1, self.places)
            other = torch.lerp(spatial, stored[-1][1][..., :rows, :], both)
            mixed = torch.cat((spatial, other), -2)
        x = norm_relu(mixed @ x + bias[..., width:, None])
        return self.Wv_layer_norm(query + self.Wv(x.flatten(2))), (channels, mixed)


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.heads = heads

    def forward(self, x, bias):
        batch, count, dim = x.shape
        parts = F.linear(x, self.attn.in_proj_weight, self.attn.in_proj_bias)
        q, k, v = parts.view(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return x + self.attn.out_proj(y.transpose(1, 2).reshape(batch, count, dim))


class FeedForward(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(dim, hidden), nn.ReLU()),
                                    nn.Linear(hidden, dim))

    def forward(self, x):
        return x + self.layers(x)


def head(dim):
    return nn.Sequential(nn.Linear(dim, dim), nn.LayerNorm(dim), nn.ReLU())


class Stage(nn.Module):
    def __init__(self, dim, groups, points, subpoints, out_points, reused, classes, ffn, heads):
        super().__init__()
        self.iof_tau = nn.Parameter(torch.empty(heads).uniform_(0, 4))
        self.attention, self.attention_norm = Attention(dim, heads), nn.LayerNorm(dim)
        self.feat_extractor = Sampling(dim, groups, points, subpoints)
        self.dynamic_conv = Mixing(dim, groups, points, subpoints, out_points, reused)
        self.ffn, self.ffn_norm = FeedForward(dim, ffn), nn.LayerNorm(dim)
        self.cls_fcs, self.fc_cls = head(dim), nn.Linear(dim, classes)
        self.reg_fcs, self.fc_reg = head(dim), nn.Linear(dim, 4)
        nn.init.constant_(self.fc_cls.bias, -math.log(99))  # few queries find something
        nn.init.zeros_(self.fc_reg.weight)
        nn.init.zeros_(self.fc_reg.bias)

    def forward(self, levels, query, box, stored):
        query = query + box_embedding(box, query.shape[-1])
        bias = self.iof_tau[:, None, None] * overlap_logarithm(corners(box))[:, None]
        query = self.attention_norm(self.attention(query, bias))
        sampled = self.feat_extractor(levels, query, box)
        query, filters = self.dynamic_conv(sampled, query, stored)
        query = self.ffn_norm(self.ffn(query))
        delta = self.fc_reg(self.reg_fcs(query))
        moved = box[..., :2] + delta[..., :2] * extent(box)
        box = torch.cat((moved, box[..., 2:] + delta[..., 2:]), -1)
        return query, box, self.fc_cls(self.cls_fcs(query)), filters


class Detector(nn.Module):
    """Takes images u8 [B, 1, 64, 64]; gives logits [B, stages, N, classes] and boxes, as corners
    in pixels, [B, stages, N, 4]."""

    def __init__(self, size=64, queries=12, dim=24, widths=(24, 24, 32, 32), stages=6, groups=3,
                 points=4, subpoints=2, out_points=8, classes=3, ffn=48, heads=4):
        super().__init__()
        self.backbone = Pyramid(widths)
        self.neck = nn.ModuleList(named("conv", nn.Conv2d(width, dim, 1)) for width in widths)
        self.start = Start(queries, dim, size)
        self.decoder = nn.ModuleDict({"bbox_head": nn.ModuleList(
            Stage(dim, groups, points, subpoints, out_points, max(i - 1, 0), classes, ffn, heads)
            for i in range(stages))})

    def forward(self, image):
        levels = self.backbone(image.to(torch.float32) * (1 / 255))
        levels = [neck["conv"](level) for neck, level in zip(self.neck, levels)]
        query, box = self.start(len(image))
        stored, logits, boxes = [], [], []
        for i, stage in enumerate(self.decoder["bbox_head"]):
            # A stage learns to improve the box that it is given, not to be given a better one.
            query, box, scores, filters = stage(levels, query, box.detach() if i else box, stored)
            if i >= 1:
                stored.append(filters)
            logits.append(scores)
            boxes.append(corners(box))
        return torch.stack(logits, 1), torch.stack(boxes, 1)
