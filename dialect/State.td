//===- State.td - State that ops own -----------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_STATE_TD
#define LATHE_STATE_TD

include "dialect/Kinds.td"

def CacheShape {
  string expr = "[in.shape[0], capacity] if in.rank < 3 else "
                "[in.shape[0], capacity, in.shape[2]] if in.rank < 4 else "
                "[in.shape[0], capacity, in.shape[2], in.shape[3]]";
}

def Lathe_CacheOp : Lathe_Op<"cache",
    [Operand<"input", Lathe_Tensor, "[batch, tokens], [batch, tokens, features] or [batch, tokens, heads, "
             "features]: what the next positions hold">],
    [IntKey<"capacity", "positions that the cache has room for">,
     StringKey<"past", "the name of the dimension that counts the positions filled by earlier calls",
               "past">],
    [], [DeclareOpInterfaceMethods<SymbolUserOpInterface>],
    [StateBuffer<"buffer", CacheShape.expr, "all positions">]> {
  let family = "State";
  let summary = "the keys or values of a sequence so far, kept across calls";
  let formula = "buffer[:, past : past + tokens] = x;  y = buffer[:, 0 : past + tokens]";
  let source = "Pope et al., \"Efficiently scaling transformer inference\", 2022, section 2";
  let example = "{op: cache, capacity: 4096}";
  let description = [{
    Writes its input behind the positions that earlier calls filled, in place,
    and gives all positions up to and including the new ones: [batch,
    past + tokens, …]. Entries that have a step of the same path share the
    cache, so that `prefill` fills what `decode` goes on with. `past` names a
    dimension whose value comes from an input:

    ```yaml
    dims:
      tokens: {max: 4096}
      past: {min: 0, max: "4096 - tokens", from: position}
    ```

    Constraints:
    - (C1) the input has rank 2, 3 or 4.
    - (C2) capacity is at least 1.
    - (C3) `past` names a dimension of the model.
    - (C4) past + tokens is at most capacity within the dimensions' bounds.
    - (C5) the buffer is a state [batch, capacity, …] of the input's elements.
  }];
}

#endif // LATHE_STATE_TD
