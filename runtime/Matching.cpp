//===- Matching.cpp - Assignments of least cost ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Hungarian method by shortest augmenting paths, O(n³): Crouse, On
// implementing 2D rectangular assignment algorithms, IEEE Transactions on
// Aerospace and Electronic Systems 52(4), 2016. Among equal costs, columns are
// taken as scipy's linear_sum_assignment takes them: they are searched from
// the last to the first, and a free one is preferred.
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace lathe::runtime;

namespace {

/// One cost matrix, seen with no more rows than columns.
class Assignment {
public:
  Assignment(const float *cost, int64_t rows, int64_t columns, int64_t *scratch)
      : cost(cost), rows(std::min(rows, columns)),
        columns(std::max(rows, columns)),
        rowStride(rows <= columns ? columns : 1),
        columnStride(rows <= columns ? 1 : columns) {
    auto take = [&](int64_t count) {
      int64_t *taken = scratch;
      scratch += count;
      return taken;
    };
    auto takeReal = [&](int64_t count) {
      static_assert(sizeof(double) == sizeof(int64_t));
      return reinterpret_cast<double *>(take(count));
    };
    rowPrice = takeReal(this->rows);
    columnPrice = takeReal(this->columns);
    distance = takeReal(this->columns);
    columnOfRow = take(this->rows);
    rowOfColumn = take(this->columns);
    from = take(this->columns);
    remaining = take(this->columns);
    rowReached = take(this->rows);
    columnReached = take(this->columns);
    std::fill_n(rowPrice, this->rows, 0.0);
    std::fill_n(columnPrice, this->columns, 0.0);
    std::fill_n(columnOfRow, this->rows, -1);
    std::fill_n(rowOfColumn, this->columns, -1);
  }

  void solve() {
    for (int64_t row = 0; row < rows; ++row)
      augment(row, findPath(row));
  }

  /// The numbers of the shorter side's partners, and of the longer side's (-1:
  /// none).
  const int64_t *partnersOfRows() const { return columnOfRow; }
  const int64_t *partnersOfColumns() const { return rowOfColumn; }

private:
  /// A shortest path, in reduced costs, from a free row to a free column,
  /// which is returned; `from` says how the path goes.
  int64_t findPath(int64_t start) {
    int64_t left = columns;
    for (int64_t i = 0; i < columns; ++i)
      remaining[i] = columns - 1 - i;
    std::fill_n(rowReached, rows, 0);
    std::fill_n(columnReached, columns, 0);
    std::fill_n(distance, columns, std::numeric_limits<double>::infinity());
    double shortest = 0;
    int64_t row = start, sink = -1;
    while (sink < 0) {
      rowReached[row] = 1;
      int64_t nearest = relax(row, shortest, left);
      int64_t column = remaining[nearest];
      shortest = distance[column];
      if (rowOfColumn[column] < 0)
        sink = column;
      else
        row = rowOfColumn[column];
      columnReached[column] = 1;
      remaining[nearest] = remaining[--left];
    }
    updatePrices(start, shortest);
    return sink;
  }

  /// Shortens the distances of the remaining columns by way of `row`; returns
  /// the place of the nearest of them.
  int64_t relax(int64_t row, double shortest, int64_t left) {
    int64_t nearest = -1;
    double lowest = std::numeric_limits<double>::infinity();
    const float *costs = cost + row * rowStride;
    for (int64_t i = 0; i < left; ++i) {
      int64_t column = remaining[i];
      double reduced = shortest + costs[column * columnStride] - rowPrice[row] -
                       columnPrice[column];
      if (reduced < distance[column]) {
        from[column] = row;
        distance[column] = reduced;
      }
      bool isFree = rowOfColumn[column] < 0;
      if (distance[column] < lowest || (distance[column] == lowest && isFree)) {
        lowest = distance[column];
        nearest = i;
      }
    }
    return nearest;
  }

  void updatePrices(int64_t start, double shortest) {
    rowPrice[start] += shortest;
    for (int64_t row = 0; row < rows; ++row)
      if (rowReached[row] && row != start)
        rowPrice[row] += shortest - distance[columnOfRow[row]];
    for (int64_t column = 0; column < columns; ++column)
      if (columnReached[column])
        columnPrice[column] -= shortest - distance[column];
  }

  /// Exchanges the pairs along the path from row `start` to column `sink`.
  void augment(int64_t start, int64_t sink) {
    for (int64_t column = sink, row = -1; row != start;) {
      row = from[column];
      rowOfColumn[column] = row;
      std::swap(columnOfRow[row], column);
    }
  }

  const float *cost;
  int64_t rows, columns, rowStride, columnStride;
  double *rowPrice, *columnPrice, *distance;
  int64_t *columnOfRow, *rowOfColumn, *from, *remaining;
  int64_t *rowReached, *columnReached;
};

} // namespace

void latheMatch(LatheContext *context, int64_t event, const float *cost,
                int64_t *matches, int64_t *scratch, int64_t batch, int64_t rows,
                int64_t columns) {
  auto match = [&](int64_t i) {
    const float *matrix = cost + i * rows * columns;
    int64_t *result = matches + i * rows;
    std::fill_n(result, rows, 0);
    if (!std::all_of(matrix, matrix + rows * columns,
                     [](float x) { return std::isfinite(x); }))
      return reportFault(context, event,
                         "met a cost that is infinite or no number");
    Assignment assignment(matrix, rows, columns,
                          scratch + i * 6 * (rows + columns));
    assignment.solve();
    const int64_t *partners = rows <= columns ? assignment.partnersOfRows()
                                              : assignment.partnersOfColumns();
    for (int64_t row = 0; row < rows; ++row)
      result[row] = partners[row] + 1;
  };
  forEachRow(context, batch, rows * columns * std::min(rows, columns), match);
}
