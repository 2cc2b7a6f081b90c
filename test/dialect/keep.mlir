// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'keep' and 'spread' survive printing; the result types are the inferred ones.

// CHECK-LABEL: @channels(
// CHECK: lathe.keep %{{.*}} {axis = 1 : i64, places = array<i64: 0, 2>}
// CHECK-SAME: -> tensor<?x2x5xf32, #lathe.dims<"batch", "", "">>
// CHECK: lathe.spread %{{.*}} {axis = -2 : i64, places = array<i64: 1, 3>, size = 6 : i64}
// CHECK-SAME: -> tensor<?x6x5xf32, #lathe.dims<"batch", "", "">>
// CHECK: lathe.spread %{{.*}}, %arg1 {
func.func @channels(%x: tensor<?x4x5xf32, #lathe.dims<"batch", "", "">>, %fill: tensor<6xf32>) {
  %k = lathe.keep %x {axis = 1 : i64, places = array<i64: 0, 2>}
      : (tensor<?x4x5xf32, #lathe.dims<"batch", "", "">>) -> tensor<?x2x5xf32, #lathe.dims<"batch", "", "">>
  %s = lathe.spread %k {axis = -2 : i64, places = array<i64: 1, 3>, size = 6 : i64}
      : (tensor<?x2x5xf32, #lathe.dims<"batch", "", "">>) -> tensor<?x6x5xf32, #lathe.dims<"batch", "", "">>
  %f = lathe.spread %k, %fill {axis = 1 : i64, places = array<i64: 1, 3>, size = 6 : i64}
      : (tensor<?x2x5xf32, #lathe.dims<"batch", "", "">>, tensor<6xf32>)
        -> tensor<?x6x5xf32, #lathe.dims<"batch", "", "">>
  return
}
