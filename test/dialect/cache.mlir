// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'cache' survives printing; the result types are the inferred ones.

module attributes {
  lathe.dims = {batch = array<i64: 1, 3>, tokens = array<i64: 1, 8>, past = array<i64: 0, 7>, filled = array<i64: 0, 9>},
  lathe.dim_limits = {past = "-tokens + 8"}
} {
  lathe.state @keys.buffer : tensor<?x8x2x4xf32, #lathe.dims<"batch", "", "", "">>
  lathe.state @ids : tensor<1x10xi32>

  // The positions filled before, then the new ones.
  // CHECK-LABEL: @keys(
  // CHECK: lathe.cache %
  // CHECK-SAME: -> tensor<?x?x2x4xf32, #lathe.dims<"batch", "past + tokens", "", "">>
  func.func @keys(%x: tensor<?x?x2x4xf32, #lathe.dims<"batch", "tokens", "", "">>) {
    %r = lathe.cache %x {capacity = 8 : i64, past = "past", buffer = @keys.buffer}
        : (tensor<?x?x2x4xf32, #lathe.dims<"batch", "tokens", "", "">>)
        -> tensor<?x?x2x4xf32, #lathe.dims<"batch", "past + tokens", "", "">>
    return
  }

  // CHECK-LABEL: @one(
  // CHECK: lathe.cache %
  // CHECK-SAME: -> tensor<1x?xi32, #lathe.dims<"", "filled + 1">>
  func.func @one(%x: tensor<1x1xi32>) {
    %r = lathe.cache %x {capacity = 10 : i64, past = "filled", buffer = @ids}
        : (tensor<1x1xi32>) -> tensor<1x?xi32, #lathe.dims<"", "filled + 1">>
    return
  }
}
