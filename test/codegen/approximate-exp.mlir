// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-approximate-math))' | FileCheck %s --check-prefix=CODE
// RUN: %optimised | FileCheck %s
// Where products and sums are rounded each, errors are below 1.2 units.
// RUN: sed '/bound =/s/0.9/1.2/' %s > %t.mlir && %unfused | FileCheck %s

// The exponential of f32 against that of f64, which is the C library's.

// The sign of exp(-x) goes into constants.
// CODE-LABEL: func @negative
// CODE-NOT: arith.negf
// CODE-NOT: math.exp
// CODE: return
func.func @negative(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = arith.negf %x : vector<8xf32>
  %1 = math.exp %0 : vector<8xf32>
  return %1 : vector<8xf32>
}

func.func @positive(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// |e - exp(x)| in units of the last place of exp(x): 2^(23 - exponent).
func.func @error(%x: f32, %e: f32) -> f64 {
  %wide = arith.extf %x : f32 to f64
  %exact = math.exp %wide : f64
  %got = arith.extf %e : f32 to f64
  %difference = arith.subf %got, %exact : f64
  %size = math.absf %difference : f64
  %bits = arith.bitcast %exact : f64 to i64
  %mask = arith.constant 0x7FF0000000000000 : i64
  %power = arith.andi %bits, %mask : i64
  %power1 = arith.bitcast %power : i64 to f64
  %relative = arith.divf %size, %power1 : f64
  %places = arith.constant 8388608.0 : f64
  %ulps = arith.mulf %relative, %places : f64
  return %ulps : f64
}

// The largest error at each 997th f32 from that with the bits `first` to `last`,
// and whether exp(-x), of the same x negated, is the same.
func.func @sweep(%first: i64, %last: i64) -> f64 {
  %step = arith.constant 997 : i64
  %zero = arith.constant 0.0 : f64
  %many = arith.constant 1.0e9 : f64
  %worst = scf.for %i = %first to %last step %step iter_args(%most = %zero) -> (f64) : i64 {
    %bits = arith.trunci %i : i64 to i32
    %x = arith.bitcast %bits : i32 to f32
    %v = vector.broadcast %x : f32 to vector<8xf32>
    %e = func.call @positive(%v) : (vector<8xf32>) -> vector<8xf32>
    %minus = arith.negf %v : vector<8xf32>
    %n = func.call @negative(%minus) : (vector<8xf32>) -> vector<8xf32>
    %e0 = vector.extract %e[0] : f32 from vector<8xf32>
    %n7 = vector.extract %n[7] : f32 from vector<8xf32>
    %same = arith.cmpf oeq, %e0, %n7 : f32
    %error = func.call @error(%x, %e0) : (f32, f32) -> f64
    %counted = arith.select %same, %error, %many : f64
    %more = arith.maximumf %most, %counted : f64
    scf.yield %more : f64
  }
  return %worst : f64
}

func.func private @printMemrefF32(memref<*xf32>)

func.func @main() {
  // 2^-30 to 88.72, and -2^-30 to -86.98.
  %tiny = arith.constant 0x30800000 : i64
  %large = arith.constant 0x42B17000 : i64
  %up = call @sweep(%tiny, %large) : (i64, i64) -> f64
  %minusTiny = arith.constant 0xB0800000 : i64
  %minusLarge = arith.constant 0xC2ADF600 : i64
  %down = call @sweep(%minusTiny, %minusLarge) : (i64, i64) -> f64
  %bound = arith.constant 0.9 : f64
  %worst = arith.maximumf %up, %down : f64
  %near = arith.cmpf ole, %worst, %bound : f64
  // That it was measured at all.
  %half = arith.constant 0.5 : f64
  %rounds = arith.cmpf oge, %worst, %half : f64
  // CHECK: [1, 1]
  %near1 = arith.uitofp %near : i1 to f32
  %rounds1 = arith.uitofp %rounds : i1 to f32
  %found = vector.from_elements %near1, %rounds1 : vector<2xf32>
  %c0 = arith.constant 0 : index
  %pair = memref.alloc() : memref<2xf32>
  vector.store %found, %pair[%c0] : memref<2xf32>, vector<2xf32>
  %pair1 = memref.cast %pair : memref<2xf32> to memref<*xf32>
  call @printMemrefF32(%pair1) : (memref<*xf32>) -> ()
  // What is too large, too small, 0 and no number.
  // CHECK: [inf, inf, 3.39{{.*}}e+38, 0, 0, 1, 1, nan]
  %special = arith.constant dense<[0x7F800000, 89.5, 88.722, 0xFF800000, -88.0, 0.0, -0.0, 0x7FC12345]> : vector<8xf32>
  %r = call @positive(%special) : (vector<8xf32>) -> vector<8xf32>
  %eight = memref.alloc() : memref<8xf32>
  vector.store %r, %eight[%c0] : memref<8xf32>, vector<8xf32>
  %eight1 = memref.cast %eight : memref<8xf32> to memref<*xf32>
  call @printMemrefF32(%eight1) : (memref<*xf32>) -> ()
  // CHECK: [0, 0, 1.8189e-38, inf, inf, 1, 1, {{-?}}nan]
  %other = arith.constant dense<[0x7F800000, 89.5, 86.9, 0xFF800000, -89.0, 0.0, -0.0, 0x7F812345]> : vector<8xf32>
  %s = call @negative(%other) : (vector<8xf32>) -> vector<8xf32>
  vector.store %s, %eight[%c0] : memref<8xf32>, vector<8xf32>
  call @printMemrefF32(%eight1) : (memref<*xf32>) -> ()
  return
}
