// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'unary' survives printing; the result types are the inferred ones.

// The shape stays.
// CHECK-LABEL: @sqrt(
// CHECK: lathe.unary %
// CHECK-SAME: -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>
func.func @sqrt(%0: tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) {
  %r = lathe.unary %0 {kind = #lathe<unary_kind sqrt>}
      : (tensor<?x8x6x6xf32, #lathe.dims<"batch", "", "", "">>) -> tensor<?x8x6x6xf32, #lathe.dims<"batch", "",
         "", "">>
  return
}

// Of integers too.
// CHECK-LABEL: @integers(
// CHECK: lathe.unary %
// CHECK-SAME: -> tensor<3xi8>
func.func @integers(%0: tensor<3xi8>) {
  %r = lathe.unary %0 {kind = #lathe<unary_kind abs>}
      : (tensor<3xi8>) -> tensor<3xi8>
  return
}
