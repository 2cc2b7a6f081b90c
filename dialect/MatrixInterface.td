//===- MatrixInterface.td - Which parameters are matrices -----*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MATRIX_INTERFACE_TD
#define LATHE_MATRIX_INTERFACE_TD

include "mlir/IR/OpBase.td"

def MatrixOpInterface : OpInterface<"MatrixOpInterface"> {
  let cppNamespace = "::mlir::lathe";
  let description = [{
    An op with parameters that may be stored in few bits: [outputs, inputs] or
    [outputs, inputs, height, width], of which neighbouring inputs are much
    alike. `lathe-quantize` reads it.
  }];
  let methods = [
    InterfaceMethod<[{
      Whether an operand is such a parameter. Where an operand may be an
      activation as well, it counts if weights alone make it.
    }], "bool", "isMatrix", (ins "unsigned":$operand), [{}], [{
      int64_t rank = ::llvm::cast<::mlir::RankedTensorType>(
          $_op->getOperand(operand).getType()).getRank();
      return rank == 2 || rank == 4;
    }]>,
    InterfaceMethod<[{
      Whether the matrix is a table of which single rows are read: small
      mistakes in these are not summed away.
    }], "bool", "isTable", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
      Whether neighbouring inputs may be stored together, in groups or pairs.
      They cannot where a run reads some of the inputs only, or where the second
      dimension is not what is summed over.
    }], "bool", "joinsNeighbours", (ins "unsigned":$operand), [{}], [{
      return true;
    }]>,
  ];
}

#endif // LATHE_MATRIX_INTERFACE_TD
