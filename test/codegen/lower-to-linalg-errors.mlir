// RUN: lathe-opt %s -lathe-lower-to-linalg -split-input-file -verify-diagnostics
// What the code generator cannot compile is said at the op.

func.func @unknown_size(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  // expected-error@+1 {{cannot be compiled: a dynamic dimension of its result has no name}}
  %r = lathe.activation %x {kind = #lathe<activation_kind relu>} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}

// -----

lathe.weight @w : tensor<3xui8>
func.func @unsigned_weight() -> tensor<3xf32> {
  // expected-error@+1 {{cannot be compiled: a weight of unsigned integers}}
  %w = lathe.parameter @w : tensor<3xui8>
  %r = lathe.cast %w {to = #lathe<element_kind f32>} : (tensor<3xui8>) -> tensor<3xf32>
  return %r : tensor<3xf32>
}
