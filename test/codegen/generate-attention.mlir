// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-attention{vector-bytes=64 registers=32},canonicalize,cse))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-generate-attention{parallel=false},canonicalize,cse))' | FileCheck %s --check-prefix=SERIAL

// Many queries: a task a head and 32 queries. It holds the queries with lanes along them, a block of 128 keys' scores
// with a tile of 14 keys in front and a vector's behind, and the sums.

// CHECK-LABEL: func @many
// CHECK: kernel.parallel %c16 grain %c1
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<24x32xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<158x32xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<40x32xf32>
// Both products are tiles of registers: 14 keys, or 14 of the value's 40 features, by two vectors of queries.
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c200{{.*}} step %c128
// CHECK: scf.for {{.*}} step %c14
// CHECK: scf.for {{.*}} step %c1{{.*}} iter_args({{.*}}) -> ({{(vector<16xf32>, ){27}vector<16xf32>}})
// CHECK: math.exp {{.*}} : vector<16xf32>
// CHECK: scf.for {{.*}} to %{{.*}} step %c1{{.*}} iter_args({{.*}}) -> ({{(vector<16xf32>, ){27}vector<16xf32>}})
// SERIAL-LABEL: func @many
// SERIAL-NOT: kernel.parallel
// SERIAL: memref.alloca() {{.*}} : memref<24x16xf32>
func.func @many(%q: memref<2x60x96xf32>, %k: memref<2x200x48xf32>, %v: memref<2x200x80xf32>, %y: memref<2x60x160xf32>) {
  kernel.attention ins(%q, %k, %v : memref<2x60x96xf32>, memref<2x200x48xf32>, memref<2x200x80xf32>)
      outs(%y : memref<2x60x160xf32>) {heads = 4, kv_heads = 2, scale = 0.5 : f64}
  return
}

// -----

// Causal attention of new tokens behind others: the keys end at the tile's last query.

// CHECK-LABEL: func @causal
// CHECK-SAME: %[[Q:[a-z0-9]*]]: memref<1x?x8xf32>, %[[K:[a-z0-9]*]]: memref<1x?x8xf32>
// A dynamic number of queries has both forms.
// CHECK: %[[T:.*]] = memref.dim %[[Q]], %c1
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[T]], %c8
// CHECK: scf.if %[[FEW]]
// CHECK: kernel.parallel
// CHECK: memref.alloca() {{.*}} : memref<1x16xf32>
// CHECK: } else {
// CHECK: kernel.parallel
// CHECK: memref.alloca() {{.*}} : memref<8x32xf32>
// CHECK: %[[END:.*]] = arith.maxsi %{{.*}}, %c0 : index
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c128
// CHECK: arith.cmpi sle, %{{.*}}, %{{.*}} : vector<16xi32>
func.func @causal(%q: memref<1x?x8xf32>, %k: memref<1x?x8xf32>, %y: memref<1x?x8xf32>) {
  kernel.attention ins(%q, %k, %k : memref<1x?x8xf32>, memref<1x?x8xf32>, memref<1x?x8xf32>)
      outs(%y : memref<1x?x8xf32>) {causal, heads = 1, kv_heads = 1, scale = 1.0 : f64}
  return
}

// -----

// One query: all four heads of a group read its keys together, 16 accumulators, with lanes along the features; the four
// features that fill no vector have a mask.

// CHECK-LABEL: func @few
// CHECK: kernel.parallel %c2 grain
// CHECK: memref.alloca() {{.*}} : memref<4x48xf32>
// CHECK: %[[MASK:.*]] = vector.constant_mask [4] : vector<16xi1>
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> ({{(vector<16xf32>, ){15}vector<16xf32>}})
// CHECK: vector.load {{.*}} : memref<1x100x72xf32>, vector<16xf32>
// CHECK: vector.maskedload %{{.*}}, %[[MASK]], %{{.*}} : memref<1x100x72xf32>
func.func @few(%q: memref<1x1x288xf32>, %k: memref<1x100x72xf32>, %y: memref<1x1x288xf32>) {
  kernel.attention ins(%q, %k, %k : memref<1x1x288xf32>, memref<1x100x72xf32>, memref<1x100x72xf32>)
      outs(%y : memref<1x1x288xf32>) {heads = 8, kv_heads = 2, scale = 1.0 : f64}
  return
}

// -----

// A bias of its own for each query and key is read along the keys, in squares that shuffles transpose; narrow floats
// are widened.

// CHECK-LABEL: func @biased
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: vector.maskedload {{.*}} : memref<1x1x64x64xbf16>, vector<16xi1>, vector<16xbf16> into vector<16xbf16>
// CHECK: arith.extf %{{.*}} : vector<16xbf16> to vector<16xf32>
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
func.func @biased(%q: memref<1x64x32xbf16>, %b: memref<1x1x64x64xbf16>, %y: memref<1x64x32xbf16>) {
  kernel.attention ins(%q, %q, %q : memref<1x64x32xbf16>, memref<1x64x32xbf16>, memref<1x64x32xbf16>)
      bias(%b : memref<1x1x64x64xbf16>) outs(%y : memref<1x64x32xbf16>) {heads = 2, kv_heads = 2, scale = 1.0 : f64}
  return
}
