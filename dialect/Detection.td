//===- Detection.td - Query-based detection ----------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DETECTION_TD
#define LATHE_DETECTION_TD

include "dialect/Kinds.td"

class FloatsKey<string name, string doc, string default = "">
    : Key<name, "floats", doc, default> { let attr = DenseF64ArrayAttr; }

/// A parameter whose name in checkpoints is not that of the operand.
class NamedParameter<string name, string checkpointPath, string shape, string doc,
                     string init = "fan_in", string when = "">
    : Parameter<name, shape, doc, init, when> {
  let path = checkpointPath;
}

/// The weight and the bias of a linear layer.
class LinearParameters<string name, string checkpointPath, string outSize, string inSize,
                       string doc, string when = ""> {
  list<Parameter> parameters = [
    NamedParameter<name # "_weight", checkpointPath # ".weight",
                   "[" # outSize # ", " # inSize # "]", doc, "fan_in", when>,
    NamedParameter<name # "_bias", checkpointPath # ".bias", "[" # outSize # "]",
                   "its bias", "zeros", when>];
}

/// A parameter for each stage whose filters `dynamic_mix` reuses.
class ReuseFamily<string name, string path, string shape, string doc, string init = "fan_in">
    : ParameterFamily<name, path, "len(stored) // 2", shape, doc, init> {
  let when = "len(stored) > 1";
}
class ReuseLinear<string name, string checkpointPath, string outSize, string inSize,
                  string doc> {
  list<Parameter> parameters = [
    ReuseFamily<name # "_weight", checkpointPath # ".{i}.weight",
                "[" # outSize # ", " # inSize # "]", doc>,
    ReuseFamily<name # "_bias", checkpointPath # ".{i}.bias", "[" # outSize # "]",
                "its bias", "zeros">];
}

defvar stageInteractor = "Teng et al., StageInteractor: Query-based Object Detector with "
                         "Cross-stage Interaction, ICCV 2023";

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

def Lathe_BoxDecodeOp : Lathe_Op<"box_decode",
    [Operand<"boxes", Lathe_FloatTensor, "[..., 4], boxes (x, y, z, r)">], []> {
  let family = "Detection";
  let summary = "the corners of boxes given by centre, scale and aspect";
  let formula = "w = 2^(z − r/2);  h = 2^(z + r/2);  y = (x − w/2, y − h/2, x + w/2, y + h/2)";
  let source = stageInteractor;
  let example = "{op: box_decode}";
  let description = [{
    Constraints:
    - (C1) the last dimension is 4.
  }];
}

def Lathe_BoxRefineOp : Lathe_Op<"box_refine",
    [Operand<"boxes", Lathe_FloatTensor, "[..., 4], boxes (x, y, z, r)">,
     Operand<"delta", Lathe_FloatTensor, "of the same shape, relative to each box">], []> {
  let family = "Detection";
  let summary = "boxes moved by offsets that are relative to their sizes";
  let formula = "(x + δx·2^(z − r/2), y + δy·2^(z + r/2), z + δz, r + δr)";
  let source = stageInteractor;
  let example = "{op: box_refine, from: [boxes, delta]}";
  let description = [{
    Constraints:
    - (C1) the last dimension of the boxes is 4.
    - (C2) both operands have one type.
  }];
}

def Lathe_BoxEmbeddingOp : Lathe_Op<"box_embedding",
    [Operand<"boxes", Lathe_FloatTensor, "[..., 4], boxes (x, y, z, r)">],
    [IntKey<"features", "numbers that describe a box, a quarter of them each coordinate">,
     FloatKey<"temperature", "the ratio of the first frequency to the one after the last", "10000">,
     FloatKey<"extent", "what x and y are divided by", "1000">]> {
  let family = "Detection";
  let summary = "sines and cosines of a box's coordinates";
  let formula = "f_i = temperature^(−2i / (features/4));  "
                "y = (sin(f_0 x'), cos(f_0 x'), sin(f_1 x'), …), with x, y, z, r in turn";
  let source = stageInteractor;
  let example = "{op: box_embedding, features: 256}";
  let description = [{
    The angles have no factor of 2π.

    Constraints:
    - (C1) the last dimension is 4.
    - (C2) features is a positive multiple of 8.
    - (C3) temperature and extent are positive.
  }];
}

