//===- Detection.td - Query-based detection ----------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DETECTION_TD
#define LATHE_DETECTION_TD

include "dialect/Kinds.td"

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

#endif // LATHE_DETECTION_TD
