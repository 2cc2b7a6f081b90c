// RUN: lathe-opt %s -split-input-file -lathe-fold-norms | FileCheck %s
// RUN: lathe-opt %s -split-input-file -lathe-fold-norms -lathe-fold-norms | FileCheck %s
// Factors and summands of channels in the weights beside them; a second run finds nothing to do.

// A batch norm behind a convolution: W γ / √(σ² + eps), and β − μ γ / √(σ² + eps).
lathe.weight @w : tensor<4x3x3x3xf32>
lathe.weight @g : tensor<4xf32>
lathe.weight @h : tensor<4xf32>
lathe.weight @m : tensor<4xf32>
lathe.weight @v : tensor<4xf32>
// CHECK-LABEL: @behind(
// CHECK-DAG: %[[W:.*]] = lathe.parameter @w
// CHECK-DAG: %[[G:.*]] = lathe.parameter @g
// CHECK-DAG: %[[H:.*]] = lathe.parameter @h
// CHECK-DAG: %[[M:.*]] = lathe.parameter @m
// CHECK-DAG: %[[V:.*]] = lathe.parameter @v
// CHECK: %[[VE:.*]] = lathe.binary %[[V]] {kind = #lathe<binary_kind add>, value = 1.0{{.*}}e-05
// CHECK: %[[D:.*]] = lathe.unary %[[VE]] {kind = #lathe<unary_kind sqrt>}
// CHECK: %[[S:.*]] = lathe.binary %[[G]], %[[D]] {kind = #lathe<binary_kind div>}
// CHECK: %[[MS:.*]] = lathe.binary %[[M]], %[[S]] {kind = #lathe<binary_kind mul>}
// CHECK: %[[B:.*]] = lathe.binary %[[H]], %[[MS]] {kind = #lathe<binary_kind sub>}
// CHECK: %[[SW:.*]] = lathe.reshape %[[S]] {shape = [4, 1, 1, 1]}
// CHECK: %[[WS:.*]] = lathe.binary %[[W]], %[[SW]] {kind = #lathe<binary_kind mul>}
// CHECK: %[[Y:.*]] = lathe.conv2d %arg0, %[[WS]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @behind(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x3x3x3xf32>
  %g = lathe.parameter @g : tensor<4xf32>
  %h = lathe.parameter @h : tensor<4xf32>
  %m = lathe.parameter @m : tensor<4xf32>
  %v = lathe.parameter @v : tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.batch_norm %1, %g, %h, %m, %v {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return %2 : tensor<1x4x8x8xf32>
}

// -----

// Filters of a grouped transposed convolution are [C, F / groups]; the bias that there is, is scaled too.
lathe.weight @w : tensor<4x3x2x2xf32>
lathe.weight @b : tensor<6xf32>
lathe.weight @g : tensor<6xf32>
// CHECK-LABEL: @transposed(
// CHECK-DAG: %[[W:.*]] = lathe.parameter @w
// CHECK-DAG: %[[B:.*]] = lathe.parameter @b
// CHECK: %[[WG:.*]] = lathe.reshape %[[W]] {shape = [2, 2, 3, 2, 2]}
// CHECK: %[[SG:.*]] = lathe.reshape %{{.*}} {shape = [2, 1, 3, 1, 1]}
// CHECK: %[[WS:.*]] = lathe.binary %[[WG]], %[[SG]] {kind = #lathe<binary_kind mul>}
// CHECK: %[[WF:.*]] = lathe.reshape %[[WS]] {shape = [4, 3, 2, 2]}
// CHECK: %[[BS:.*]] = lathe.binary %[[B]], %{{.*}} {kind = #lathe<binary_kind mul>}
// CHECK: %[[BF:.*]] = lathe.binary %[[BS]], %{{.*}} {kind = #lathe<binary_kind add>}
// CHECK: lathe.conv_transpose2d %arg0, %[[WF]], %[[BF]]
// CHECK-NEXT: return
func.func @transposed(%x: tensor<1x4x8x8xf32>) -> tensor<1x6x16x16xf32> {
  %w = lathe.parameter @w : tensor<4x3x2x2xf32>
  %b = lathe.parameter @b : tensor<6xf32>
  %g = lathe.parameter @g : tensor<6xf32>
  %1 = lathe.conv_transpose2d %x, %w, %b {dilation = array<i64: 1, 1>, groups = 2 : i64, output_padding = array<i64: 0, 0>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>, tensor<6xf32>) -> tensor<1x6x16x16xf32>
  %2 = lathe.batch_norm %1, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x6x16x16xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<1x6x16x16xf32>
  return %2 : tensor<1x6x16x16xf32>
}

