// RUN: lathe-opt %s -lathe-resolve-widths | FileCheck %s
// RUN: lathe-opt %s -lathe-resolve-widths -lathe-resolve-widths | FileCheck %s
// The costs of all configurations, by the entry's ops, with the last decoder's width changing fastest: a product of a
// by d multiply-adds and d additions, 2 a d + d.

// CHECK-LABEL: func @choose
// CHECK: lathe.width_search
// CHECK-SAME: lathe.costs = array<f64: 6.000000e+00, 9.000000e+00, 1.800000e+01, 2.700000e+01>
// CHECK-SAME: lathe.counts = array<i64: 2, 2>
module attributes {lathe.dims = {a = array<i64: 1, 4>, d = array<i64: 2, 3>},
                   lathe.dim_sources = {a = {input = "wide", values = array<i64: 1, 4>},
                                        d = {input = "task0", values = array<i64: 2, 3>}}} {
  func.func @choose(%b: tensor<f32>, %p: tensor<1xf32>) {
    %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "wide", decoders = "task{i}"}
        : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
    return
  }
  func.func @main(%x: tensor<1x?xf32, #lathe.dims<"", "a">>, %y: tensor<?x?xf32, #lathe.dims<"a", "d">>,
                  %wide: tensor<i32> {lathe.name = "wide"}, %task: tensor<i32> {lathe.name = "task0"}) {
    %r = lathe.matmul %x, %y {transpose_input = false, transpose_other = false}
        : (tensor<1x?xf32, #lathe.dims<"", "a">>, tensor<?x?xf32, #lathe.dims<"a", "d">>) -> tensor<1x?xf32, #lathe.dims<"", "d">>
    %s = lathe.binary %r, %r {kind = #lathe<binary_kind add>}
        : (tensor<1x?xf32, #lathe.dims<"", "d">>, tensor<1x?xf32, #lathe.dims<"", "d">>) -> tensor<1x?xf32, #lathe.dims<"", "d">>
    return
  }
}
