// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'bipartite_match' survives printing; the result types are the inferred ones.

// CHECK-LABEL: @batch(
// CHECK: lathe.bipartite_match %
// CHECK-SAME: -> tensor<?x10xi64, #lathe.dims<"batch", "">>
func.func @batch(%0: tensor<?x10x?xf32, #lathe.dims<"batch", "", "objects">>) {
  %r = lathe.bipartite_match %0 : (tensor<?x10x?xf32, #lathe.dims<"batch", "", "objects">>)
      -> tensor<?x10xi64, #lathe.dims<"batch", "">>
  return
}
