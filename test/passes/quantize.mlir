// RUN: lathe-opt %s -split-input-file -lathe-quantize | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-quantize -lathe-quantize | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-quantize{byte-dots})' | FileCheck %s --check-prefix=BYTES
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(lathe-quantize{bf16-dots})' | FileCheck %s --check-prefix=BRAIN
// Matrices are stored as `precision` says, by ops on weights.

// The last pattern that matches a name decides. Two groups a row of 64.
module attributes {lathe.precision = {group = 32 : i64, storage = [["*", "int8"], ["*.down.*", "int4"], ["head.*", "f32"], ["half.*", "bf16"]]}} {
  lathe.weight @up.weight : tensor<3x64xf32>
  lathe.weight @d : tensor<3x64xf32> {source = "layers.0.down.weight"}
  lathe.weight @head.weight : tensor<3x64xf32>
  lathe.weight @half.weight : tensor<3x64xf32>
  lathe.weight @head.bias : tensor<3xf32>
  // CHECK-LABEL: @layers(
  // CHECK: %[[UP:.*]] = lathe.parameter @up.weight
  // CHECK: %[[G:.*]] = lathe.reshape %[[UP]] {shape = [3, 2, 32]}
  // CHECK: %[[MAX:.*]] = lathe.reduce %{{.*}} {axes = array<i64: 2>, keepdims = true, kind = #lathe<reduce_kind max>}
  // The largest of a group becomes 127, by the scale as bf16 has it.
  // CHECK: %[[LEAST:.*]] = lathe.binary %[[MAX]] {kind = #lathe<binary_kind max>
  // CHECK: %[[S:.*]] = lathe.binary %[[LEAST]] {kind = #lathe<binary_kind mul>, value = 0.00787401
  // CHECK: %[[STORED:.*]] = lathe.cast %[[S]] {to = #lathe<element_kind bf16>}
  // CHECK: %[[READ:.*]] = lathe.cast %[[STORED]] {to = #lathe<element_kind f32>}
  // CHECK: lathe.binary %[[G]], %[[READ]] {kind = #lathe<binary_kind div>}
  // CHECK: lathe.cast %{{.*}} {to = #lathe<element_kind i8>}
  // CHECK: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>} : (tensor<2x64xf32>, tensor<3x64xi8>, tensor<3x2xbf16>)
  // CHECK: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>} : (tensor<2x64xf32>, tensor<3x32xi8>, tensor<3x2xbf16>, tensor<3x2xf32>)
  // CHECK: lathe.linear %arg0
  // CHECK: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 0, 0, 1>} : (tensor<2x64xf32>, tensor<3x64xbf16>, tensor<3xf32>)
  func.func @layers(%x: tensor<2x64xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
    %u = lathe.parameter @up.weight : tensor<3x64xf32>
    %d = lathe.parameter @d : tensor<3x64xf32>
    %h = lathe.parameter @head.weight : tensor<3x64xf32>
    %w = lathe.parameter @half.weight : tensor<3x64xf32>
    %b = lathe.parameter @head.bias : tensor<3xf32>
    %0 = lathe.linear %x, %u : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
    %1 = lathe.linear %x, %d : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
    %2 = lathe.linear %x, %h, %b : (tensor<2x64xf32>, tensor<3x64xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    %3 = lathe.linear %x, %w, %b : (tensor<2x64xf32>, tensor<3x64xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
}

// -----

// Must not be: a matrix that depends on an input, embeddings, and anything where nothing was said. A row of 33,
// which no group divides, is one group, filled up to be one of pairs.
module attributes {lathe.precision = {storage = [["*", "int4"]]}} {
  lathe.weight @table : tensor<5x33xf32>
  // CHECK-LABEL: @others(
  // CHECK: lathe.linear %arg0, %arg1
  // CHECK: lathe.embedding {{.*}} tensor<5x33xf32>
  // CHECK: %[[X:.*]] = lathe.pad %arg0 {high = array<i64: 0, 1>, low = array<i64: 0, 0>,
  // CHECK: lathe.quantized_linear %[[X]], {{.*}} : (tensor<2x34xf32>, tensor<5x17xi8>, tensor<5x1xbf16>, tensor<5x1xf32>)
  func.func @others(%x: tensor<2x33xf32>, %m: tensor<4x33xf32>, %i: tensor<2xi32>) -> (tensor<2x4xf32>, tensor<2x33xf32>, tensor<2x5xf32>) {
    %w = lathe.parameter @table : tensor<5x33xf32>
    %0 = lathe.linear %x, %m : (tensor<2x33xf32>, tensor<4x33xf32>) -> tensor<2x4xf32>
    %1 = lathe.embedding %i, %w : (tensor<2xi32>, tensor<5x33xf32>) -> tensor<2x33xf32>
    %2 = lathe.linear %x, %w : (tensor<2x33xf32>, tensor<5x33xf32>) -> tensor<2x5xf32>
    return %0, %1, %2 : tensor<2x4xf32>, tensor<2x33xf32>, tensor<2x5xf32>
  }
}

// -----

// CHECK-LABEL: @unsaid(
// CHECK: lathe.linear
lathe.weight @w : tensor<3x64xf32>
func.func @unsaid(%x: tensor<2x64xf32>) -> tensor<2x3xf32> {
  %w = lathe.parameter @w : tensor<3x64xf32>
  %0 = lathe.linear %x, %w : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Any other op with matrices reads decoded ones. A group is as few inputs, with their windows, as have 32 elements: 4 of
// 3x3. Rows of which a run reads a part are one group. 4 bits are pairs of inputs, 8 bits where there are none.
module attributes {lathe.precision = {group = 32 : i64, storage = [["*", "int8"], ["pairs", "int4"], ["odd", "int4"], ["half", "f16"], ["table", "bf16"]]}} {
  lathe.weight @pairs : tensor<5x8x3x3xf32>
  lathe.weight @odd : tensor<5x5x1x1xf32>
  lathe.weight @half : tensor<5x5x1x1xf32>
  lathe.weight @up : tensor<5x64x2x2xf32>
  lathe.weight @table : tensor<4x5xf32>
  lathe.weight @norm : tensor<5xf32>
  // CHECK-LABEL: @layers(
  // CHECK: %[[PAIRS:.*]] = lathe.dequantize {{.*}}packed{{.*}} : (tensor<5x4x3x3xi8>, tensor<5x2xbf16>, tensor<5x2xf32>) -> tensor<5x8x3x3xf32>
  // CHECK: lathe.conv2d %arg0, %[[PAIRS]]
  // CHECK: %[[ODD:.*]] = lathe.dequantize {{.*}} : (tensor<5x5x1x1xi8>, tensor<5x1xbf16>) -> tensor<5x5x1x1xf32>
  // CHECK: lathe.conv2d %{{.*}}, %[[ODD]]
  // CHECK: %[[HALF:.*]] = lathe.dequantize {{.*}} : (tensor<5x5x1x1xf16>) -> tensor<5x5x1x1xf32>
  // CHECK: lathe.conv2d %{{.*}}, %[[HALF]]
  // CHECK: lathe.rms_norm %{{.*}}, %{{.*}} : (tensor<1x5x4x5xf32>, tensor<5xf32>)
  // CHECK: %[[UP:.*]] = lathe.dequantize {{.*}} : (tensor<5x64x2x2xi8>, tensor<5x1xbf16>) -> tensor<5x64x2x2xf32>
  // CHECK: lathe.conv_transpose2d %{{.*}}, %[[UP]]
  // CHECK: %[[TABLE:.*]] = lathe.dequantize {{.*}} : (tensor<4x5xbf16>) -> tensor<4x5xf32>
  // CHECK: lathe.embedding %arg1, %[[TABLE]]
  func.func @layers(%x: tensor<1x8x6x7xf32>, %i: tensor<2xi32>) -> (tensor<1x64x8x10xf32>, tensor<2x5xf32>) {
    %p = lathe.parameter @pairs : tensor<5x8x3x3xf32>
    %o = lathe.parameter @odd : tensor<5x5x1x1xf32>
    %h = lathe.parameter @half : tensor<5x5x1x1xf32>
    %u = lathe.parameter @up : tensor<5x64x2x2xf32>
    %t = lathe.parameter @table : tensor<4x5xf32>
    %n = lathe.parameter @norm : tensor<5xf32>
    %0 = lathe.conv2d %x, %p {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64} : (tensor<1x8x6x7xf32>, tensor<5x8x3x3xf32>) -> tensor<1x5x4x5xf32>
    %1 = lathe.conv2d %0, %o {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64} : (tensor<1x5x4x5xf32>, tensor<5x5x1x1xf32>) -> tensor<1x5x4x5xf32>
    %2 = lathe.conv2d %1, %h {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64} : (tensor<1x5x4x5xf32>, tensor<5x5x1x1xf32>) -> tensor<1x5x4x5xf32>
    %3 = lathe.rms_norm %2, %n {eps = 1.0e-5 : f64} : (tensor<1x5x4x5xf32>, tensor<5xf32>) -> tensor<1x5x4x5xf32>
    %4 = lathe.conv_transpose2d %3, %u {stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x5x4x5xf32>, tensor<5x64x2x2xf32>) -> tensor<1x64x8x10xf32>
    %5 = lathe.embedding %i, %t : (tensor<2xi32>, tensor<4x5xf32>) -> tensor<2x5xf32>
    return %4, %5 : tensor<1x64x8x10xf32>, tensor<2x5xf32>
  }
}

// -----

// Must not be: a product of two matrices, which is made when compiling. The matrix that comes of it is stored.
module attributes {lathe.precision = {storage = [["*", "bf16"]]}} {
  lathe.weight @table : tensor<64x64xf32>
  lathe.weight @v : tensor<64x64xf32>
  // CHECK-LABEL: @of_weights(
  // CHECK: %[[W:.*]] = lathe.linear %{{.*}}, %{{.*}} : (tensor<64x64xf32>, tensor<64x64xf32>)
  // CHECK: %[[C:.*]] = lathe.cast %[[W]]
  // CHECK: lathe.quantized_linear %arg0, %[[C]]
  func.func @of_weights(%x: tensor<2x64xf32>) -> tensor<2x64xf32> {
    %t = lathe.parameter @table : tensor<64x64xf32>
    %v = lathe.parameter @v : tensor<64x64xf32>
    %w = lathe.linear %t, %v : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
    %0 = lathe.linear %x, %w : (tensor<2x64xf32>, tensor<64x64xf32>) -> tensor<2x64xf32>
    return %0 : tensor<2x64xf32>
  }
}

// -----

// With an offset 8 bits reach from the smallest to the largest, without one 4 bits lie around 0; both can be fitted.
module attributes {lathe.precision = {group = 32 : i64, zero_point = true, storage = [["*", "int8"]]}} {
  lathe.weight @w : tensor<3x64xf32>
  // CHECK-LABEL: @offset(
  // CHECK: %[[LOW:.*]] = lathe.reduce {{.*}}reduce_kind min
  // CHECK: %[[HIGH:.*]] = lathe.reduce {{.*}}reduce_kind max
  // CHECK: %[[S:.*]] = lathe.binary {{.*}}binary_kind mul>, value = 0.003921
  // CHECK: %[[STORED:.*]] = lathe.cast %[[S]] {to = #lathe<element_kind bf16>}
  // CHECK: %[[READ:.*]] = lathe.cast %[[STORED]] {to = #lathe<element_kind f32>}
  // CHECK: %[[SUM:.*]] = lathe.binary %[[LOW]], %[[HIGH]] {kind = #lathe<binary_kind add>}
  // CHECK: %[[MIDDLE:.*]] = lathe.binary %[[SUM]] {kind = #lathe<binary_kind mul>, value = 5.000000e-01
  // CHECK: %[[BELOW:.*]] = lathe.binary %[[READ]] {kind = #lathe<binary_kind mul>, value = -5.000000e-01
  // CHECK: lathe.binary %[[MIDDLE]], %[[BELOW]] {kind = #lathe<binary_kind sub>}
  // CHECK: lathe.quantized_linear {{.*}} : (tensor<2x64xf32>, tensor<3x64xi8>, tensor<3x2xbf16>, tensor<3x2xf32>)
  func.func @offset(%x: tensor<2x64xf32>) -> tensor<2x3xf32> {
    %w = lathe.parameter @w : tensor<3x64xf32>
    %0 = lathe.linear %x, %w : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
    return %0 : tensor<2x3xf32>
  }
}

// -----

module attributes {lathe.precision = {group = 32 : i64, zero_point = false, scales = "least_error", storage = [["*", "int4"]]}} {
  lathe.weight @w : tensor<3x64xf32>
  // CHECK-LABEL: @around_zero(
  // CHECK: %[[S:.*]] = lathe.binary {{.*}}binary_kind mul>, value = 0.142857
  // CHECK: %[[STORED:.*]] = lathe.cast %[[S]] {to = #lathe<element_kind bf16>}
  // CHECK: %[[READ:.*]] = lathe.cast %[[STORED]] {to = #lathe<element_kind f32>}
  // CHECK: %[[F:.*]] = lathe.fit_scales %[[G:.*]], %[[READ]] {least = -8 : i64, most = 7 : i64}
  // CHECK: lathe.binary %[[G]], %[[F]] {kind = #lathe<binary_kind div>}
  // CHECK: lathe.binary {{.*}}binary_kind max>, value = -8
  // CHECK: lathe.binary {{.*}}binary_kind min>, value = 7
  // CHECK: lathe.quantized_linear {{.*}} : (tensor<2x64xf32>, tensor<3x32xi8>, tensor<3x2xbf16>)
  func.func @around_zero(%x: tensor<2x64xf32>) -> tensor<2x3xf32> {
    %w = lathe.parameter @w : tensor<3x64xf32>
    %0 = lathe.linear %x, %w : (tensor<2x64xf32>, tensor<3x64xf32>) -> tensor<2x3xf32>
    return %0 : tensor<2x3xf32>
  }
}

// -----

// Rows of a prime number of elements, as pruning leaves them, are filled up to whole groups, and so is what they
// multiply; 96 are one group of 96, and 16 bits have no groups.
module attributes {lathe.precision = {group = 64 : i64, storage = [["*", "int8"], ["half", "bf16"]]}} {
  lathe.weight @prime : tensor<3x257xf32>
  lathe.weight @one : tensor<3x96xf32>
  lathe.weight @half : tensor<3x257xf32>
  // CHECK-LABEL: @primes(
  // CHECK: %[[X:.*]] = lathe.pad %arg0 {high = array<i64: 0, 63>, low = array<i64: 0, 0>,
  // CHECK: %[[W:.*]] = lathe.pad %{{.*}} {high = array<i64: 0, 63>, low = array<i64: 0, 0>,
  // CHECK: lathe.reshape %[[W]] {shape = [3, 5, 64]}
  // CHECK: lathe.quantized_linear %[[X]], {{.*}} : (tensor<2x320xf32>, tensor<3x320xi8>, tensor<3x5xbf16>)
  // CHECK: lathe.quantized_linear %arg1, {{.*}} : (tensor<2x96xf32>, tensor<3x96xi8>, tensor<3x1xbf16>)
  // CHECK: lathe.quantized_linear %arg0, {{.*}} : (tensor<2x257xf32>, tensor<3x257xbf16>)
  func.func @primes(%x: tensor<2x257xf32>, %y: tensor<2x96xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
    %p = lathe.parameter @prime : tensor<3x257xf32>
    %o = lathe.parameter @one : tensor<3x96xf32>
    %h = lathe.parameter @half : tensor<3x257xf32>
    %0 = lathe.linear %x, %p : (tensor<2x257xf32>, tensor<3x257xf32>) -> tensor<2x3xf32>
    %1 = lathe.linear %y, %o : (tensor<2x96xf32>, tensor<3x96xf32>) -> tensor<2x3xf32>
    %2 = lathe.linear %x, %h : (tensor<2x257xf32>, tensor<3x257xf32>) -> tensor<2x3xf32>
    return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
}

// -----

// Inputs are rounded where the target multiplies bytes, and groups then come in fours of codes: 70 inputs are one group
// of 72, or, in pairs, of 72 as well. What is stored in floats is multiplied as it is.
module attributes {lathe.precision = {activations = "int8", storage = [["*", "int8"], ["pairs", "int4"], ["half", "bf16"]]}} {
  lathe.weight @bytes : tensor<3x70xf32>
  lathe.weight @pairs : tensor<3x70xf32>
  lathe.weight @half : tensor<3x70xf32>
  // CHECK-LABEL: @rounded(
  // CHECK-NOT: rounds_input
  // BYTES-LABEL: @rounded(
  // BYTES: lathe.quantized_linear {{.*}}rounds_input} : (tensor<2x72xf32>, tensor<3x72xi8>, tensor<3x1xbf16>)
  // BYTES: lathe.quantized_linear {{.*}}rounds_input} : (tensor<2x72xf32>, tensor<3x36xi8>, tensor<3x1xbf16>, tensor<3x1xf32>)
  // BYTES: lathe.quantized_linear %arg0, %{{.*}} {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>} : (tensor<2x70xf32>, tensor<3x70xbf16>)
  func.func @rounded(%x: tensor<2x70xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
    %u = lathe.parameter @bytes : tensor<3x70xf32>
    %d = lathe.parameter @pairs : tensor<3x70xf32>
    %h = lathe.parameter @half : tensor<3x70xf32>
    %0 = lathe.linear %x, %u : (tensor<2x70xf32>, tensor<3x70xf32>) -> tensor<2x3xf32>
    %1 = lathe.linear %x, %d : (tensor<2x70xf32>, tensor<3x70xf32>) -> tensor<2x3xf32>
    %2 = lathe.linear %x, %h : (tensor<2x70xf32>, tensor<3x70xf32>) -> tensor<2x3xf32>
    return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
}

// -----

// With bf16 it is the layers of bf16, whose inputs come in pairs, as the target multiplies them.
module attributes {lathe.precision = {activations = "bf16", storage = [["*", "bf16"], ["bytes", "int8"], ["half", "f16"]]}} {
  lathe.weight @brain : tensor<3x71xf32>
  lathe.weight @bytes : tensor<3x71xf32>
  lathe.weight @half : tensor<3x71xf32>
  // CHECK-LABEL: @paired(
  // CHECK-NOT: rounds_input
  // BYTES-LABEL: @paired(
  // BYTES-NOT: rounds_input
  // BRAIN-LABEL: @paired(
  // BRAIN: lathe.quantized_linear {{.*}}rounds_input} : (tensor<2x72xf32>, tensor<3x72xbf16>)
  // BRAIN-NOT: rounds_input
  // BRAIN: return
  func.func @paired(%x: tensor<2x71xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
    %u = lathe.parameter @brain : tensor<3x71xf32>
    %d = lathe.parameter @bytes : tensor<3x71xf32>
    %h = lathe.parameter @half : tensor<3x71xf32>
    %0 = lathe.linear %x, %u : (tensor<2x71xf32>, tensor<3x71xf32>) -> tensor<2x3xf32>
    %1 = lathe.linear %x, %d : (tensor<2x71xf32>, tensor<3x71xf32>) -> tensor<2x3xf32>
    %2 = lathe.linear %x, %h : (tensor<2x71xf32>, tensor<3x71xf32>) -> tensor<2x3xf32>
    return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
}