def Lathe_BoxOverlapOp : Lathe_Op<"box_overlap",
    [Operand<"boxes", Lathe_FloatTensor, "[..., N, 4], corners (x1, y1, x2, y2)">,
     Operand<"others", Lathe_FloatTensor, "[..., M, 4], corners (x1, y1, x2, y2)">],
    [EnumKey<"kind", Lathe_OverlapKindAttr, "the measure">,
     FloatKey<"eps", "the least denominator", "1e-6">]> {
  let family = "Detection";
  let summary = "how every box overlaps every other";
  let formula = "iou = |a ∩ b| / |a ∪ b|;  giou = iou − (|hull| − |a ∪ b|) / |hull|;  "
                "iof = |a ∩ b| / |a|;  y[…, n, m] of boxes[…, n] and others[…, m]";
  let source = "Rezatofighi et al., Generalized Intersection over Union, CVPR 2019";
  let example = "{op: box_overlap, from: [boxes, truths], kind: iou}";
  let description = [{
    The hull is the least box around both. The dimensions before the last two
    agree by NumPy's rules.

    Constraints:
    - (C1) both operands have rank 2 or more, 4 as the last size, and one element type.
    - (C2) the dimensions before the last two agree by NumPy's rules.
    - (C3) eps is at least 0.
  }];
}

def Lathe_OverlapBiasOp : Lathe_Op<"overlap_bias",
    [Operand<"boxes", Lathe_FloatTensor, "[..., N, 4], corners (x1, y1, x2, y2)">],
    [ShapingKey<"heads", "int", "heads of the attention">,
     FloatKey<"eps", "added to the overlap", "1e-7">],
    [Parameter<"iof_tau", "[heads]", "how much each head minds", "ones">]> {
  let family = "Detection";
  let summary = "what attention adds to its scores for boxes that overlap";
  let formula = "y[…, h, n, m] = τ_h ln(IoF(box_n, box_m) + eps)";
  let source = stageInteractor;
  let example = "{op: overlap_bias, heads: 8}";
  let description = [{
    IoF is the intersection over the area of the first box.

    Constraints:
    - (C1) the boxes have rank 2 or more and 4 as the last size.
    - (C2) the parameter has rank 1.
    - (C3) eps is at least 0.
  }];
}

//===----------------------------------------------------------------------===//
// Sampling and mixing
//===----------------------------------------------------------------------===//

def Lathe_LevelSampleOp : Lathe_Op<"level_sample",
    [Operand<"query", Lathe_FloatTensor, "[B, N, D]">,
     Operand<"boxes", Lathe_FloatTensor, "[B, N, 4], boxes (x, y, z, r) in pixels">,
     VariadicOperand<"features", Lathe_FloatTensor, "[B, D, H, W], one a level, finest first">],
    [IntKey<"groups", "parts of the channels, each sampled at points of its own", "4">,
     IntKey<"points", "points a group">,
     IntKey<"subpoints", "places around each point, the same for all", "1">,
     IntsKey<"strides", "pixels a step of each level">],
    !listconcat(
      LinearParameters<"point", "gen_one_d.0", "groups * points * 3", "in.features",
                       "makes the points' offsets">.parameters,
      LinearParameters<"subpoint", "gen_double_d.0", "subpoints * 3", "in.features",
                       "makes the places' offsets">.parameters)> {
  let family = "Detection";
  let summary = "features at places that a query chooses, from a pyramid read as a volume";
  let formula = "x' = x + 2^(z − r/2)(dx0 + 2^dz0 dx1);  y' = y + 2^(z + r/2)(dy0 + 2^dz0 dy1);  "
                "z' = z + dz0 + dz1;  a = softmax over l of −(z' − 3 − l)²/2;  "
                "y = Σ_l a_l bilinear(level l, (x', y') / stride_l)";
  let source = stageInteractor;
  let example = "{id: feat_extractor, op: level_sample, from: [query, boxes, p2, p3, p4, p5], "
                "points: 4, subpoints: 8, strides: [4, 8, 16, 32]}";
  let description = [{
    (dx0, dy0, dz0) is a linear map of the query for each of G·P points,
    (dx1, dy1, dz1) one for each of K places that all points share. The result is
    [B, N, G, P·K, D/G], place p·K + k. The centre of the pixel (i, j) is at
    (j + ½, i + ½); outside a level all is zero. A place that is no number gives
    no number.

    Constraints:
    - (C1) query is [B, N, D], boxes [B, N, 4].
    - (C2) groups divides D; groups, points and subpoints are positive.
    - (C3) there is a level, every one is [B, D, H, W], and strides has one
      positive number for each.
    - (C4) the parameters have the shapes listed.
    - (C5) all operands have one element type.
  }];
  let extraClassDeclaration = [{
    /// Only what is sampled moves, not whole levels.
    ::mlir::lathe::DimExpr getBytes();
  }];
}

