// RUN: lathe-opt %s -lathe-layout-weights | FileCheck %s

// Every weight that is read gets a multiple of 64; others get no place.

// So does every state, in a block of its own.

// CHECK: lathe.state_bytes = 192 : i64
// CHECK-SAME: lathe.weight_bytes = 128 : i64
// CHECK: lathe.weight @a : tensor<3xf32> {lathe.offset = 0 : i64}
// CHECK: lathe.weight @unread : tensor<100xf32>{{$}}
// CHECK: lathe.weight @b : tensor<16xf32> {lathe.offset = 64 : i64}
// CHECK: lathe.state @s : tensor<20xf32> {lathe.offset = 0 : i64}
// CHECK: lathe.state @t : tensor<1xi8> {lathe.offset = 128 : i64}
lathe.weight @a : tensor<3xf32>
lathe.weight @unread : tensor<100xf32>
lathe.weight @b : tensor<16xf32>
lathe.state @s : tensor<20xf32>
lathe.state @t : tensor<1xi8>
func.func @main() -> (tensor<3xf32>, tensor<16xf32>) {
  %a = lathe.parameter @a : tensor<3xf32>
  %b = lathe.parameter @b : tensor<16xf32>
  return %a, %b : tensor<3xf32>, tensor<16xf32>
}
