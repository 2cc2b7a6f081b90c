//===- Kinds.td - Enumerations of the dialect ------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// They stand together because families share them: a family's .td is read by
// itself, so it must not include another's.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_KINDS_TD
#define LATHE_KINDS_TD

include "dialect/LatheBase.td"

def Lathe_ActivationKind : Lathe_Enum<"ActivationKind", "a function of one number", [
  "relu", "relu6", "leaky_relu", "elu", "silu", "gelu", "gelu_tanh", "sigmoid", "tanh",
  "softplus", "softshrink", "hardshrink", "hard_sigmoid", "hard_swish", "hard_tanh",
  "mish", "identity"]>;
def Lathe_ActivationKindAttr
    : EnumAttr<Lathe_Dialect, Lathe_ActivationKind, "activation_kind">;

def Lathe_PaddingMode : I32EnumAttr<"PaddingMode", "what stands outside an image", [
  I32EnumAttrCase<"zeros", 0>, I32EnumAttrCase<"circular", 1>,
  I32EnumAttrCase<"reflect", 2>, I32EnumAttrCase<"replicate", 3>]> {
  let cppNamespace = "::mlir::lathe";
  let genSpecializedAttr = 0;
}
def Lathe_PaddingModeAttr : EnumAttr<Lathe_Dialect, Lathe_PaddingMode, "padding_mode">;

def Lathe_PoolKind : Lathe_Enum<"PoolKind", "what a window yields", ["max", "average"]>;
def Lathe_PoolKindAttr : EnumAttr<Lathe_Dialect, Lathe_PoolKind, "pool_kind">;

def Lathe_UnaryKind : Lathe_Enum<"UnaryKind", "a function of one number", [
  "abs", "neg", "sign", "exp", "log", "sqrt", "rsqrt", "reciprocal", "square", "sin", "cos",
  "erf", "floor", "ceil", "round"]>;
def Lathe_UnaryKindAttr : EnumAttr<Lathe_Dialect, Lathe_UnaryKind, "unary_kind">;

def Lathe_BinaryKind : Lathe_Enum<"BinaryKind", "a function of two numbers", [
  "add", "sub", "mul", "div", "max", "min", "pow"]>;
def Lathe_BinaryKindAttr : EnumAttr<Lathe_Dialect, Lathe_BinaryKind, "binary_kind">;

def Lathe_CompareKind : Lathe_Enum<"CompareKind", "a relation of two numbers", [
  "eq", "ne", "lt", "le", "gt", "ge"]>;
def Lathe_CompareKindAttr : EnumAttr<Lathe_Dialect, Lathe_CompareKind, "compare_kind">;

def Lathe_ElementKind : I32EnumAttr<"ElementKind", "the type of an element", [
  I32EnumAttrCase<"f32", 0>, I32EnumAttrCase<"f64", 1>, I32EnumAttrCase<"f16", 2>,
  I32EnumAttrCase<"bf16", 3>, I32EnumAttrCase<"i8", 4>, I32EnumAttrCase<"u8", 5>,
  I32EnumAttrCase<"i16", 6>, I32EnumAttrCase<"i32", 7>, I32EnumAttrCase<"i64", 8>,
  I32EnumAttrCase<"boolean", 9, "bool">]> {
  let cppNamespace = "::mlir::lathe";
  let genSpecializedAttr = 0;
}
def Lathe_ElementKindAttr : EnumAttr<Lathe_Dialect, Lathe_ElementKind, "element_kind">;

def Lathe_ReduceKind : Lathe_Enum<"ReduceKind", "how elements combine", [
  "sum", "mean", "max", "min", "prod"]>;
def Lathe_ReduceKindAttr : EnumAttr<Lathe_Dialect, Lathe_ReduceKind, "reduce_kind">;

def Lathe_RotaryStyle : Lathe_Enum<"RotaryStyle", "which elements of a head turn together", [
  "halves", "interleaved"]>;
def Lathe_RotaryStyleAttr : EnumAttr<Lathe_Dialect, Lathe_RotaryStyle, "rotary_style">;

def Lathe_LossReduction : Lathe_Enum<"LossReduction", "how the losses of elements combine", [
  "mean", "sum", "none"]>;
def Lathe_LossReductionAttr : EnumAttr<Lathe_Dialect, Lathe_LossReduction, "loss_reduction">;

def Lathe_DistillationKind : Lathe_Enum<"DistillationKind", "how far a student is from its teacher", [
  "mse", "kl"]>;
def Lathe_DistillationKindAttr
    : EnumAttr<Lathe_Dialect, Lathe_DistillationKind, "distillation_kind">;

def Lathe_OverlapKind : Lathe_Enum<"OverlapKind", "a measure of how two boxes overlap", [
  "iou", "giou", "iof"]>;
def Lathe_OverlapKindAttr : EnumAttr<Lathe_Dialect, Lathe_OverlapKind, "overlap_kind">;

#endif // LATHE_KINDS_TD
