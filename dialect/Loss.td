//===- Loss.td - Losses, computed forwards -----------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LOSS_TD
#define LATHE_LOSS_TD

include "dialect/Kinds.td"

class LossReductionKey<string doc>
    : EnumKey<"reduction", Lathe_LossReductionAttr, doc, "mean">;

/// What losses of detectors take besides: weights, and a divisor of their own.
class LossOperands<string elements> {
  list<Operand> operands = [
    OptionalOperand<"weight", Lathe_FloatTensor, "what each loss is multiplied by, stretched to " # elements>,
    OptionalOperand<"factor", Lathe_FloatTensor,
                    "[] or [1], what a mean divides the sum by, in place of the number of losses">];
}

def Lathe_CrossEntropyOp : Lathe_Op<"cross_entropy",
    [Operand<"logits", Lathe_FloatTensor, "[..., classes]">,
     Operand<"target", Lathe_IntegerTensor, "[...], the class of each">],
    [IntKey<"axis", "the dimension of the classes", "-1">,
     LossReductionKey<"how the losses combine; a mean is over the targets that count">,
     OptionalIntKey<"ignore_index", "the target that counts for nothing; it may be no class">,
     FloatKey<"label_smoothing", "how much of the target all classes share alike", "0">]> {
  let family = "Losses";
  let summary = "how improbable the targets are";
  let formula = "l[…] = logsumexp(x[…, :]) − (1 − s) x[…, target] − s mean(x[…, :]),  s = label_smoothing";
  let source = "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016";
  let example = "{op: cross_entropy, from: [logits, labels]}";
  let description = [{
    The maximum of the logits is taken off before exponentials, which cannot
    overflow. The losses have the target's shape; `none` gives them as they are,
    ignored ones as 0, `mean` and `sum` give one number, of shape [1]. A mean
    where all is ignored is no number. A target that is neither a class nor
    ignored counts as the nearest class, and the run returns an error that names
    the op.

    Constraints:
    - (C1) the axis is within the rank of the logits.
    - (C2) the target is integers, no `bool`, of the logits' shape without the axis.
    - (C3) label_smoothing is from 0 to 1.
  }];
}

def Lathe_FocalLossOp : Lathe_Op<"focal_loss",
    !listconcat(
      [Operand<"logits", Lathe_FloatTensor, "[..., classes]">,
       Operand<"target", Lathe_Tensor, "[..., classes], 0 or 1 for each logit; or [...], the class of each, "
               "where `classes` is none of them">],
      LossOperands<"[..., classes]">.operands),
    [FloatKey<"alpha", "the weight of positives; negatives have the rest of 1", "0.25">,
     FloatKey<"gamma", "how much less counts what is settled", "2">,
     LossReductionKey<"how the losses combine">]> {
  let family = "Losses";
  let summary = "a binary cross-entropy for each class, of which what is settled counts little";
  let formula = "p = sigmoid(x);  l = −t α (1 − p)^γ ln p − (1 − t)(1 − α) p^γ ln(1 − p)";
  let source = "Lin et al., Focal Loss for Dense Object Detection, ICCV 2017";
  let example = "{op: focal_loss, from: [logits, targets], factor: positives}";
  let description = [{
    Logarithms are taken of no difference, so that logits of any size do. Between
    0 and 1 a target t weighs α t + (1 − α)(1 − t) and is off by
    t + p − 2 t p, to the power γ. `none` gives the losses, [..., classes],
    `mean` and `sum` one number, of shape [1]. A factor is taken as at least
    2^−23. A class that is neither one of `classes` nor their number counts as
    the nearest, and the run returns an error that names the op.

    Constraints:
    - (C1) the logits have a last dimension.
    - (C2) the target has the logits' shape, or without the last dimension and
      is integers, no `bool`.
    - (C3) alpha is from 0 to 1, gamma at least 0.
    - (C4) the weight, if any, stretches to the losses' shape by NumPy's rules.
    - (C5) the factor, if any, is one number, and reduction is mean.
  }];
}

