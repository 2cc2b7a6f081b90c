// RUN: lathe-opt %s -lathe-layout-weights | FileCheck %s

// Every weight that is read gets a multiple of 64; others get no place.

// CHECK: lathe.weight_bytes = 128 : i64
// CHECK: lathe.weight @a : tensor<3xf32> {lathe.offset = 0 : i64}
// CHECK: lathe.weight @unread : tensor<100xf32>{{$}}
// CHECK: lathe.weight @b : tensor<16xf32> {lathe.offset = 64 : i64}
lathe.weight @a : tensor<3xf32>
lathe.weight @unread : tensor<100xf32>
lathe.weight @b : tensor<16xf32>
func.func @main() -> (tensor<3xf32>, tensor<16xf32>) {
  %a = lathe.parameter @a : tensor<3xf32>
  %b = lathe.parameter @b : tensor<16xf32>
  return %a, %b : tensor<3xf32>, tensor<16xf32>
}
