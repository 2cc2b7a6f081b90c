// RUN: lathe-opt %s -split-input-file -lathe-erase-dead | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-erase-dead -lathe-erase-dead | FileCheck %s
// What has no effect goes, and with it what was computed for it alone.

!x = tensor<?x4x6xf32, #lathe.dims<"batch", "", "">>
!s = tensor<?x4x1xf32, #lathe.dims<"batch", "", "">>

lathe.weight @score.weight : tensor<1x6xf32>
lathe.weight @score.bias : tensor<1xf32>

// The scores of places, normalised along an axis of one element, are 1 whatever the layer that makes them holds.
// CHECK-LABEL: @scores(
// CHECK-NEXT: return %arg0
func.func @scores(%x: !x) -> !x {
  %w = lathe.parameter @score.weight : tensor<1x6xf32>
  %b = lathe.parameter @score.bias : tensor<1xf32>
  %0 = lathe.linear %x, %w, %b : (!x, tensor<1x6xf32>, tensor<1xf32>) -> !s
  %1 = lathe.softmax %0 {axis = -1 : i64} : (!s) -> !s
  %2 = lathe.transpose %1 {permutation = array<i64: 0, 2, 1>} : (!s) -> tensor<?x1x4xf32, #lathe.dims<"batch", "", "">>
  %3 = lathe.squeeze %2 {axes = array<i64: 1>} : (tensor<?x1x4xf32, #lathe.dims<"batch", "", "">>) -> tensor<?x4xf32, #lathe.dims<"batch", "">>
  %4 = lathe.unsqueeze %3 {axes = array<i64: 2>} : (tensor<?x4xf32, #lathe.dims<"batch", "">>) -> !s
  %5 = lathe.binary %x, %4 {kind = #lathe<binary_kind mul>} : (!x, !s) -> !x
  return %5 : !x
}

// A number that is added stays, as a number.
// CHECK-LABEL: @added(
// CHECK-NEXT: %[[Y:.*]] = lathe.binary %arg0 {kind = #lathe<binary_kind add>, value = 1.5
// CHECK-NEXT: return %[[Y]]
func.func @added(%x: !x, %s: !s) -> !x {
  %0 = lathe.softmax %s {axis = 2 : i64} : (!s) -> !s
  %1 = lathe.binary %0 {kind = #lathe<binary_kind add>, value = 0.5 : f64} : (!s) -> !s
  %2 = lathe.binary %1, %x {kind = #lathe<binary_kind add>} : (!s, !x) -> !x
  return %2 : !x
}

// -----

!x = tensor<2x4x6x6xf32>

// CHECK-LABEL: @operands(
// CHECK-NEXT: %[[Y:.*]] = lathe.activation %arg0 {kind = #lathe<activation_kind relu>}
// CHECK-NEXT: return %[[Y]]
func.func @operands(%x: !x) -> !x {
  %0 = lathe.binary %x {kind = #lathe<binary_kind mul>, value = 1.0 : f64} : (!x) -> !x
  %1 = lathe.binary %0 {kind = #lathe<binary_kind sub>, value = 0.0 : f64} : (!x) -> !x
  %2 = lathe.cast %1 {to = #lathe<element_kind f32>} : (!x) -> !x
  %3 = lathe.reshape %2 {shape = [2, 4, 6, 6]} : (!x) -> !x
  %4 = lathe.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (!x) -> tensor<2x6x6x4xf32>
  %5 = lathe.transpose %4 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<2x6x6x4xf32>) -> !x
  %6 = lathe.activation %5 {kind = #lathe<activation_kind identity>} : (!x) -> !x
  %7 = lathe.pad %6 {high = array<i64: 0, 0, 0, 0>, low = array<i64: 0, 0, 0, 0>, mode = #lathe<padding_mode zeros>, value = 0.0 : f64} : (!x) -> !x
  %8 = lathe.concat %7 {axis = 1 : i64} : (!x) -> !x
  %9 = lathe.split %8 {axis = 1 : i64, parts = 1 : i64} : (!x) -> !x
  %10 = lathe.slice %9 {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : (!x) -> !x
  %11 = lathe.activation %10 {kind = #lathe<activation_kind relu>} : (!x) -> !x
  %12 = lathe.activation %11 {kind = #lathe<activation_kind relu>} : (!x) -> !x
  return %12 : !x
}

// A mean of one element is a view.
// CHECK-LABEL: @pooled(
// CHECK-NEXT: %[[Y:.*]] = lathe.squeeze %{{.*}} {axes = array<i64: 2, 3>}
// CHECK-NEXT: return %[[Y]]
func.func @pooled(%x: tensor<2x4x1x1xf32>) -> tensor<2x4xf32> {
  %0 = lathe.reduce %x {axes = array<i64: 2, 3>, keepdims = true, kind = #lathe<reduce_kind max>} : (tensor<2x4x1x1xf32>) -> tensor<2x4x1x1xf32>
  %1 = lathe.reduce %0 {axes = array<i64: 2, 3>, keepdims = false, kind = #lathe<reduce_kind mean>} : (tensor<2x4x1x1xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

!x = tensor<?x4xf32, #lathe.dims<"batch", "">>

// Must stay: a softmax over more than one element or over a size that may be, x + 0 (which turns −0 into 0), a
// multiplication that stretches, a leaky_relu of a leaky_relu, and another order of the same shape.
// CHECK-LABEL: @stay(
// CHECK: lathe.softmax
// CHECK: lathe.softmax
// CHECK: lathe.binary {{.*}}value = 0.0
// CHECK: lathe.binary
// CHECK: lathe.activation
// CHECK: lathe.activation
// CHECK: lathe.transpose
func.func @stay(%x: !x, %one: tensor<1x4xf32>, %m: tensor<4x4xf32>) -> (!x, !x, !x, tensor<4x4xf32>) {
  %0 = lathe.softmax %x {axis = 1 : i64} : (!x) -> !x
  %1 = lathe.softmax %0 {axis = 0 : i64} : (!x) -> !x
  %2 = lathe.binary %x {kind = #lathe<binary_kind add>, value = 0.0 : f64} : (!x) -> !x
  %s = lathe.softmax %one {axis = 0 : i64} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = lathe.binary %s, %x {kind = #lathe<binary_kind sub>} : (tensor<1x4xf32>, !x) -> !x
  %4 = lathe.activation %3 {alpha = 0.1 : f64, kind = #lathe<activation_kind leaky_relu>} : (!x) -> !x
  %5 = lathe.activation %4 {alpha = 0.1 : f64, kind = #lathe<activation_kind leaky_relu>} : (!x) -> !x
  %6 = lathe.transpose %m {permutation = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1, %2, %5, %6 : !x, !x, !x, tensor<4x4xf32>
}
