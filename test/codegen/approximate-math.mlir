// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-approximate-math))' | FileCheck %s
// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-approximate-math{fused=false}))' | FileCheck %s --check-prefix=SPLIT --implicit-check-not=math.fma

// Without an instruction for both, a multiplication and an addition: LLVM would call fmaf for each lane.
// SPLIT: arith.mulf
// SPLIT: arith.addf

// CHECK-LABEL: func @main
// CHECK-NOT: math.exp
// CHECK-NOT: math.erf
// CHECK-NOT: math.tanh
// CHECK: return
func.func @main(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.erf %x : vector<8xf32>
  %2 = math.tanh %x : vector<8xf32>
  return %0, %1, %2 : vector<8xf32>, vector<8xf32>, vector<8xf32>
}
