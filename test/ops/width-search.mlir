// RUN: %reference | FileCheck %s
// RUN: %optimised | FileCheck %s
// An encoder of three widths and one task of two, with the costs that lathe-resolve-widths would have tabled: half of
// the widest configuration's 12 buys the wide decoder with the narrowest encoder, which costs 5, and 0.75 the middle one.

module attributes {lathe.dims = {a = array<i64: 1, 3>, d = array<i64: 1, 2>},
                   lathe.dim_sources = {a = {input = "wide", values = array<i64: 1, 2, 3>},
                                        d = {input = "task0", values = array<i64: 1, 2>}}} {
func.func private @printMemrefI32(tensor<*xi32>)
func.func private @printMemrefF32(tensor<*xf32>)
func.func private @costly(%wide: tensor<i32> {lathe.name = "wide"}, %task: tensor<i32> {lathe.name = "task0"}) {
  return
}

// The last argument of an entry is its context, which the runtime is given.
func.func private @choose(%budget: tensor<f32>, %preference: tensor<1xf32>, %context: !llvm.ptr)
    -> (tensor<2xi32>, tensor<f32>) {
  %w, %s = lathe.width_search %budget, %preference {entry = "costly", encoder = "wide", decoders = "task{i}",
      lathe.costs = array<f64: 3.0, 5.0, 6.0, 9.0, 10.0, 12.0>, lathe.counts = array<i64: 3, 2>}
      : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
  return %w, %s : tensor<2xi32>, tensor<f32>
}

func.func @main() {
  %context = llvm.mlir.zero : !llvm.ptr
  %preference = arith.constant dense<1.0> : tensor<1xf32>
  // CHECK: [0, {{ *}}1]
  // CHECK: 0.416667
  %half = arith.constant dense<0.5> : tensor<f32>
  %w0, %s0 = call @choose(%half, %preference, %context) : (tensor<f32>, tensor<1xf32>, !llvm.ptr) -> (tensor<2xi32>, tensor<f32>)
  %p0 = tensor.cast %w0 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p0) : (tensor<*xi32>) -> ()
  %q0 = tensor.cast %s0 : tensor<f32> to tensor<*xf32>
  call @printMemrefF32(%q0) : (tensor<*xf32>) -> ()
  // CHECK: [1, {{ *}}1]
  // CHECK: 0.75
  %most = arith.constant dense<0.75> : tensor<f32>
  %w1, %s1 = call @choose(%most, %preference, %context) : (tensor<f32>, tensor<1xf32>, !llvm.ptr) -> (tensor<2xi32>, tensor<f32>)
  %p1 = tensor.cast %w1 : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%p1) : (tensor<*xi32>) -> ()
  %q1 = tensor.cast %s1 : tensor<f32> to tensor<*xf32>
  call @printMemrefF32(%q1) : (tensor<*xf32>) -> ()
  return
}
}
