// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// A size that an input tells, twice and one more.

func.func private @printMemrefI32(tensor<*xi32>)

func.func private @twice(%x: tensor<?xf32, #lathe.dims<"n">>) -> tensor<i32> {
  %r = lathe.size {of = ["2*n + 1"], to = #lathe<element_kind i32>} : () -> tensor<i32>
  return %r : tensor<i32>
}

func.func @main() {
  // CHECK: 7
  %x = arith.constant dense<0.0> : tensor<3xf32>
  %cast = tensor.cast %x : tensor<3xf32> to tensor<?xf32, #lathe.dims<"n">>
  %r = call @twice(%cast) : (tensor<?xf32, #lathe.dims<"n">>) -> tensor<i32>
  %p = tensor.cast %r : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%p) : (tensor<*xi32>) -> ()
  return
}
