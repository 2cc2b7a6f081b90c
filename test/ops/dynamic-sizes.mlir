// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// Named dimensions at run time: one function, two batches of two lengths.

!tokens = tensor<?x?x4xf32, #lathe.dims<"batch", "length", "">>
!heads = tensor<?x?x2x2xf32, #lathe.dims<"batch", "length", "", "">>
!flat = tensor<?x2x2xf32, #lathe.dims<"batch*length", "", "">>
!longer = tensor<?x?x4xf32, #lathe.dims<"batch", "length + 1", "">>
!sums = tensor<?x4xf32, #lathe.dims<"batch", "">>

func.func private @printMemrefF32(tensor<*xf32>)

// Splits, flattens and restores; pads the length, subtracts the mean over it
// and sums what is left without the added place: minus it.
func.func private @model(%x: !tokens) -> !sums {
  %0 = lathe.reshape %x {shape = [0, 0, 2, -1]} : (!tokens) -> !heads
  %1 = lathe.flatten %0 {start = 0 : i64, end = 1 : i64} : (!heads) -> !flat
  %2 = lathe.reshape %1 {shape = ["batch", -1, 4]} : (!flat) -> !tokens
  %3 = lathe.pad %2 {low = array<i64: 0, 1, 0>, high = array<i64: 0, 0, 0>,
                     mode = #lathe<padding_mode zeros>, value = 0.0 : f64} : (!tokens) -> !longer
  %mean = lathe.reduce %3 {kind = #lathe<reduce_kind mean>, axes = array<i64: 1>, keepdims = true}
      : (!longer) -> tensor<?x1x4xf32, #lathe.dims<"batch", "", "">>
  %4 = lathe.binary %3, %mean {kind = #lathe<binary_kind sub>}
      : (!longer, tensor<?x1x4xf32, #lathe.dims<"batch", "", "">>) -> !longer
  %5 = lathe.slice %4 {axis = 1 : i64, start = 1 : i64, step = 1 : i64} : (!longer) -> !tokens
  %6 = lathe.reduce %5 {kind = #lathe<reduce_kind sum>, axes = array<i64: 1>, keepdims = false} : (!tokens) -> !sums
  return %6 : !sums
}

func.func @main() {
  // The mean of 0, 1 and 3 is 4/3; minus it, negated twice.
  // CHECK: [1.33333, 2.66667, 0, -1.33333]
  %x = arith.constant dense<[[[1.0, 2.0, 0.0, -1.0], [3.0, 6.0, 0.0, -3.0]]]> : tensor<1x2x4xf32>
  %a = tensor.cast %x : tensor<1x2x4xf32> to !tokens
  %r = call @model(%a) : (!tokens) -> !sums
  %p = tensor.cast %r : !sums to tensor<*xf32>
  call @printMemrefF32(%p) : (tensor<*xf32>) -> ()

  // CHECK: [0.5, 1, 1.5, 2]
  // CHECK-NEXT: [5, 10, 15, 20]
  %y = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0]], [[10.0, 20.0, 30.0, 40.0]]]> : tensor<2x1x4xf32>
  %b = tensor.cast %y : tensor<2x1x4xf32> to !tokens
  %s = call @model(%b) : (!tokens) -> !sums
  %q = tensor.cast %s : !sums to tensor<*xf32>
  call @printMemrefF32(%q) : (tensor<*xf32>) -> ()
  return
}
