// RUN: lathe-opt %s -split-input-file -verify-diagnostics -lathe-lower-to-linalg | FileCheck %s
// Dimensions whose values come from inputs.

// The value itself, with its bound; the sum with another dimension has a bound
// that is less than that of its parts, as has a difference.

// CHECK-LABEL: func @position
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32> {lathe.bounds = array<i64: 8, 4>
// CHECK-SAME: %[[MASK:.*]]: tensor<?xf32> {lathe.bounds = array<i64: 8>}
// CHECK-DAG: %[[VALUE:.*]] = tensor.extract %{{.*}}[] : tensor<i32>
// CHECK-DAG: %[[INDEX:.*]] = arith.index_cast %[[VALUE]] : i32 to index
// CHECK-DAG: %[[PAST:.*]] = kernel.bounded %[[INDEX]] max 7
// CHECK-DAG: %[[TOKENS:.*]] = tensor.dim %[[X]]
// CHECK-DAG: %[[SUM:.*]] = arith.addi %[[PAST]], %[[TOKENS]]
// CHECK: kernel.bounded %[[SUM]] max 8
module attributes {
  lathe.dims = {tokens = array<i64: 1, 8>, past = array<i64: 0, 7>},
  lathe.dim_limits = {past = "-tokens + 8"},
  lathe.dim_sources = {past = {input = "position"}}
} {
  func.func @position(%x: tensor<?x4xf32, #lathe.dims<"tokens", "">>,
                      %mask: tensor<?xf32, #lathe.dims<"past + tokens">>,
                      %position: tensor<i32> {lathe.name = "position"})
      -> tensor<?x1xf32, #lathe.dims<"past + tokens", "">> {
    %r = lathe.reshape %mask {shape = ["past + tokens", 1]}
        : (tensor<?xf32, #lathe.dims<"past + tokens">>) -> tensor<?x1xf32, #lathe.dims<"past + tokens", "">>
    return %r : tensor<?x1xf32, #lathe.dims<"past + tokens", "">>
  }
}

// -----

// One of several values, by its number.

// CHECK-LABEL: func @width
// CHECK: %[[VALUE:.*]] = tensor.extract %{{.*}}[%{{.*}}] : tensor<1xi64>
// CHECK: %[[NUMBER:.*]] = arith.index_cast %[[VALUE]] : i64 to index
// CHECK: %[[LAST:.*]] = arith.constant 5 : index
// CHECK: %[[IS1:.*]] = arith.cmpi eq, %[[NUMBER]], %c1
// CHECK: %[[OR1:.*]] = arith.select %[[IS1]], %c32{{.*}}, %[[LAST]]
// CHECK: %[[IS0:.*]] = arith.cmpi eq, %[[NUMBER]], %c0
// CHECK: %[[OR0:.*]] = arith.select %[[IS0]], %c16{{.*}}, %[[OR1]]
// CHECK: kernel.bounded %[[OR0]] max 32
module attributes {
  lathe.dims = {width = array<i64: 5, 32>},
  lathe.dim_sources = {width = {input = "choice", values = array<i64: 16, 32, 5>}}
} {
  func.func @width(%x: tensor<?xf32, #lathe.dims<"width">>,
                   %choice: tensor<1xi64> {lathe.name = "choice"}) {
    return
  }
}

// -----

module attributes {
  lathe.dims = {past = array<i64: 0, 7>},
  lathe.dim_sources = {past = {input = "position"}}
} {
  // expected-error @below {{'position' gives the dimension 'past' its value, and so must be one i32 or i64}}
  func.func @main(%position: tensor<2xi32> {lathe.name = "position"}) {
    return
  }
}

// -----

// An entry that lacks the input cannot use the dimension.
module attributes {
  lathe.dims = {tokens = array<i64: 1, 8>, past = array<i64: 0, 7>},
  lathe.dim_sources = {past = {input = "position"}}
} {
  lathe.state @s : tensor<8x4xf32>
  func.func @main(%x: tensor<4xf32>) {
    // expected-error @below {{no input of the entry has the dimension 'past' as one of its own}}
    %r = lathe.broadcast_to %x {shape = ["past", 4]} : (tensor<4xf32>) -> tensor<?x4xf32, #lathe.dims<"past", "">>
    return
  }
}