def Lathe_DynamicMixOp : Lathe_Op<"dynamic_mix",
    [Operand<"sampled", Lathe_FloatTensor, "[B, N, G, P·K, C], what `level_sample` gives">,
     Operand<"query", Lathe_FloatTensor, "[B, N, D]">,
     VariadicOperand<"stored", Lathe_FloatTensor,
                     "filters of earlier stages, oldest first, of each the channels' [B, N, G, C, C] "
                     "and then the points' [B, N, G, rows, P·K]">],
    [IntKey<"points", "points P a group">,
     IntKey<"subpoints", "places K around each point", "1">,
     IntKey<"out_points", "rows of the points' filter">,
     FloatKey<"eps", "added to variances", "1e-5">],
    !listconcat(
      LinearParameters<"generator", "parameter_generator",
                       "in.shape[2] * (in.shape[4] ** 2 + in.shape[3] * "
                       "(out_points // 2 if len(stored) > 1 else out_points))",
                       "query.features", "makes both filters, group by group">.parameters,
      LinearParameters<"shift", "mix_bias",
                       "in.shape[2] * (in.shape[4] + out_points)", "query.features",
                       "makes their biases">.parameters,
      LinearParameters<"output", "Wv", "query.features",
                       "in.shape[2] * out_points * in.shape[4]",
                       "maps what was mixed to the query">.parameters,
      [NamedParameter<"norm_weight", "Wv_layer_norm.weight", "[query.features]",
                      "the scale of the result's norm", "ones">,
       NamedParameter<"norm_bias", "Wv_layer_norm.bias", "[query.features]",
                      "its shift", "zeros">],
      LinearParameters<"channel_gate", "M_score_list",
                       "in.shape[2] * in.shape[4] * 2 * (len(stored) // 2)",
                       "query.features", "gates stored channel filters",
                       "len(stored) > 1">.parameters,
      LinearParameters<"reuse_shift", "M_score_list_mix_bias",
                       "in.shape[2] * in.shape[4] * (len(stored) // 2)",
                       "query.features", "makes the biases of reused channel filters",
                       "len(stored) > 1">.parameters,
      LinearParameters<"row_gate", "S_score_list", "in.shape[2] * (out_points // 2)",
                       "query.features", "gates rows of the stored points' filter",
                       "len(stored) > 1">.parameters,
      LinearParameters<"point_gate", "S_score_list2", "in.shape[2] * in.shape[3]",
                       "query.features", "gates its points", "len(stored) > 1">.parameters,
      ReuseLinear<"across_points", "axis_atten_list", "points * in.shape[4]",
                  "points * in.shape[4]", "mixes points and channels">.parameters,
      ReuseLinear<"across_subpoints", "subbox_local_list", "subpoints * in.shape[4]",
                  "subpoints * in.shape[4]", "mixes places and channels">.parameters,
      ReuseLinear<"score", "subbox_score_list", "in.shape[2] * in.shape[3]",
                  "query.features", "without effect: its softmax is of one number">.parameters),
    [MatrixOpInterface]> {
  let family = "Detection";
  let summary = "sampled features mixed by filters made from the query and reused from earlier stages";
  let formula = "F = relu(LN₂(F M + a));  for each stored j: F, R = A_j F + B_j F + R;  "
                "M̃ = M + (M_j − M) ⊙ (σ_in σ_outᵀ);  F = relu(LN₂(F M̃ + a_j));  "
                "O = relu(LN₂(S F + c));  y = LN(q + Wv O)";
  let source = stageInteractor;
  let example = "{id: dynamic_conv, op: dynamic_mix, from: [sampled, query], points: 4, "
                "subpoints: 8, out_points: 128}";
  let description = [{
    Three results: the new query, the channels' filter M [B, N, G, C, C] and the
    points' filter S [B, N, G, out_points, P·K], as this stage made them. LN₂ is
    a layer norm over points and channels together, without weight and bias.

    With stored filters half the rows of S are made from the query; the others
    are the newest stored S's first rows, S' = S + (S_j − S) ⊙ (σ_row σ_pointᵀ).
    All gates σ are sigmoids of linear maps of the query: `M_score_list` is read
    as [G, C, 2, stages] with columns first, `M_score_list_mix_bias` as
    [G, stages, C]. The light adapters A_j on (point, channel) of each place and
    B_j on (place, channel) of each point are linear maps shared by the groups; R
    starts as the sampled features.

    Constraints:
    - (C1) sampled is [B, N, G, P·K, C] with known sizes from G on, query [B, N, D].
    - (C2) points × subpoints is P·K; out_points is positive, and even where
      filters are stored.
    - (C3) stored alternates filters of channels and of points, which have the
      shapes above; the newest points' filter has out_points/2 rows or more.
    - (C4) the parameters have the shapes listed.
    - (C5) all operands have one element type.
    - (C6) eps is at least 0.
  }];
  let results = (outs Lathe_Tensor:$mixed, Lathe_Tensor:$channel_filter,
                      Lathe_Tensor:$point_filter);
}

