// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'width_search' is checked and named.

func.func @shapes(%b: tensor<1xf32>, %p: tensor<1xf32>) {
  // expected-error@+2 {{'width_search' needs a scalar budget and a preference [tasks], got [1] and [1] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "wide", decoders = "task{i}"}
      : (tensor<1xf32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
  return
}

// -----

func.func @no_entry(%b: tensor<f32>, %p: tensor<1xf32>) {
  // expected-error@+1 {{'width_search' finds no entry 'main' [C2]}}
  %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "wide", decoders = "task{i}"}
      : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
  return
}

// -----

module attributes {lathe.dims = {a = array<i64: 1, 4>, d = array<i64: 2, 3>},
                   lathe.dim_sources = {a = {input = "wide", values = array<i64: 1, 4>},
                                        d = {input = "task0", values = array<i64: 2, 3>}}} {
func.func private @main(tensor<i32> {lathe.name = "wide"})
func.func @no_decoder(%b: tensor<f32>, %p: tensor<1xf32>) {
  // expected-error@+1 {{'width_search' needs an input 'task0' of 'main' that numbers the values of a dimension [C2]}}
  %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "wide", decoders = "task{i}"}
      : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
  return
}
}

// -----

module attributes {lathe.dims = {a = array<i64: 1, 4>, d = array<i64: 2, 3>},
                   lathe.dim_sources = {a = {input = "wide", values = array<i64: 1, 4>}, d = {input = "task0"}}} {
func.func private @main(tensor<i32> {lathe.name = "wide"}, tensor<i32> {lathe.name = "task0"})
func.func @no_values(%b: tensor<f32>, %p: tensor<1xf32>) {
  // expected-error@+1 {{'width_search' needs an input 'task0' of 'main' that numbers the values of a dimension [C2]}}
  %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "wide", decoders = "task{i}"}
      : (tensor<f32>, tensor<1xf32>) -> (tensor<2xi32>, tensor<f32>)
  return
}
}

// -----

module attributes {lathe.dims = {a = array<i64: 1, 8>},
                   lathe.dim_sources = {a = {input = "w0", values = array<i64: 1, 2, 3, 4, 5, 6, 7, 8>},
                                        b = {input = "w1", values = array<i64: 1, 2, 3, 4, 5, 6, 7, 8>},
                                        c = {input = "w2", values = array<i64: 1, 2, 3, 4, 5, 6, 7, 8>},
                                        d = {input = "w3", values = array<i64: 1, 2, 3, 4, 5, 6, 7, 8>},
                                        e = {input = "w", values = array<i64: 1, 2>}}} {
func.func private @main(tensor<i32> {lathe.name = "w"}, tensor<i32> {lathe.name = "w0"}, tensor<i32> {lathe.name = "w1"},
                        tensor<i32> {lathe.name = "w2"}, tensor<i32> {lathe.name = "w3"})
func.func @many(%b: tensor<f32>, %p: tensor<4xf32>) {
  // expected-error@+1 {{'width_search' has more than 4096 configurations to choose from [C3]}}
  %w, %s = lathe.width_search %b, %p {entry = "main", encoder = "w", decoders = "w{i}"}
      : (tensor<f32>, tensor<4xf32>) -> (tensor<5xi32>, tensor<f32>)
  return
}
}
