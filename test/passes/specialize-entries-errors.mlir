// RUN: lathe-opt %s -verify-diagnostics -lathe-specialize-entries
// A step that needs the dimension by name cannot have a number in its place.

module attributes {lathe.dims = {past = array<i64: 0, 7>, tokens = array<i64: 1, 1>}} {
  lathe.state @c.buffer : tensor<1x8xf32>
  // expected-error@+1 {{'main' cannot be specialized to 'main.past_0': a step needs the dimension's name; leave it out of 'specialize'}}
  func.func @main(%x: tensor<1x1xf32>) attributes {lathe.specialize = {past = [0, "any"]}} {
    // expected-error@+2 {{'lathe.cache' op inferred type(s)}}
    // expected-error@+1 {{'lathe.cache' op failed to infer returned types}}
    %r = lathe.cache %x {capacity = 8 : i64, past = "past", buffer = @c.buffer}
        : (tensor<1x1xf32>) -> tensor<1x?xf32, #lathe.dims<"", "past + 1">>
    return
  }
}