//===----------------------------------------------------------------------===//
// Assignment
//===----------------------------------------------------------------------===//

def Lathe_MatchingCostOp : Lathe_Op<"matching_cost",
    [Operand<"logits", Lathe_FloatTensor, "[..., N, classes]">,
     Operand<"boxes", Lathe_FloatTensor, "[..., N, 4], corners in pixels">,
     Operand<"truths", Lathe_FloatTensor, "[M, 4], corners of the ground truths">,
     Operand<"labels", RankedTensorOf<[I32, I64]>, "[M], their classes">],
    [FloatsKey<"image", "width and height of the image, in pixels">,
     FloatKey<"alpha", "the weight of positives in the focal cost", "0.25">,
     FloatKey<"gamma", "how much the focal cost minds what is settled", "2">,
     FloatKey<"class_weight", "the weight of the focal cost", "2">,
     FloatKey<"box_weight", "the weight of the distance of corners", "5">,
     FloatKey<"overlap_weight", "the weight of the overlap", "2">]> {
  let family = "Detection";
  let summary = "what it costs to match each query with each ground truth";
  let formula = "p = sigmoid(logits);  focal = −ln(p + ε) α (1 − p)^γ + ln(1 − p + ε)(1 − α) p^γ;  "
                "y[…, n, m] = class_weight focal[…, n, label_m] + box_weight |box_n − truth_m|₁ / size "
                "− overlap_weight giou(box_n, truth_m)";
  let source = stageInteractor;
  let example = "{op: matching_cost, from: [logits, boxes, gt_boxes, gt_labels], image: [1333, 800]}";
  let description = [{
    ε is 1e-12. Corners are divided by the image's width and height; GIoU's
    denominators are at least 1e-6. A label that is no class counts as the
    nearest, and the run returns an error that names the op.

    Constraints:
    - (C1) logits is [..., N, classes], boxes [..., N, 4], of one element type.
    - (C2) truths is [M, 4] of that type, labels [M].
    - (C3) image is two positive numbers.
    - (C4) gamma is at least 0.
  }];
}

def Lathe_CrossStageAssignmentOp : Lathe_Op<"cross_stage_assignment",
    [Operand<"matched", RankedTensorOf<[I32, I64]>,
             "[stages, N], 1 + the ground truth that each query is matched to, or 0">,
     Operand<"boxes", Lathe_FloatTensor, "[stages, N, 4], corners">,
     Operand<"truths", Lathe_FloatTensor, "[M, 4], corners of the ground truths">,
     Operand<"labels", RankedTensorOf<[I32, I64]>, "[M], their classes">],
    [IntKey<"classes", "the number of classes">,
     FloatKey<"threshold", "the least IoU with a ground truth that is assigned", "0.5">]> {
  let family = "Detection";
  let summary = "the classes that each query of each stage learns, from the matches of all stages";
  let formula = "y[t, q, c] = 1 if some ground truth m of class c has IoU(box[t, q], truth_m) ≥ threshold "
                "and matched[s, q] = 1 + m at a stage s ≥ t − 1, else 0;  "
                "norm[t] = max(Σ y[t], number of matched[t] > 0)";
  let source = stageInteractor;
  let example = "{op: cross_stage_assignment, from: [matched, boxes, gt_boxes, gt_labels], classes: 80}";
  let description = [{
    Two results: the targets [stages, N, classes] and what a stage's loss is
    divided by [stages], of the boxes' element type. A label that is no class is
    nobody's target.

    Constraints:
    - (C1) matched is [stages, N], boxes [stages, N, 4].
    - (C2) truths is [M, 4] of the boxes' type, labels [M].
    - (C3) classes is positive.
  }];
  let results = (outs Lathe_Tensor:$targets, Lathe_Tensor:$norms);
}

#endif // LATHE_DETECTION_TD
