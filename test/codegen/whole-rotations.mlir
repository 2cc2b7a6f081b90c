// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-decompose{whole-rotations}))' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-decompose))' | FileCheck %s --check-prefix=PARTS
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-decompose{whole-rotations}),lathe-lower-to-linalg)' | FileCheck %s --check-prefix=LOOP

// Devices turn all features in one loop, in which each reads its partner; processors by vectors of firsts and seconds.

// CHECK-LABEL: func @turn
// CHECK: %[[ANGLES:.*]] = lathe.rotary_angles
// CHECK: %[[Y:.*]] = lathe.rotary_turn %{{.*}}, %[[ANGLES]] {dims = 4 : i64, head_dim = 8 : i64
// CHECK: return %[[Y]]
// PARTS-LABEL: func @turn
// PARTS-NOT: rotary_turn
// PARTS: lathe.concat
// LOOP-LABEL: func @turn
// LOOP: tensor.insert_slice
// LOOP: linalg.generic
// LOOP-COUNT-3: tensor.extract
// LOOP: linalg.yield
// LOOP-NOT: tensor.insert_slice
// LOOP: return
func.func @turn(%x: tensor<1x3x16xf32>) -> tensor<1x3x16xf32> {
  %y = lathe.rotary %x {head_dim = 8, style = #lathe<rotary_style interleaved>, dims = 4, theta = 10000.0, past = ""}
      : (tensor<1x3x16xf32>) -> tensor<1x3x16xf32>
  return %y : tensor<1x3x16xf32>
}
