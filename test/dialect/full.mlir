// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// 'full' survives printing, with a size that has a name.

// CHECK-LABEL: @ones(
// CHECK: lathe.full 1.000000e+00 : tensor<?x4xf32, #lathe.dims<"batch", "">>
func.func @ones() -> tensor<?x4xf32, #lathe.dims<"batch", "">> {
  %0 = lathe.full 1.0 : tensor<?x4xf32, #lathe.dims<"batch", "">>
  return %0 : tensor<?x4xf32, #lathe.dims<"batch", "">>
}
