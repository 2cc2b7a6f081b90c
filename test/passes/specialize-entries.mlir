// RUN: lathe-opt %s -split-input-file -lathe-specialize-entries | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-specialize-entries -lathe-specialize-entries | FileCheck %s

// A variant a combination of sizes, in types, in keys that hold sizes and in what states are read as; twice is once.

// CHECK-LABEL: func @main
// CHECK-SAME: tensor<?x?x4xf32, #lathe.dims<"batch", "tokens", "">>
// CHECK-NOT: lathe.specialize
// CHECK: func @main.tokens_2(%{{.*}}: tensor<?x2x4xf32, #lathe.dims<"batch", "", "">>) -> tensor<?xf32, #lathe.dims<"8*batch">>
// CHECK-SAME: lathe.variant_of = @main, lathe.when = {tokens = 2 : i64}
// CHECK: lathe.reshape {{.*}} {shape = ["8*batch"]} : (tensor<?x2x4xf32, #lathe.dims<"batch", "", "">>)
// CHECK: func @main.tokens_5(
// CHECK: lathe.reshape {{.*}} {shape = ["20*batch"]}
// CHECK-NOT: func @main
module attributes {lathe.dims = {batch = array<i64: 1, 3>, tokens = array<i64: 1, 8>}} {
  func.func @main(%x: tensor<?x?x4xf32, #lathe.dims<"batch", "tokens", "">>)
      -> tensor<?xf32, #lathe.dims<"4*batch*tokens">> attributes {lathe.specialize = {tokens = [2, "any", 5, 2]}} {
    %r = lathe.reshape %x {shape = ["4*batch*tokens"]}
        : (tensor<?x?x4xf32, #lathe.dims<"batch", "tokens", "">>) -> tensor<?xf32, #lathe.dims<"4*batch*tokens">>
    return %r : tensor<?xf32, #lathe.dims<"4*batch*tokens">>
  }
}

// -----

// Any size is the entry itself, and an entry that asks for nothing has no variants.

// CHECK-LABEL: func @any
// CHECK-LABEL: func @none
// CHECK-NOT: lathe.variant_of
module attributes {lathe.dims = {batch = array<i64: 1, 3>}} {
  func.func @any(%x: tensor<?xf32, #lathe.dims<"batch">>) attributes {lathe.specialize = {batch = ["any"]}} {
    return
  }
  func.func @none(%x: tensor<?xf32, #lathe.dims<"batch">>) {
    return
  }
}

// -----

// A state is seen with the size.

// CHECK-LABEL: func @keep.batch_2
// CHECK: lathe.read_state @total : tensor<2x4xf32>
// CHECK: lathe.write_state %{{.*}} to @total : tensor<2x4xf32>
module attributes {lathe.dims = {batch = array<i64: 1, 3>}} {
  lathe.state @total : tensor<?x4xf32, #lathe.dims<"batch", "">>
  func.func @keep(%x: tensor<?x4xf32, #lathe.dims<"batch", "">>) attributes {lathe.specialize = {batch = [2]}} {
    %old = lathe.read_state @total : tensor<?x4xf32, #lathe.dims<"batch", "">>
    lathe.write_state %x to @total : tensor<?x4xf32, #lathe.dims<"batch", "">>
    return
  }
}
