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
include "dialect/State.td"
include "dialect/Sequence.td"
include "dialect/Sparsity.td"
include "dialect/Adapter.td"
include "dialect/Routing.td"
include "dialect/Matching.td"
include "dialect/Multigrid.td"
include "dialect/Slim.td"
include "dialect/Detection.td"
include "dialect/Loss.td"
include "dialect/Quantized.td"
