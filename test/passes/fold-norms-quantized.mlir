// RUN: lathe-opt %s -lathe-quantize -lathe-fold-norms | FileCheck %s --check-prefix=BEFORE
// RUN: lathe-opt %s -lathe-fold-norms -lathe-quantize | FileCheck %s --check-prefix=BEHIND
// Matrices that are stored in fewer bits are stored as the checkpoint has them: the norm before them keeps its scale,
// for all that read it. In the other order, which the pipeline has not, a folded matrix still goes by its own name.

module attributes {lathe.precision = {storage = [["q", "int8"]], group = 64 : i64}} {
  lathe.weight @g : tensor<64xf32>
  lathe.weight @q : tensor<8x64xf32>
  lathe.weight @k : tensor<4x64xf32>
  // BEFORE-LABEL: @rms(
  // BEFORE: %[[N:.*]] = lathe.rms_norm %arg0, %{{.*}} {eps
  // BEFORE-DAG: lathe.quantized_linear %[[N]]
  // BEFORE-DAG: lathe.linear %[[N]]
  // BEHIND-LABEL: @rms(
  // BEHIND: %[[N:.*]] = lathe.rms_norm %arg0 {eps
  // BEHIND-DAG: lathe.quantized_linear %[[N]]
  // BEHIND-DAG: lathe.linear %[[N]]
  func.func @rms(%x: tensor<5x64xf32>) -> (tensor<5x8xf32>, tensor<5x4xf32>) {
    %g = lathe.parameter @g : tensor<64xf32>
    %q = lathe.parameter @q : tensor<8x64xf32>
    %k = lathe.parameter @k : tensor<4x64xf32>
    %1 = lathe.rms_norm %x, %g {eps = 1.000000e-05 : f64} : (tensor<5x64xf32>, tensor<64xf32>) -> tensor<5x64xf32>
    %2 = lathe.linear %1, %q : (tensor<5x64xf32>, tensor<8x64xf32>) -> tensor<5x8xf32>
    %3 = lathe.linear %1, %k : (tensor<5x64xf32>, tensor<4x64xf32>) -> tensor<5x4xf32>
    return %2, %3 : tensor<5x8xf32>, tensor<5x4xf32>
  }
}