def Lathe_L1LossOp : Lathe_Op<"l1_loss",
    !listconcat(
      [Operand<"input", Lathe_FloatTensor, "any shape">,
       Operand<"target", Lathe_FloatTensor, "of the same shape">],
      LossOperands<"the input's shape">.operands),
    [FloatKey<"beta", "the distance below which the loss is quadratic", "0">,
     LossReductionKey<"how the losses combine">]> {
  let family = "Losses";
  let summary = "the distance of every element from its target";
  let formula = "d = |x − t|;  l = d²/(2β) where d < β, else d − β/2";
  let source = "Girshick, Fast R-CNN, ICCV 2015";
  let example = "{op: l1_loss, from: [boxes, targets], factor: matched}";
  let description = [{
    With the beta of 0 the loss is d; with another it is what PyTorch calls
    smooth L1. `none` gives the losses, of the input's shape, `mean` and `sum`
    one number, of shape [1]. A factor is taken as at least 2^−23.

    Constraints:
    - (C1) input and target have one type.
    - (C2) beta is at least 0.
    - (C3) the weight, if any, stretches to the losses' shape by NumPy's rules.
    - (C4) the factor, if any, is one number, and reduction is mean.
  }];
}

def Lathe_GiouLossOp : Lathe_Op<"giou_loss",
    !listconcat(
      [Operand<"boxes", Lathe_FloatTensor, "[..., 4], corners (x1, y1, x2, y2)">,
       Operand<"target", Lathe_FloatTensor, "[..., 4], the box that each should be">],
      LossOperands<"[...]">.operands),
    [FloatKey<"eps", "the least denominator", "1e-6">,
     LossReductionKey<"how the losses combine">]> {
  let family = "Losses";
  let summary = "how little every box overlaps its target";
  let formula = "l[…] = 1 − giou(boxes[…], target[…])";
  let source = "Rezatofighi et al., Generalized Intersection over Union, CVPR 2019";
  let example = "{op: giou_loss, from: [boxes, targets], factor: matched}";
  let description = [{
    The measure is that of `box_overlap`, of pairs. `none` gives the losses,
    [...], `mean` and `sum` one number, of shape [1]. A factor is taken as at
    least 2^−23.

    Constraints:
    - (C1) boxes and target have one type, whose last dimension is 4.
    - (C2) eps is at least 0.
    - (C3) the weight, if any, stretches to the losses' shape by NumPy's rules.
    - (C4) the factor, if any, is one number, and reduction is mean.
  }];
}

def Lathe_DistillationLossOp : Lathe_Op<"distillation_loss",
    [Operand<"student", Lathe_FloatTensor, "features or logits">,
     Operand<"teacher", Lathe_FloatTensor, "of the same shape, or with more along the axis">],
    [EnumKey<"kind", Lathe_DistillationKindAttr,
             "mse compares features, kl the distributions that logits stand for", "mse">,
     IntKey<"axis", "the dimension of the channels, or of the classes", "1">,
     FloatKey<"temperature", "what kl divides the logits by", "1">,
     LossReductionKey<"how the losses combine">]> {
  let family = "Losses";
  let summary = "how far a narrower network is from the one it learns from";
  let formula = "mse: l = (s − t)²;  kl: l[…] = T² Σ_c p_c ln(p_c / q_c),  p = softmax(t/T), "
                "q = softmax(s/T)";
  let source = "Hinton et al., Distilling the Knowledge in a Neural Network, 2015";
  let example = "{op: distillation_loss, from: [narrow, full]}";
  let description = [{
    Features of any width of a slimmable network stay close to those of its full
    width: a student with fewer channels is compared with the teacher's first
    ones. The number of its channels may be a dimension that the input chooses.

    `mse` has a loss an element of the student, `kl` one along the axis, where
    a class that the teacher rules out (p = 0) counts 0. `none` gives the
    losses, `mean` and `sum` one number, of shape [1]: for logits [N, classes]
    the mean is the sum over N, PyTorch's `batchmean`.

    Constraints:
    - (C1) both have one element type, and one shape but along the axis.
    - (C2) the axis is within their rank.
    - (C3) along the axis the student has no more than the teacher, at any value
      of the dimensions; for kl as much.
    - (C4) temperature is positive, and 1 for mse.
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Of the teacher only what is compared moves.
    ::mlir::lathe::DimExpr getBytes();
  }];
}

#endif // LATHE_LOSS_TD
