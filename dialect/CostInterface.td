//===- CostInterface.td - What an op costs --------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_COST_INTERFACE_TD
#define LATHE_COST_INTERFACE_TD

include "mlir/IR/OpBase.td"

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::mlir::lathe";
  let description = [{
    What one execution of an op costs, stated once. `lathe explain`, the cost
    models of the passes and the program's descriptor all read it.
  }];
  let methods = [
    InterfaceMethod<[{
      Arithmetic of one execution, over the model's dimensions.
    }], "::mlir::lathe::Work", "getWork">,
    InterfaceMethod<[{
      Bytes that the op must at least move: its operands and results once.
    }], "::mlir::lathe::DimExpr", "getBytes", (ins), [{}], [{
      return ::mlir::lathe::bytesOfOperandsAndResults($_op.getOperation());
    }]>,
    InterfaceMethod<[{
      Elements of the parameters that the op reads.
    }], "int64_t", "getParameterCount", (ins), [{}], [{
      return ::mlir::lathe::elementsOfParameters($_op.getOperation());
    }]>,
  ];
}

#endif // LATHE_COST_INTERFACE_TD
