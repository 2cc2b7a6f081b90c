// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'width_search' survives printing; it gives a width a part and a share.

module attributes {lathe.dims = {a = array<i64: 1, 4>, d = array<i64: 2, 3>},
                   lathe.dim_sources = {a = {input = "wide", values = array<i64: 1, 4>},
                                        d = {input = "task0", values = array<i64: 2, 3>}}} {
func.func private @main(tensor<i32> {lathe.name = "wide"}, tensor<i32> {lathe.name = "task0"})
// CHECK: lathe.width_search %{{.*}}, %{{.*}} {decoders = "task{i}", encoder = "wide", entry = "main"} : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
func.func @choose(%b: tensor<f32>, %p: tensor<1xf32>) {
  %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "wide", decoders = "task{i}"}
      : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
  return
}
}
