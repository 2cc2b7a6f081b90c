// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'slim' and of 'leading' is checked and named.

func.func @rank(%x: tensor<3x5x5xf32>, %w: tensor<4x3x1x1xf32>) {
  // expected-error@+2 {{'slim' needs an input [N, C, H, W], got [3, 5, 5] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<3x5x5xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

func.func @weight(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3xf32>) {
  // expected-error@+2 {{'slim' needs a weight [channels, inputs, kernel height, kernel width], got [4, 3] [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x3x5x5xf32>, tensor<4x3xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

func.func @one_size(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>) {
  // expected-error@+2 {{'slim' needs one size as 'used', got [4, 5] [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4, 5], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
func.func @used(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %w: tensor<3x3x1x1xf32>) {
  // expected-error@+1 {{'slim' has 3 output channels, but 'c' can be 4 [C3]}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<3x3x1x1xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}
}

// -----

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
func.func @inputs(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %w: tensor<4x2x1x1xf32>) {
  // expected-error@+1 {{'slim' has 2 input channels, but 'i' can be 3 [C3]}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<4x2x1x1xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}
}

// -----

func.func @norm_sizes(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>, %a: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected-error@+2 {{'slim' needs four vectors of one size for each batch norm [C4]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w, %a, %a, %b, %a {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 1, 1, 1, 1>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

func.func @narrow_norm(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>, %a: tensor<3xf32>) {
  // expected-error@+1 {{'slim' has 3 channels in a batch norm, but '4' can be 4 [C4]}}
  %r = lathe.slim %x, %w, %a, %a, %a, %a {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 1, 1, 1, 1>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

func.func @stride(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>) {
  // expected-error@+2 {{'slim' needs a stride of two positive numbers, got [0, 1] [C5]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 0, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

func.func @window(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x7x7xf32>) {
  // expected-error@+2 {{'slim' needs 7 pixels for its window, but 5 + 0 padded pixels are 5 [C6]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x7x7xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

func.func @reflect(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>) {
  // expected-error@+2 {{'slim' cannot add 5 pixels by reflect padding to a size of 5: at most 4 [C7]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 5, 5, 5, 5>, padding_mode = #lathe<padding_mode reflect>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 0>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x15x15xf32>
  return
}

// -----

func.func @bias(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>, %b: tensor<3xf32>) {
  // expected-error@+2 {{[C8]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w, %b {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = [4], operandSegmentSizes = array<i32: 1, 0, 1, 1, 0, 0, 0, 0>}
      : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>, tensor<3xf32>) -> tensor<1x4x5x5xf32>
  return
}

// -----

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
func.func @no_width(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %w: tensor<4x3x1x1xf32>, %a: tensor<2xf32>, %b: tensor<4xf32>) {
  // expected-error@+2 {{'slim' has 2 batch norms and needs a width, a scalar that chooses one [C9]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %w, %a, %b, %a, %b, %a, %b, %a, %b {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 0, 1, 0, 2, 2, 2, 2>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<4x3x1x1xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}
}

// -----

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
func.func @scalar_width(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %n: tensor<2xi32>, %w: tensor<4x3x1x1xf32>, %a: tensor<2xf32>, %b: tensor<4xf32>) {
  // expected-error@+2 {{'slim' needs a scalar as width, got [2] [C9]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.slim %x, %n, %w, %a, %b, %a, %b, %a, %b, %a, %b {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 1, 1, 0, 2, 2, 2, 2>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<2xi32>, tensor<4x3x1x1xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}
}

// -----

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
func.func @values(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %n: tensor<i32>, %w: tensor<4x3x1x1xf32>, %a: tensor<3xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'slim' has batch norms of [3, 4] channels, but 'c' has the values [2, 4] [C9]}}
  %r = lathe.slim %x, %n, %w, %a, %b, %a, %b, %a, %b, %a, %b {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 1, 1, 0, 2, 2, 2, 2>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<i32>, tensor<4x3x1x1xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}
}

// -----

module attributes {lathe.dims = {c = array<i64: 2, 4>, i = array<i64: 1, 3>},
                   lathe.dim_sources = {c = {input = "w", values = array<i64: 2, 4>}}} {
func.func @other_input(%x: tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, %n: tensor<i32> {lathe.name = "v"}, %w: tensor<4x3x1x1xf32>, %a: tensor<2xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'slim' chooses its batch norm by 'v', but 'c' is numbered by 'w' [C9]}}
  %r = lathe.slim %x, %n, %w, %a, %b, %a, %b, %a, %b, %a, %b {dilation = array<i64: 1, 1>, eps = 1.0e-05 : f64, padding = array<i64: 0, 0, 0, 0>, padding_mode = #lathe<padding_mode zeros>, stride = array<i64: 1, 1>, used = ["c"], operandSegmentSizes = array<i32: 1, 1, 1, 0, 2, 2, 2, 2>}
      : (tensor<1x?x5x5xf32, #lathe.dims<"", "i", "", "">>, tensor<i32>, tensor<4x3x1x1xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>) -> tensor<1x?x5x5xf32, #lathe.dims<"", "c", "", "">>
  return
}
}

// -----

func.func @sizes(%w: tensor<4x3xf32>) {
  // expected-error@+2 {{'leading' needs 2 sizes for [4, 3], got ["c"] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.leading %w {shape = ["c"]} : (tensor<4x3xf32>) -> tensor<?xf32, #lathe.dims<"c">>
  return
}

// -----

func.func @places(%w: tensor<4x3xf32>) {
  // expected-error@+2 {{'leading' takes 5 of 4 places [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.leading %w {shape = [5, 3]} : (tensor<4x3xf32>) -> tensor<5x3xf32>
  return
}
