// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-decompose),lathe-lower-to-linalg{channels-last=true},func.func(lathe-sink-transposes),lathe-hoist-weight-math,func.func(lathe-form-nests))' | FileCheck %s
// RUN: lathe-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(lathe-decompose),lathe-lower-to-linalg{channels-last=false})' | FileCheck %s --check-prefix=PLAIN

// A large matrix lies in panels of 32 columns, prepared when compiling; the nest walks a panel's rows one after another.

// CHECK-DAG: #[[PANELS:.*]] = affine_map<(d0, d1, d2) -> (d1 floordiv 32, d2, d1 mod 32)>
// CHECK: lathe.weight @w.prepared : tensor<8x128x32xf32>
// CHECK-LABEL: func @large
// CHECK: %[[W:.*]] = lathe.parameter @w.prepared
// CHECK: kernel.nest ins(%{{.*}}, %[[W]] : {{.*}}) {{.*}}indexing_maps = [#{{.*}}, #[[PANELS]], #{{.*}}]
// PLAIN-LABEL: func @large
// PLAIN-NOT: transpose
lathe.weight @w : tensor<256x128xf32>
func.func @large(%x: tensor<4x128xf32>) -> tensor<4x256xf32> {
  %w = lathe.parameter @w : tensor<256x128xf32>
  %y = lathe.linear %x, %w : (tensor<4x128xf32>, tensor<256x128xf32>) -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}

// -----

// A small one is transposed, and so is one of few columns. The last panel is filled up with zeros.

// CHECK-DAG: lathe.weight @s.prepared : tensor<16x64xf32>
// CHECK-DAG: lathe.weight @few.prepared : tensor<512x60xf32>
// CHECK-DAG: lathe.weight @odd.prepared : tensor<4x512x32xf32>
// CHECK-LABEL: func @others
// CHECK-LABEL: func @prepare.odd
// CHECK: linalg.fill {{.*}} tensor<128x512xf32>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0] [101, 512] [1, 1]
lathe.weight @s : tensor<64x16xf32>
lathe.weight @few : tensor<60x512xf32>
lathe.weight @odd : tensor<101x512xf32>
func.func @others(%x: tensor<4x16xf32>, %y: tensor<4x512xf32>) -> (tensor<4x64xf32>, tensor<4x60xf32>, tensor<4x101xf32>) {
  %s = lathe.parameter @s : tensor<64x16xf32>
  %few = lathe.parameter @few : tensor<60x512xf32>
  %odd = lathe.parameter @odd : tensor<101x512xf32>
  %0 = lathe.linear %x, %s : (tensor<4x16xf32>, tensor<64x16xf32>) -> tensor<4x64xf32>
  %1 = lathe.linear %y, %few : (tensor<4x512xf32>, tensor<60x512xf32>) -> tensor<4x60xf32>
  %2 = lathe.linear %y, %odd : (tensor<4x512xf32>, tensor<101x512xf32>) -> tensor<4x101xf32>
  return %0, %1, %2 : tensor<4x64xf32>, tensor<4x60xf32>, tensor<4x101xf32>
}

// -----

// Filters do, too: what the window's loops walk, channels innermost, lies between. Those of groups and small ones don't.

// CHECK-DAG: #[[PANELS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3 floordiv 32, d4, d5, d6, d3 mod 32)>
// CHECK-DAG: lathe.weight @filters.prepared : tensor<3x3x2x32x32xf32>
// CHECK-DAG: lathe.weight @grouped.prepared : tensor<3x2x16x2x45xf32>
// CHECK-LABEL: func @convolution
// CHECK: kernel.nest ins({{.*}}) {{.*}}indexing_maps = [#{{[a-z0-9]*}}, #[[PANELS]], #{{[a-z0-9]*}}]
// PLAIN-LABEL: func @convolution
// PLAIN-NOT: transpose
lathe.weight @filters : tensor<90x32x3x2xf32>
lathe.weight @grouped : tensor<90x16x3x2xf32>
func.func @convolution(%x: tensor<1x32x9x9xf32>) -> (tensor<1x90x7x8xf32>, tensor<1x90x7x8xf32>) {
  %filters = lathe.parameter @filters : tensor<90x32x3x2xf32>
  %grouped = lathe.parameter @grouped : tensor<90x16x3x2xf32>
  %0 = lathe.conv2d %x, %filters
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 1 : i64}
      : (tensor<1x32x9x9xf32>, tensor<90x32x3x2xf32>) -> tensor<1x90x7x8xf32>
  %1 = lathe.conv2d %x, %grouped
      {stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, groups = 2 : i64}
      : (tensor<1x32x9x9xf32>, tensor<90x16x3x2xf32>) -> tensor<1x90x7x8xf32>
  return %0, %1 : tensor<1x90x7x8xf32>, tensor<1x90x7x8xf32>
}