// -----

// A factor and a summand before and behind a linear layer, and a number.
lathe.weight @w : tensor<4x3xf32>
lathe.weight @s : tensor<3xf32>
lathe.weight @t : tensor<3xf32>
lathe.weight @u : tensor<4xf32>
// CHECK-LABEL: @linear(
// CHECK: %[[Y:.*]] = lathe.linear %arg0, %{{.*}}, %{{.*}} : (tensor<2x5x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @linear(%x: tensor<2x5x3xf32>) -> tensor<2x5x4xf32> {
  %w = lathe.parameter @w : tensor<4x3xf32>
  %s = lathe.parameter @s : tensor<3xf32>
  %t = lathe.parameter @t : tensor<3xf32>
  %u = lathe.parameter @u : tensor<4xf32>
  %1 = lathe.binary %x, %s {kind = #lathe<binary_kind mul>} : (tensor<2x5x3xf32>, tensor<3xf32>) -> tensor<2x5x3xf32>
  %2 = lathe.binary %t, %1 {kind = #lathe<binary_kind sub>} : (tensor<3xf32>, tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %3 = lathe.linear %2, %w : (tensor<2x5x3xf32>, tensor<4x3xf32>) -> tensor<2x5x4xf32>
  %4 = lathe.binary %3, %u {kind = #lathe<binary_kind div>} : (tensor<2x5x4xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
  %5 = lathe.binary %4 {kind = #lathe<binary_kind mul>, value = 0.5 : f64} : (tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %6 = lathe.binary %5 {kind = #lathe<binary_kind sub>, value = 2.0 : f64} : (tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  return %6 : tensor<2x5x4xf32>
}

// -----

// A batch norm before a convolution whose border is no zeros: what it adds is a number a filter.
lathe.weight @w : tensor<4x3x3x3xf32>
lathe.weight @g : tensor<3xf32>
// CHECK-LABEL: @circular(
// CHECK: %[[WV:.*]] = lathe.binary %{{.*}}, %{{.*}} {kind = #lathe<binary_kind mul>} : (tensor<1x4x3x3x3xf32>, tensor<1x1x3x1x1xf32>)
// CHECK: %[[SUM:.*]] = lathe.reduce %[[WV]] {axes = array<i64: 2, 3, 4>
// CHECK: %[[B:.*]] = lathe.reshape %[[SUM]] {shape = [4]}
// CHECK: lathe.conv2d %arg0, %{{.*}}, %[[B]]
// CHECK-NEXT: return
func.func @circular(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x3x3x3xf32>
  %g = lathe.parameter @g : tensor<3xf32>
  %1 = lathe.batch_norm %x, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x3x8x8xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x8x8xf32>
  %2 = lathe.conv2d %1, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode circular>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return %2 : tensor<1x4x8x8xf32>
}

// -----

// A factor passes a border of zeros.
lathe.weight @w : tensor<4x1x3x3xf32>
lathe.weight @s : tensor<4x1x1xf32>
// CHECK-LABEL: @factor(
// CHECK: lathe.conv2d %arg0, %{{.*}} : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>)
// CHECK-NEXT: return
func.func @factor(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x1x3x3xf32>
  %s = lathe.parameter @s : tensor<4x1x1xf32>
  %1 = lathe.binary %x, %s {kind = #lathe<binary_kind mul>} : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.conv2d %1, %w {dilation = array<i64: 1, 1>, groups = 4 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x8x8xf32>
  return %2 : tensor<1x4x8x8xf32>
}

// -----

// The affine part of a norm moves into all that read it, in two entries alike.
lathe.weight @g : tensor<3xf32>
lathe.weight @q : tensor<4x3xf32>
lathe.weight @k : tensor<2x3xf32>
// CHECK-LABEL: @rms(
// CHECK: %[[N:.*]] = lathe.rms_norm %arg0 {eps
// CHECK: %[[Q:.*]] = lathe.binary %{{.*}}, %{{.*}} {kind = #lathe<binary_kind mul>} : (tensor<4x3xf32>, tensor<3xf32>)
// CHECK: lathe.linear %[[N]], %[[Q]]
// CHECK: %[[K:.*]] = lathe.binary %{{.*}}, %{{.*}} {kind = #lathe<binary_kind mul>} : (tensor<2x3xf32>, tensor<3xf32>)
// CHECK: lathe.linear %[[N]], %[[K]]
func.func @rms(%x: tensor<5x3xf32>) -> (tensor<5x4xf32>, tensor<5x2xf32>) {
  %g = lathe.parameter @g : tensor<3xf32>
  %q = lathe.parameter @q : tensor<4x3xf32>
  %k = lathe.parameter @k : tensor<2x3xf32>
  %1 = lathe.rms_norm %x, %g {eps = 1.000000e-05 : f64} : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %2 = lathe.linear %1, %q : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  %3 = lathe.linear %1, %k : (tensor<5x3xf32>, tensor<2x3xf32>) -> tensor<5x2xf32>
  return %2, %3 : tensor<5x4xf32>, tensor<5x2xf32>
}
// CHECK-LABEL: @rms_one(
// CHECK: %[[N:.*]] = lathe.rms_norm %arg0 {eps
func.func @rms_one(%x: tensor<1x3xf32>) -> (tensor<1x4xf32>, tensor<1x2xf32>) {
  %g = lathe.parameter @g : tensor<3xf32>
  %q = lathe.parameter @q : tensor<4x3xf32>
  %k = lathe.parameter @k : tensor<2x3xf32>
  %1 = lathe.rms_norm %x, %g {eps = 1.000000e-05 : f64} : (tensor<1x3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  %2 = lathe.linear %1, %q : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
  %3 = lathe.linear %1, %k : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
  return %2, %3 : tensor<1x4xf32>, tensor<1x2xf32>
}

// -----

// The shift of a layer norm becomes part of the bias that there is.
lathe.weight @g : tensor<3xf32>
lathe.weight @h : tensor<3xf32>
lathe.weight @w : tensor<8x3xf32>
lathe.weight @b : tensor<8xf32>
// CHECK-LABEL: @layer_norm(
// CHECK: %[[N:.*]] = lathe.layer_norm %arg0 {{.*}}operandSegmentSizes = array<i32: 1, 0, 0>
// CHECK: %[[WH:.*]] = lathe.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<1x3xf32>, tensor<8x3xf32>, tensor<8xf32>) -> tensor<1x8xf32>
// CHECK: %[[B:.*]] = lathe.squeeze %[[WH]]
// CHECK: lathe.linear %[[N]], %{{.*}}, %[[B]]
func.func @layer_norm(%x: tensor<5x3xf32>) -> tensor<5x8xf32> {
  %g = lathe.parameter @g : tensor<3xf32>
  %h = lathe.parameter @h : tensor<3xf32>
  %w = lathe.parameter @w : tensor<8x3xf32>
  %b = lathe.parameter @b : tensor<8xf32>
  %1 = lathe.layer_norm %x, %g, %h {dims = 1 : i64, eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<5x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %2 = lathe.linear %1, %w, %b : (tensor<5x3xf32>, tensor<8x3xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  return %2 : tensor<5x8xf32>
}

// -----

// A task's factor a channel and its batch norm, behind a frozen convolution: the filters stay one tensor, and a run reads
// one factor and one summand of the task's.
lathe.weight @w : tensor<4x3x3x3xf32>
lathe.weight @r0 : tensor<4x1x1x1xf32>
lathe.weight @r1 : tensor<4x1x1x1xf32>
lathe.weight @g0 : tensor<4xf32>
lathe.weight @g1 : tensor<4xf32>
// CHECK-LABEL: @tasks(
// CHECK-DAG: %[[W:.*]] = lathe.parameter @w
// CHECK-DAG: %[[Y:.*]] = lathe.conv2d %arg0, %[[W]] {
// CHECK-DAG: %[[S:.*]] = lathe.choose %arg1 of %{{.*}}, %{{.*}} : (tensor<i32>, tensor<4xf32>, tensor<4xf32>)
// CHECK-DAG: %[[T:.*]] = lathe.choose %arg1 of %{{.*}}, %{{.*}} : (tensor<i32>, tensor<4xf32>, tensor<4xf32>)
// CHECK: %[[SC:.*]] = lathe.reshape %[[S]] {shape = [4, 1, 1]}
// CHECK: %[[YS:.*]] = lathe.binary %[[Y]], %[[SC]] {kind = #lathe<binary_kind mul>}
// CHECK: %[[TC:.*]] = lathe.reshape %[[T]] {shape = [4, 1, 1]}
// CHECK: %[[YT:.*]] = lathe.binary %[[YS]], %[[TC]] {kind = #lathe<binary_kind add>}
// CHECK-NEXT: return %[[YT]]
func.func @tasks(%x: tensor<1x3x8x8xf32>, %task: tensor<i32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x3x3x3xf32>
  %r0 = lathe.parameter @r0 : tensor<4x1x1x1xf32>
  %r1 = lathe.parameter @r1 : tensor<4x1x1x1xf32>
  %g0 = lathe.parameter @g0 : tensor<4xf32>
  %g1 = lathe.parameter @g1 : tensor<4xf32>
  %r = lathe.choose %task of %r0, %r1 : (tensor<i32>, tensor<4x1x1x1xf32>, tensor<4x1x1x1xf32>) -> tensor<4x1x1x1xf32>
  %g = lathe.choose %task of %g0, %g1 : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 1, 1, 1, 1>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.channel_reprogram %1, %r : (tensor<1x4x8x8xf32>, tensor<4x1x1x1xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.batch_norm %2, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return %3 : tensor<1x4x8x8xf32>
}

// -----

// Of one task, the factor and the norm both go into the filters; the residual form is a factor, too.
lathe.weight @w : tensor<4x3x1x1xf32>
lathe.weight @r : tensor<4x1x1x1xf32>
lathe.weight @a : tensor<1x4x1x1xf32>
lathe.weight @g : tensor<4xf32>
// CHECK-LABEL: @task(
// CHECK: lathe.binary %{{.*}} {kind = #lathe<binary_kind add>, value = 1.0
// CHECK: lathe.conv2d %arg0, %{{.*}}, %{{.*}} :
// CHECK-NEXT: return
func.func @task(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = lathe.parameter @w : tensor<4x3x1x1xf32>
  %r = lathe.parameter @r : tensor<4x1x1x1xf32>
  %a = lathe.parameter @a : tensor<1x4x1x1xf32>
  %g = lathe.parameter @g : tensor<4xf32>
  %1 = lathe.conv2d %x, %w {dilation = array<i64: 1, 1>, groups = 1 : i64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.channel_reprogram %1, %r, %a : (tensor<1x4x8x8xf32>, tensor<4x1x1x1xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.batch_norm %2, %g, %g, %g, %g {eps = 1.000000e-05 : f64} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return %3 : tensor<1x4x8x8xf32>
}

// -----

// Chosen filters take what is chosen with them.
lathe.weight @w0 : tensor<4x3xf32>
lathe.weight @w1 : tensor<4x3xf32>
lathe.weight @s0 : tensor<4xf32>
lathe.weight @s1 : tensor<4xf32>
// CHECK-LABEL: @chosen(
// CHECK: %[[A:.*]] = lathe.binary %{{.*}} : (tensor<4x3xf32>, tensor<4x1xf32>)
// CHECK: %[[B:.*]] = lathe.binary %{{.*}} : (tensor<4x3xf32>, tensor<4x1xf32>)
// CHECK: %[[W:.*]] = lathe.choose %arg1 of %[[A]], %[[B]]
// CHECK: lathe.linear %arg0, %[[W]]
// CHECK-NEXT: return
func.func @chosen(%x: tensor<2x3xf32>, %task: tensor<i32>) -> tensor<2x4xf32> {
  %w0 = lathe.parameter @w0 : tensor<4x3xf32>
  %w1 = lathe.parameter @w1 : tensor<4x3xf32>
  %s0 = lathe.parameter @s0 : tensor<4xf32>
  %s1 = lathe.parameter @s1 : tensor<4xf32>
  %w = lathe.choose %task of %w0, %w1 : (tensor<i32>, tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %s = lathe.choose %task of %s0, %s1 : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.linear %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  %2 = lathe.binary %1, %s {kind = #lathe<binary_kind mul>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
