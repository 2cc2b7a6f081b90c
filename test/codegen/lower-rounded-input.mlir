// RUN: lathe-opt %s -pass-pipeline='builtin.module(lathe-lower-to-linalg{channels-last byte-dots bf16-dots})' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(lathe-lower-to-linalg{channels-last byte-dots byte-unit=32})' | FileCheck %s --check-prefix=MATRICES
// RUN: lathe-opt %s -pass-pipeline='builtin.module(lathe-lower-to-linalg)' | FileCheck %s --check-prefix=PLAIN

// The largest of a group becomes 127; infinity and NaN leave no code out of range. Codes are in panels filled up
// to 32 columns. -O0 has floats only.

// CHECK-LABEL: @rows
// CHECK: math.absf
// CHECK: arith.maximumf
// CHECK: arith.constant 0.00787401
// CHECK: math.roundeven
// CHECK: arith.maxnumf
// CHECK: arith.minnumf
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK: arith.extsi %{{.*}} : i8 to i32
// CHECK: arith.addi
// CHECK: kernel.dot_product rows(%{{.*}} : tensor<6x64xi8>) weights(%{{.*}} : tensor<2x16x128xi8>) groups(%{{.*}} : tensor<6x2xf32>, tensor<6x2xi32>, tensor<2x2x32xf32>) outs(%{{.*}} : tensor<6x40xf32>)
// MATRICES-LABEL: @rows
// MATRICES: kernel.dot_product
// PLAIN-LABEL: @rows
// PLAIN: math.roundeven
// PLAIN-NOT: kernel.dot_product
func.func @rows(%x: tensor<2x3x64xf32>, %q: tensor<40x64xi8>, %s: tensor<40x2xf32>) -> tensor<2x3x40xf32> {
  %y = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, rounds_input}
      : (tensor<2x3x64xf32>, tensor<40x64xi8>, tensor<40x2xf32>) -> tensor<2x3x40xf32>
  return %y : tensor<2x3x40xf32>
}

// Groups of 6 come in no fours: the rows are rounded all the same.

// CHECK-LABEL: @odd
// CHECK: math.roundeven
// CHECK-NOT: kernel.dot_product
func.func @odd(%x: tensor<2x12xf32>, %q: tensor<40x12xi8>, %s: tensor<40x2xf32>) -> tensor<2x40xf32> {
  %y = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, rounds_input}
      : (tensor<2x12xf32>, tensor<40x12xi8>, tensor<40x2xf32>) -> tensor<2x40xf32>
  return %y : tensor<2x40xf32>
}

// Rows become bf16 and nothing else; panels hold pairs of a column.

// CHECK-LABEL: @pairs
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK-NOT: math
// CHECK: kernel.dot_product rows(%{{.*}} : tensor<6x64xbf16>) weights(%{{.*}} : tensor<2x32x64xbf16>) outs(%{{.*}} : tensor<6x40xf32>) ->
// PLAIN-LABEL: @pairs
// PLAIN: arith.truncf %{{.*}} : f32 to bf16
// PLAIN: arith.extf %{{.*}} : bf16 to f32
// PLAIN-NOT: kernel.dot_product
func.func @pairs(%x: tensor<2x3x64xf32>, %q: tensor<40x64xbf16>) -> tensor<2x3x40xf32> {
  %y = lathe.quantized_linear %x, %q {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, rounds_input}
      : (tensor<2x3x64xf32>, tensor<40x64xbf16>) -> tensor<2x3x40xf32>
  return %y : tensor<2x3x40xf32>
}

// CHECK-LABEL: @single
// CHECK: arith.truncf
// CHECK-NOT: kernel.dot_product
func.func @single(%x: tensor<2x63xf32>, %q: tensor<40x63xbf16>) -> tensor<2x40xf32> {
  %y = lathe.quantized_linear %x, %q {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, rounds_input}
      : (tensor<2x63xf32>, tensor<40x63xbf16>) -> tensor<2x40xf32>
  return %y : tensor<2x40xf32>
}

// Matrices of bytes have 32 inputs: rows of which groups have no such parts are rounded, and multiplied as before.

// CHECK-LABEL: @parts
// CHECK: kernel.dot_product
// MATRICES-LABEL: @parts
// MATRICES: math.roundeven
// MATRICES-NOT: kernel.dot_product
func.func @parts(%x: tensor<2x96xf32>, %q: tensor<40x96xi8>, %s: tensor<40x2xf32>) -> tensor<2x40xf32> {
  %y = lathe.quantized_linear %x, %q, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, rounds_input}
      : (tensor<2x96xf32>, tensor<40x96xi8>, tensor<40x2xf32>) -> tensor<2x40xf32>
  return %y : tensor<2x40xf32>
}
