// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'learned' survives printing; its result has the parameter's type.

// CHECK-LABEL: @queries(
// CHECK: lathe.learned %{{.*}} : (tensor<100x256xf32>) -> tensor<100x256xf32>
func.func @queries(%0: tensor<100x256xf32>) {
  %r = lathe.learned %0 : (tensor<100x256xf32>) -> tensor<100x256xf32>
  return
}
