//===- MatrixRegisters.h - Instructions on whole matrices -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Intel's Advanced Matrix Extensions: eight registers of up to 16 rows of 64
// bytes, whose shapes a table in memory says.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_MATRIXREGISTERS_H
#define LATHE_CODEGEN_MATRIXREGISTERS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// Writes the instructions, at the place of `b`. Registers are numbered.
class MatrixRegisters {
public:
  /// Of all registers, and rows and bytes of a row of one, at most.
  static constexpr int64_t count = 8, mostRows = 16, rowBytes = 64;

  explicit MatrixRegisters(ImplicitLocOpBuilder &b) : b(b) {}

  /// The shape of a register: rows, of so many bytes.
  struct Shape {
    int64_t rows = mostRows, bytes = rowBytes;
  };
  /// Fills a table, `rowBytes` bytes of memory, with the shapes.
  void fillTable(Value table, ArrayRef<Shape> shapes);
  /// Changes the rows, an i8, of a register in a table.
  void setRows(Value table, int64_t matrix, Value rows);
  /// Gives the registers the shapes of a table, and forgets what they hold.
  void configure(Value table);
  /// What registers hold need not be kept any longer.
  void release();

  void zero(int64_t matrix);
  /// Rows from an element of a buffer on, `distance` bytes, an index, apart.
  void load(int64_t matrix, Value buffer, ValueRange indices, Value distance);
  void store(int64_t matrix, Value buffer, ValueRange indices, Value distance);
  /// sums += rows x columns, by an intrinsic of LLVM's.
  void multiply(StringRef intrinsic, int64_t sums, int64_t rows,
                int64_t columns);

private:
  void call(StringRef name, ValueRange arguments = {});
  Value number(int64_t matrix);
  Value addressOf(Value buffer, ValueRange indices);

  ImplicitLocOpBuilder &b;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_MATRIXREGISTERS_H
