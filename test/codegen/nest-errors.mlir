// RUN: lathe-opt %s -split-input-file -verify-diagnostics

#id = affine_map<(d0) -> (d0)>
func.func @maps(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @below {{needs 2 indexing maps, got 1 [C1]}}
  kernel.nest ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {indexing_maps = [#id], init = 0.0 : f32, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%a: f32, %acc: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
#constant = affine_map<(d0) -> (0)>
func.func @output(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @below {{needs an output map that permutes the parallel dimensions [C2]}}
  kernel.nest ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {indexing_maps = [#id, #constant], init = 0.0 : f32, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%a: f32, %acc: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @arguments(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @below {{needs 2 arguments of its finish region, one an input and the accumulator, got 1 [C3]}}
  kernel.nest ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {indexing_maps = [#id, #id], init = 0.0 : f32, reductions = array<i1: false>} reduce {
  } finish {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}
