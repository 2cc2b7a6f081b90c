//===- LatheOps.td - All families of ops ----------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "dialect/Model.td"
include "dialect/Layers.td"
include "dialect/Norm.td"
include "dialect/Activation.td"
include "dialect/Pool.td"
include "dialect/Elementwise.td"
include "dialect/Reduction.td"
include "dialect/Rearrangement.td"
include "dialect/Spectral.td"
include "dialect/Attention.td"
