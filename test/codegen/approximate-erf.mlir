// RUN: lathe-opt %s -pass-pipeline='builtin.module(func.func(lathe-approximate-math))' | FileCheck %s --check-prefix=CODE
// RUN: %optimised | FileCheck %s
// Where products and sums are rounded each, errors are below 4.1 units.
// RUN: sed '/bound =/s/4.0/4.1/' %s > %t.mlir && %unfused | FileCheck %s

// The error function of f32 against that of f64, which is the C library's.
// Nothing is divided.

// CODE-LABEL: func @approximate
// CODE-NOT: {{math.erf|arith.divf}}
// CODE: math.fma
// CODE-NOT: {{math.erf|arith.divf}}
// CODE: return
func.func @approximate(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.erf %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// |e - erf(x)| in units of the last place of erf(x): 2^(23 - exponent).
func.func @error(%x: f32, %e: f32) -> f64 {
  %wide = arith.extf %x : f32 to f64
  %exact = math.erf %wide : f64
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

// The largest error at each 997th f32 from that with the bits `first` to `last`.
func.func @sweep(%first: i64, %last: i64) -> f64 {
  %step = arith.constant 997 : i64
  %zero = arith.constant 0.0 : f64
  %worst = scf.for %i = %first to %last step %step iter_args(%most = %zero) -> (f64) : i64 {
    %bits = arith.trunci %i : i64 to i32
    %x = arith.bitcast %bits : i32 to f32
    %v = vector.broadcast %x : f32 to vector<8xf32>
    %e = func.call @approximate(%v) : (vector<8xf32>) -> vector<8xf32>
    %e0 = vector.extract %e[0] : f32 from vector<8xf32>
    %error = func.call @error(%x, %e0) : (f32, f32) -> f64
    %more = arith.maximumf %most, %error : f64
    scf.yield %more : f64
  }
  return %worst : f64
}

func.func private @printMemrefF32(memref<*xf32>)

func.func @main() {
  // 2^-100 to 2^3, and -2^-100 to -2^3.
  %tiny = arith.constant 0x0D800000 : i64
  %large = arith.constant 0x41000000 : i64
  %up = call @sweep(%tiny, %large) : (i64, i64) -> f64
  %minusTiny = arith.constant 0x8D800000 : i64
  %minusLarge = arith.constant 0xC1000000 : i64
  %down = call @sweep(%minusTiny, %minusLarge) : (i64, i64) -> f64
  %bound = arith.constant 4.0 : f64
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
  // What is large, 0, smaller than all normal numbers, and no number.
  // CHECK: [1, -1, 1, -1, 0, -0, 1.12{{.*}}e-40, {{-?}}nan]
  %special = arith.constant dense<[0x7F800000, 0xFF800000, 5.0, -5.0, 0.0, -0.0, 1.0e-40, 0x7FC12345]> : vector<8xf32>
  %r = call @approximate(%special) : (vector<8xf32>) -> vector<8xf32>
  %eight = memref.alloc() : memref<8xf32>
  vector.store %r, %eight[%c0] : memref<8xf32>, vector<8xf32>
  %eight1 = memref.cast %eight : memref<8xf32> to memref<*xf32>
  call @printMemrefF32(%eight1) : (memref<*xf32>) -> ()
  return
}
