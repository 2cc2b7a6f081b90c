//===- Matching.cpp - Assignments of least cost ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Hungarian method by shortest augmenting paths, O(n³): Crouse, On
// implementing 2D rectangular assignment algorithms, IEEE Transactions on
// Aerospace and Electronic Systems 52(4), 2016. Among equal costs, columns are
// taken as scipy's linear_sum_assignment takes them: they are searched from
// the last to the first, and a free one is preferred. What takes the time is
// loops over all columns without branches, which compilers vectorise; the order
// of the search is looked at where several columns are nearest.
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace lathe::runtime;

namespace {

/// Loops that are compiled for vectors of every width: the runtime is for any
/// processor of its kind, and asks once which one it runs on.
#ifdef __x86_64__
#define LATHE_FOR_EACH_PROCESSOR                                               \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LATHE_FOR_EACH_PROCESSOR
#endif

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The least of `count` numbers, infinity if there are none: several lanes side
/// by side, since a minimum of doubles has an order that compilers keep to.
LATHE_FOR_EACH_PROCESSOR double findLeast(const double *numbers,
                                          int64_t count) {
  constexpr int64_t lanes = 8;
  std::array<double, lanes> least;
  least.fill(infinity);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int64_t lane = 0; lane < lanes; ++lane)
      least[lane] = std::min(least[lane], numbers[i + lane]);
  for (; i < count; ++i)
    least[0] = std::min(least[0], numbers[i]);
  return *std::min_element(least.begin(), least.end());
}

/// Shortens the distances of columns by way of a row, which is at `shortest`
/// itself. `reached` is infinite for columns that stay as they are.
LATHE_FOR_EACH_PROCESSOR void
relax(int64_t row, double shortest, double rowPrice,
      const float *__restrict costs, const double *__restrict prices,
      const double *__restrict reached, double *__restrict distances,
      double *__restrict open, int64_t *__restrict from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    double reduced = shortest + costs[i] - rowPrice - prices[i] + reached[i];
    bool isShorter = reduced < distances[i];
    from[i] = isShorter ? row : from[i];
    distances[i] = isShorter ? reduced : distances[i];
    open[i] = distances[i] + reached[i];
  }
}

/// Where a number stands: how often, and the sum of the places.
struct Places {
  int64_t count, sum;
};

LATHE_FOR_EACH_PROCESSOR Places findAll(double number, const double *numbers,
                                        int64_t count) {
  Places places = {0, 0};
  for (int64_t i = 0; i < count; ++i) {
    places.count += numbers[i] == number;
    places.sum += numbers[i] == number ? i : 0;
  }
  return places;
}

/// One cost matrix, seen with no more rows than columns.
class Assignment {
public:
  Assignment(const float *matrix, int64_t rows, int64_t columns,
             int64_t *scratch)
      : cost(matrix), rows(std::min(rows, columns)),
        columns(std::max(rows, columns)) {
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
    beyond = takeReal(this->columns);
    open = takeReal(this->columns);
    columnOfRow = take(this->rows);
    rowOfColumn = take(this->columns);
    from = take(this->columns);
    remaining = take(this->columns);
    place = take(this->columns);
    rowReached = take(this->rows);
    std::fill_n(rowPrice, this->rows, 0.0);
    std::fill_n(columnPrice, this->columns, 0.0);
    std::fill_n(columnOfRow, this->rows, -1);
    std::fill_n(rowOfColumn, this->columns, -1);
    if (rows > columns)
      transpose(matrix, reinterpret_cast<float *>(scratch));
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
  /// Makes neighbours of the costs of a row.
  void transpose(const float *matrix, float *transposed) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        transposed[row * columns + column] = matrix[column * rows + row];
    cost = transposed;
  }

  /// A shortest path, in reduced costs, from a free row to a free column,
  /// which is returned; `from` says how the path goes.
  int64_t findPath(int64_t start) {
    int64_t left = columns;
    for (int64_t i = 0; i < columns; ++i)
      remaining[i] = place[i] = columns - 1 - i;
    std::fill_n(rowReached, rows, 0);
    std::fill_n(beyond, columns, 0.0);
    std::fill_n(distance, columns, infinity);
    double shortest = 0;
    int64_t row = start, sink = -1;
    while (sink < 0) {
      rowReached[row] = 1;
      relax(row, shortest, rowPrice[row], cost + row * columns, columnPrice,
            beyond, distance, open, from, columns);
      int64_t nearest = findNearest(left);
      int64_t column = remaining[nearest];
      shortest = distance[column];
      if (rowOfColumn[column] < 0)
        sink = column;
      else
        row = rowOfColumn[column];
      beyond[column] = infinity;
      remaining[nearest] = remaining[--left];
      place[remaining[nearest]] = nearest;
    }
    updatePrices(start, shortest);
    return sink;
  }

  /// The place in `remaining` of the nearest column: of several, the last free
  /// one, or else the first.
  int64_t findNearest(int64_t left) const {
    double least = findLeast(open, columns);
    Places places = findAll(least, open, columns);
    if (places.count == 1)
      return place[places.sum];
    int64_t nearest = -1;
    for (int64_t i = 0; i < left; ++i)
      if (int64_t column = remaining[i]; open[column] == least)
        if (nearest < 0 || rowOfColumn[column] < 0)
          nearest = i;
    return nearest;
  }

  void updatePrices(int64_t start, double shortest) {
    rowPrice[start] += shortest;
    for (int64_t row = 0; row < rows; ++row)
      if (rowReached[row] && row != start)
        rowPrice[row] += shortest - distance[columnOfRow[row]];
    for (int64_t column = 0; column < columns; ++column)
      if (beyond[column] > 0)
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

  const float *cost; ///< [rows, columns].
  int64_t rows, columns;
  double *rowPrice, *columnPrice;
  double *distance; ///< Of each column from the start.
  double *beyond;   ///< 0, or infinity for a column that is reached.
  double *open;     ///< Their sum.
  int64_t *columnOfRow, *rowOfColumn, *from;
  int64_t *remaining; ///< Columns that are not reached, as they are searched.
  int64_t *place;     ///< Of each of them in `remaining`.
  int64_t *rowReached;
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
                          scratch + i * latheMatchScratch(rows, columns));
    assignment.solve();
    const int64_t *partners = rows <= columns ? assignment.partnersOfRows()
                                              : assignment.partnersOfColumns();
    for (int64_t row = 0; row < rows; ++row)
      result[row] = partners[row] + 1;
  };
  forEachRow(context, batch, rows * columns * std::min(rows, columns), match);
}
