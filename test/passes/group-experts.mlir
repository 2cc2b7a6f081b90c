// RUN: lathe-opt %s -lathe-group-experts | FileCheck %s
// RUN: lathe-opt %s -lathe-group-experts -lathe-group-experts | FileCheck %s
// Each expert gets the tokens that picked it; layers with the same picks sort them once.

!x = tensor<?x8xf32, #lathe.dims<"tokens", "">>
!w = tensor<?x2xf32, #lathe.dims<"tokens", "">>
!p = tensor<?x2xi64, #lathe.dims<"tokens", "">>

// CHECK-LABEL: @layers(
// CHECK-SAME: %[[X:[^:]*]]: {{[^%]*}}, %[[W:[^:]*]]: {{[^%]*}}, %[[P:[^:]*]]: {{[^%]*}}, %[[OTHER:[^:]*]]:
// CHECK: %[[ORDER:.*]], %[[PLACES:.*]], %[[OFFSETS:.*]] = lathe.group_picks %[[P]] {experts = 2 : i64} : (tensor<?x2xi64, #lathe.dims<"tokens", "">>) -> (tensor<?xi64, #lathe.dims<"2*tokens">>, tensor<?xi64, #lathe.dims<"2*tokens">>, tensor<3xi64>)
// CHECK: %[[Y:.*]] = lathe.grouped_experts %[[X]], %[[W]], %[[ORDER]], %[[PLACES]], %[[OFFSETS]], %arg4, %arg4, %arg5, %arg5, %arg4, %arg4
// CHECK-NOT: lathe.group_picks %[[P]]
// CHECK: %[[Z:.*]] = lathe.grouped_experts %[[Y]], %[[W]], %[[ORDER]], %[[PLACES]], %[[OFFSETS]],
// Other picks, or another number of experts, are other groups.
// CHECK: lathe.group_picks %[[OTHER]] {experts = 2 : i64}
// CHECK: lathe.group_picks %[[OTHER]] {experts = 1 : i64}
func.func @layers(%x: !x, %w: !w, %p: !p, %other: !p, %up: tensor<32x8xf32>, %down: tensor<8x32xf32>) -> !x {
  %0 = lathe.experts %x, %w, %p, %up, %up, %down, %down, %up, %up {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>}
      : (!x, !w, !p, tensor<32x8xf32>, tensor<32x8xf32>, tensor<8x32xf32>, tensor<8x32xf32>, tensor<32x8xf32>, tensor<32x8xf32>) -> !x
  %1 = lathe.experts %0, %w, %p, %up, %up, %down, %down, %up, %up {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>}
      : (!x, !w, !p, tensor<32x8xf32>, tensor<32x8xf32>, tensor<8x32xf32>, tensor<8x32xf32>, tensor<32x8xf32>, tensor<32x8xf32>) -> !x
  %2 = lathe.experts %1, %w, %other, %up, %up, %down, %down, %up, %up {operandSegmentSizes = array<i32: 1, 1, 1, 2, 2, 2>}
      : (!x, !w, !p, tensor<32x8xf32>, tensor<32x8xf32>, tensor<8x32xf32>, tensor<8x32xf32>, tensor<32x8xf32>, tensor<32x8xf32>) -> !x
  %3 = lathe.experts %2, %w, %other, %up, %down, %up {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1>}
      : (!x, !w, !p, tensor<32x8xf32>, tensor<8x32xf32>, tensor<32x8xf32>) -> !x
  return %3 : !x
}
