// RUN: lathe-opt %s -lathe-lower-to-linalg | FileCheck %s
// RUN: lathe-opt %s -lathe-lower-to-linalg=channels-last | FileCheck %s
// Narrow floats are computed in f32, whatever type the parameters have, and
// rounded once.

// CHECK-NOT: {{(arith\.(add|sub|mul|div|maximum|minimum)f|math\.).* : b?f16}}
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK-NOT: {{(arith\.(add|sub|mul|div|maximum|minimum)f|math\.).* : b?f16}}
func.func @f(%x: tensor<2x4x6x6xf16>, %w: tensor<4xf32>, %l: tensor<6xf32>, %e: tensor<3x5xbf16>, %m:
      tensor<3x36xf32>, %k: tensor<2x4x3x3xbf16>, %a: tensor<2x2x2x2xf32>, %b: tensor<2x2x2xf32>) {
    %0 = lathe.batch_norm %x, %w, %w, %w, %w {eps = 1.0e-5 : f64} : (tensor<2x4x6x6xf16>, tensor<4xf32>,
      tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x6x6xf16>
    %1 = lathe.layer_norm %0, %l, %l {operandSegmentSizes = array<i32: 1, 1, 1>, dims = 1 : i64, eps = 1.0e-5 : f64} :
      (tensor<2x4x6x6xf16>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x4x6x6xf16>
    %2 = lathe.rms_norm %1, %l {eps = 1.0e-5 : f64} : (tensor<2x4x6x6xf16>, tensor<6xf32>) -> tensor<2x4x6x6xf16>
    %3 = lathe.activation %2 {kind = #lathe<activation_kind silu>} : (tensor<2x4x6x6xf16>) -> tensor<2x4x6x6xf16>
    %4 = lathe.softmax %3 {axis = 1} : (tensor<2x4x6x6xf16>) -> tensor<2x4x6x6xf16>
    %5 = lathe.pool2d %4 {kind = #lathe<pool_kind average>, kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>,
      dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, ceil_mode = false, count_include_pad = false} :
      (tensor<2x4x6x6xf16>) -> tensor<2x4x6x6xf16>
    %6 = lathe.frequency_filter %5, %a, %b, %a, %b {blocks = 2 : i64, act = #lathe<activation_kind silu>, softshrink =
      0.01 : f64} : (tensor<2x4x6x6xf16>, tensor<2x2x2x2xf32>, tensor<2x2x2xf32>, tensor<2x2x2x2xf32>,
      tensor<2x2x2xf32>) -> tensor<2x4x6x6xf16>
    %7 = lathe.reduce %6 {kind = #lathe<reduce_kind mean>, axes = array<i64: 2, 3>, keepdims = false} :
      (tensor<2x4x6x6xf16>) -> tensor<2x4xf16>
    %8 = lathe.binary %7 {kind = #lathe<binary_kind pow>, value = 2.0 : f64} : (tensor<2x4xf16>) -> tensor<2x4xf16>
    %9 = lathe.argmax %8 {axis = -1 : i64, keepdims = false} : (tensor<2x4xf16>) -> tensor<2xi64>
    %10 = lathe.cast %e {to = #lathe<element_kind f16>} : (tensor<3x5xbf16>) -> tensor<3x5xf16>
    %11 = lathe.compare %8 {kind = #lathe<compare_kind gt>, value = 0.5 : f64} : (tensor<2x4xf16>) -> tensor<2x4xi1>
    %12 = lathe.clamp %8 {max = 0.5 : f64} : (tensor<2x4xf16>) -> tensor<2x4xf16>
    %13 = lathe.unary %8 {kind = #lathe<unary_kind sign>} : (tensor<2x4xf16>) -> tensor<2x4xf16>
    %14 = lathe.reshape %6 {shape = [0, 4, -1]} : (tensor<2x4x6x6xf16>) -> tensor<2x4x36xf16>
    %15 = lathe.linear %14, %m : (tensor<2x4x36xf16>, tensor<3x36xf32>) -> tensor<2x4x3xf16>
    %16 = lathe.conv2d %6, %k {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 1, 1, 1,
      1>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64} : (tensor<2x4x6x6xf16>, tensor<2x4x3x3xbf16>)
      -> tensor<2x2x6x6xf16>
    %17 = lathe.cross_entropy %7, %9 {axis = -1 : i64, reduction = #lathe<loss_reduction mean>, ignore_index = 9 : i64,
      label_smoothing = 0.1 : f64} : (tensor<2x4xf16>, tensor<2xi64>) -> tensor<1xf16>
    %18 = lathe.focal_loss %7, %8, %7, %17 {operandSegmentSizes = array<i32: 1, 1, 1, 1>, alpha = 0.25 : f64, gamma =
      2.0 : f64, reduction = #lathe<loss_reduction mean>} : (tensor<2x4xf16>, tensor<2x4xf16>, tensor<2x4xf16>,
      tensor<1xf16>) -> tensor<1xf16>
    %19 = lathe.l1_loss %7, %8, %7 {operandSegmentSizes = array<i32: 1, 1, 1, 0>, beta = 1.0 : f64, reduction =
      #lathe<loss_reduction sum>} : (tensor<2x4xf16>, tensor<2x4xf16>, tensor<2x4xf16>) -> tensor<1xf16>
    %20 = lathe.giou_loss %7, %8 {operandSegmentSizes = array<i32: 1, 1, 0, 0>, eps = 1.0e-6 : f64, reduction =
      #lathe<loss_reduction none>} : (tensor<2x4xf16>, tensor<2x4xf16>) -> tensor<2xf16>
    %21 = lathe.distillation_loss %6, %5 {kind = #lathe<distillation_kind mse>, axis = 1 : i64, temperature = 1.0 : f64,
      reduction = #lathe<loss_reduction mean>} : (tensor<2x4x6x6xf16>, tensor<2x4x6x6xf16>) -> tensor<1xf16>
    %22 = lathe.distillation_loss %7, %8 {kind = #lathe<distillation_kind kl>, axis = 1 : i64, temperature = 4.0 : f64,
      reduction = #lathe<loss_reduction mean>} : (tensor<2x4xf16>, tensor<2x4xf16>) -> tensor<1xf16>
    return
}
