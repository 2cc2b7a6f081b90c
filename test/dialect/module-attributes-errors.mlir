// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// What a module says of its dimensions is checked once, for all who read it.

// expected-error@+1 {{'lathe.dims' must be {name = array<i64: least, most>, …}, not {c = 3 : i64}}}
module attributes {lathe.dims = {c = 3 : i64}} {}

// -----

// expected-error@+1 {{'lathe.dims' must be}}
module attributes {lathe.dims = {c = array<i64: 4, 3>}} {}

// -----

// expected-error@+1 {{'lathe.dim_limits' must be {name = "size", …}, not {c = "("}}}
module attributes {lathe.dim_limits = {c = "("}} {}

// -----

// expected-error@+1 {{'lathe.dim_sources' must be}}
module attributes {lathe.dim_sources = {c = 1 : i64}} {}

// -----

// expected-error@+1 {{'lathe.dim_sources' must be}}
module attributes {lathe.dim_sources = {c = {values = array<i64: 1, 4>}}} {}

// -----

// expected-error@+1 {{'lathe.dim_sources' must be}}
module attributes {lathe.dim_sources = {c = {input = "w", values = 1 : i64}}} {}

// -----

// expected-error@+1 {{'lathe.precision' must be}}
module attributes {lathe.precision = {storage = [["a"]]}} {}

// -----

// expected-error@+1 {{'lathe.precision' must be}}
module attributes {lathe.precision = {group = 0 : i64}} {}

// -----

// expected-error@+1 {{'lathe.precision' must be}}
module attributes {lathe.precision = {weights = 8 : i64}} {}

// -----

// expected-error@+1 {{'lathe.precision' must be}}
module attributes {lathe.precision = {zero_point = "yes"}} {}

// -----

// expected-error@+1 {{'lathe.precision' must be}}
module attributes {lathe.precision = "int8"} {}