// -----

// Columns of a weight's kept rows are columns of weights.

// CHECK: lathe.weight @k.prepared : tensor<8x64x32xf32>
// CHECK-LABEL: func @kept
lathe.weight @k : tensor<256x128xf32>
func.func @kept(%x: tensor<4x64xf32>) -> tensor<4x256xf32> {
  %k = lathe.parameter @k : tensor<256x128xf32>
  %half = lathe.keep %k {axis = 1 : i64, places = array<i64: 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106, 108, 110, 112, 114, 116, 118, 120, 122, 124, 126>} : (tensor<256x128xf32>) -> tensor<256x64xf32>
  %y = lathe.linear %x, %half : (tensor<4x64xf32>, tensor<256x64xf32>) -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}

// -----

// A slimmable layer's width takes the first of the columns, which its result counts, and of the rows of all panels. A part
// of known sizes is laid out by itself.

// CHECK-DAG: #[[PANELS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3 floordiv 32, d4, d5, d6, d3 mod 32)>
// CHECK-DAG: lathe.weight @wide.prepared : tensor<9x1x1x128x32xf32>
// CHECK-DAG: lathe.weight @part.prepared : tensor<7x128x32xf32>
// CHECK-LABEL: func @widths
// CHECK: %[[ALL:.*]] = lathe.parameter @wide.prepared
// CHECK: %[[USED:.*]] = tensor.extract_slice %[[ALL]][0, 0, 0, 0, 0] [9, 1, 1, %{{.*}}, 32] [1, 1, 1, 1, 1]
// CHECK: kernel.nest ins(%{{.*}}, %[[USED]] : {{.*}}) {{.*}}indexing_maps = [#{{.*}}, #[[PANELS]], #{{.*}}]
// CHECK-LABEL: func @known
// CHECK-NOT: extract_slice
// CHECK-LABEL: func @prepare
module attributes {lathe.dims = {inside = array<i64: 64, 128>}, lathe.dim_order = ["inside"]} {
lathe.weight @wide : tensor<260x128x1x1xf32>
lathe.weight @part : tensor<260x128xf32>
func.func @widths(%x: tensor<1x?x7x9xf32, #lathe.dims<"", "inside", "", "">>) -> tensor<1x?x7x9xf32, #lathe.dims<"", "inside", "", "">> {
  %wide = lathe.parameter @wide : tensor<260x128x1x1xf32>
  %y = lathe.slim %x, %wide {dilation = array<i64: 1, 1>, eps = 0.0 : f64, padding = array<i64: 0, 0, 0, 0>,
      padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["inside"],
      operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x?x7x9xf32, #lathe.dims<"", "inside", "", "">>, tensor<260x128x1x1xf32>) -> tensor<1x?x7x9xf32, #lathe.dims<"", "inside", "", "">>
  return %y : tensor<1x?x7x9xf32, #lathe.dims<"", "inside", "", "">>
}
func.func @known(%x: tensor<4x128xf32>) -> tensor<4x200xf32> {
  %whole = lathe.parameter @part : tensor<260x128xf32>
  %part = lathe.slice %whole {axis = 0 : i64, start = 0 : i64, end = 200 : i64, step = 1 : i64} : (tensor<260x128xf32>) -> tensor<200x128xf32>
  %y = lathe.linear %x, %part : (tensor<4x128xf32>, tensor<200x128xf32>) -> tensor<4x200xf32>
  return %y : tensor<4x200xf32>
}
}

// -----

// What an input chooses is laid out by nobody: neither is a matrix that an input is.

// CHECK-NOT: floordiv
// CHECK-LABEL: func @given
func.func @given(%x: tensor<4x128xf32>, %w: tensor<256x128xf32>) -> tensor<4x256xf32> {
  %y = lathe.linear %x, %w : (tensor<4x128xf32>, tensor<256x128xf32>) -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}
