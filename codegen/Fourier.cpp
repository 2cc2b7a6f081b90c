//===- Fourier.cpp - Discrete Fourier transforms as straight-line code ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Fourier.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

//===----------------------------------------------------------------------===//
// Angles
//===----------------------------------------------------------------------===//

double lathe::cosTurn(int64_t k, int64_t n) {
  k = llvm::mod(k, n);
  // Into the first half of the turn, its first half, and there below an eighth.
  k = std::min(k, n - k);
  if (4 * k > n)
    return -cosTurn(n - 2 * k, 2 * n);
  if (8 * k > n)
    return std::sin(2 * llvm::numbers::pi * (n - 4 * k) / (4 * n));
  return std::cos(2 * llvm::numbers::pi * k / n);
}

double lathe::sinTurn(int64_t k, int64_t n) {
  // sin(t) = cos(t − a quarter).
  return cosTurn(4 * k - n, 4 * n);
}

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

namespace {
/// A number of the graph, or minus it, or zero.
struct Term {
  int64_t node = -1;
  bool negative = false;

  bool isZero() const { return node < 0; }
  Term operator-() const { return {node, !negative}; }
};

struct Number {
  Term re, im;

  Number operator-() const { return {-re, -im}; }
  Number conjugate() const { return {re, -im}; }
  /// −i times the number, and i times.
  Number turnBack() const { return {im, -re}; }
  Number turnOn() const { return {-im, re}; }
};

using Numbers = SmallVector<Number>;

/// The arithmetic of a transform. Equal nodes are one node, and the order of
/// nodes is the one in which they are computed.
class FourierGraph {
public:
  FourierGraph(FourierKind kind, int64_t n) : n(n), kind(kind) {}

  SmallVector<FourierStep> write();

private:
  struct Node {
    FourierStep::Kind kind;
    int64_t x = -1, y = -1;
    double factor = 0;
    int64_t index = 0;
    bool imaginary = false;
  };
  struct Output {
    Term term;
    int64_t index;
    bool imaginary;
  };

  //===--- Arithmetic -----------------------------------------------------===//

  int64_t makeNode(FourierStep::Kind kind, int64_t x, int64_t y, double factor);
  Term input(int64_t index, bool imaginary);
  Term add(Term x, Term y);
  Term scale(double factor, Term x);
  Term twice(Term x);

  Number add(Number x, Number y) { return {add(x.re, y.re), add(x.im, y.im)}; }
  Number sub(Number x, Number y) { return add(x, -y); }
  /// e^(−2πi k / m) x.
  Number turn(int64_t k, int64_t m, Number x);

  //===--- Transforms -----------------------------------------------------===//

  Numbers transform(ArrayRef<Number> x);
  Numbers splitRadix(ArrayRef<Number> x);
  Numbers transformPrime(ArrayRef<Number> x);
  Numbers splitAtPrime(ArrayRef<Number> x, int64_t prime);
  Numbers splitCoprime(ArrayRef<Number> x, int64_t rows);

  void setUp();
  int64_t markUsed(llvm::BitVector &isUsed, llvm::BitVector &wantsMinus);
  void store(int64_t index, Number x, bool isReal = false);

  int64_t n;
  FourierKind kind;
  SmallVector<Node> nodes;
  SmallVector<Output> outputs;
  llvm::DenseMap<std::tuple<int64_t, int64_t, int64_t, uint64_t>, int64_t>
      known;
};
} // namespace

int64_t FourierGraph::makeNode(FourierStep::Kind kind, int64_t x, int64_t y,
                               double factor) {
  auto key = std::tuple(static_cast<int64_t>(kind), x, y,
                        llvm::bit_cast<uint64_t>(factor));
  auto [place, isNew] = known.try_emplace(key, nodes.size());
  if (isNew)
    nodes.push_back({kind, x, y, factor});
  return place->second;
}

Term FourierGraph::input(int64_t index, bool imaginary) {
  nodes.push_back({FourierStep::Kind::load, -1, -1, 0, index, imaginary});
  return {static_cast<int64_t>(nodes.size()) - 1};
}

Term FourierGraph::add(Term x, Term y) {
  if (x.isZero() || y.isZero())
    return x.isZero() ? y : x;
  if (x.node == y.node)
    return x.negative == y.negative ? twice(x) : Term();
  if (x.node > y.node)
    std::swap(x, y);
  auto kind = x.negative == y.negative ? FourierStep::Kind::add
                                       : FourierStep::Kind::subtract;
  return {makeNode(kind, x.node, y.node, 0), x.negative};
}

Term FourierGraph::scale(double factor, Term x) {
  if (x.isZero() || factor == 0)
    return {};
  if (factor < 0)
    return scale(-factor, -x);
  if (factor == 1)
    return x;
  if (nodes[x.node].kind == FourierStep::Kind::scale)
    return {makeNode(FourierStep::Kind::scale, nodes[x.node].x, -1,
                     factor * nodes[x.node].factor),
            x.negative};
  return {makeNode(FourierStep::Kind::scale, x.node, -1, factor), x.negative};
}

/// 2 x: in the constants of a sum of products, where it costs nothing.
Term FourierGraph::twice(Term x) {
  Node node = nodes[x.node];
  auto isProduct = [&](int64_t node) {
    return nodes[node].kind == FourierStep::Kind::scale;
  };
  bool isSum = node.kind == FourierStep::Kind::add ||
               node.kind == FourierStep::Kind::subtract;
  if (!isSum || !isProduct(node.x) || !isProduct(node.y))
    return scale(2, x);
  Term left = scale(2, {node.x}), right = scale(2, {node.y});
  Term sum = add(left, node.kind == FourierStep::Kind::add ? right : -right);
  return x.negative ? -sum : sum;
}

Number FourierGraph::turn(int64_t k, int64_t m, Number x) {
  double c = cosTurn(k, m), s = sinTurn(k, m);
  // An odd eighth of a turn: the sums first.
  if (std::abs(c) == std::abs(s)) {
    Term less = add(x.im, -x.re), more = add(x.re, x.im);
    return c == s ? Number{scale(c, more), scale(c, less)}
                  : Number{scale(c, -less), scale(c, more)};
  }
  return {add(scale(c, x.re), scale(s, x.im)),
          add(scale(c, x.im), scale(-s, x.re))};
}

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

static bool areReal(ArrayRef<Number> x) {
  return llvm::all_of(x, [](Number number) { return number.im.isZero(); });
}

static int64_t leastPrime(int64_t n) {
  int64_t prime = 2;
  while (n % prime)
    ++prime;
  return prime;
}

/// The largest power of the least prime factor of n.
static int64_t leastPrimePower(int64_t n) {
  int64_t prime = leastPrime(n), power = prime;
  while (n % (power * prime) == 0)
    power *= prime;
  return power;
}

Numbers FourierGraph::transform(ArrayRef<Number> x) {
  int64_t n = x.size();
  if (n == 1)
    return Numbers(x);
  if (int64_t power = leastPrimePower(n); power < n)
    return splitCoprime(x, power);
  if (n % 2 == 0)
    return splitRadix(x);
  int64_t prime = leastPrime(n);
  return prime == n ? transformPrime(x) : splitAtPrime(x, prime);
}

/// X[k + j n/4] from the even numbers' E, and from O and P, those of x[4i + 1]
/// and x[4i − 1], whose twiddles are conjugate.
Numbers FourierGraph::splitRadix(ArrayRef<Number> x) {
  int64_t n = x.size(), half = n / 2, quarter = n / 4;
  if (n == 2)
    return {add(x[0], x[1]), sub(x[0], x[1])};
  Numbers even, above, below;
  for (int64_t i = 0; i < half; ++i)
    even.push_back(x[2 * i]);
  for (int64_t i = 0; i < quarter; ++i) {
    above.push_back(x[4 * i + 1]);
    below.push_back(x[llvm::mod(4 * i - 1, n)]);
  }
  even = transform(even);
  above = transform(above);
  below = transform(below);
  Numbers result(n);
  for (int64_t k = 0; k < quarter; ++k) {
    Number on = turn(k, n, above[k]), back = turn(-k, n, below[k]);
    Number sum = add(on, back), difference = sub(on, back);
    result[k] = add(even[k], sum);
    result[k + half] = sub(even[k], sum);
    result[k + quarter] = add(even[k + quarter], difference.turnBack());
    result[k + half + quarter] = add(even[k + quarter], difference.turnOn());
  }
  return result;
}

/// X[u] and X[n−u] = A ∓ i B, where A = x[0] + Σ_j (x[j] + x[n−j]) cos and
/// B = Σ_j (x[j] − x[n−j]) sin of 2π j u / n, j < n/2.
Numbers FourierGraph::transformPrime(ArrayRef<Number> x) {
  int64_t n = x.size(), half = n / 2;
  Numbers sums, differences, result(n);
  result[0] = x[0];
  for (int64_t j = 1; j <= half; ++j) {
    sums.push_back(add(x[j], x[n - j]));
    differences.push_back(sub(x[j], x[n - j]));
    result[0] = add(result[0], sums.back());
  }
  for (int64_t u = 1; u <= half; ++u) {
    Number even = x[0], odd;
    for (int64_t j = 1; j <= half; ++j) {
      double c = cosTurn(j * u, n), s = sinTurn(j * u, n);
      Number sum = sums[j - 1], difference = differences[j - 1];
      even = add(even, {scale(c, sum.re), scale(c, sum.im)});
      odd = add(odd, {scale(s, difference.re), scale(s, difference.im)});
    }
    result[u] = add(even, odd.turnBack());
    result[n - u] = add(even, odd.turnOn());
  }
  return result;
}

/// X[k + q n/p] = Σ_j e^(−2πi j q / p) e^(−2πi j k / n) S_j[k], S_j being the
/// transform of x[p i + j]. With j from −p/2 to p/2, what is Hermitian in x is
/// so in S.
Numbers FourierGraph::splitAtPrime(ArrayRef<Number> x, int64_t prime) {
  int64_t n = x.size(), each = n / prime;
  bool real = areReal(x);
  SmallVector<Numbers> parts;
  for (int64_t residue = 0; residue < prime; ++residue) {
    int64_t j = 2 * residue < prime ? residue : residue - prime;
    Numbers part;
    for (int64_t i = 0; i < each; ++i)
      part.push_back(x[llvm::mod(prime * i + j, n)]);
    parts.push_back(transform(part));
  }
  Numbers result(n);
  // Of real numbers the other half is mirrored.
  for (int64_t k = 0; k < (real ? each / 2 + 1 : each); ++k) {
    Numbers turned;
    for (int64_t residue = 0; residue < prime; ++residue) {
      int64_t j = 2 * residue < prime ? residue : residue - prime;
      turned.push_back(turn(j * k, n, parts[residue][k]));
    }
    for (auto [q, number] : llvm::enumerate(transform(turned))) {
      int64_t at = k + q * each;
      result[at] = number;
      if (real && at)
        result[n - at] = number.conjugate();
    }
  }
  return result;
}

/// For n = r c without a common factor, X[k] is the number [k mod r, k mod c]
/// of a transform in two dimensions of x[(c i + r j) mod n]: no twiddles.
Numbers FourierGraph::splitCoprime(ArrayRef<Number> x, int64_t rows) {
  int64_t n = x.size(), columns = n / rows;
  bool real = areReal(x);
  SmallVector<Numbers> lines;
  for (int64_t i = 0; i < rows; ++i) {
    Numbers line;
    for (int64_t j = 0; j < columns; ++j)
      line.push_back(x[(columns * i + rows * j) % n]);
    lines.push_back(transform(line));
  }
  for (int64_t k = 0; k < (real ? columns / 2 + 1 : columns); ++k) {
    Numbers column;
    for (Numbers &line : lines)
      column.push_back(line[k]);
    column = transform(column);
    for (int64_t i = 0; i < rows; ++i) {
      lines[i][k] = column[i];
      if (real && k)
        lines[llvm::mod(-i, rows)][columns - k] = column[i].conjugate();
    }
  }
  Numbers result;
  for (int64_t k = 0; k < n; ++k)
    result.push_back(lines[k % rows][k % columns]);
  return result;
}

void FourierGraph::store(int64_t index, Number x, bool isReal) {
  outputs.push_back({x.re, index, false});
  if (!isReal)
    outputs.push_back({x.im, index, true});
}

/// The whole transform, and what it reads and writes.
void FourierGraph::setUp() {
  bool isInverse =
      kind == FourierKind::inverse || kind == FourierKind::realInverse;
  Numbers x(n);
  for (int64_t i = 0; i < n; ++i) {
    if (kind == FourierKind::realInverse && 2 * i > n) {
      x[i] = x[n - i].conjugate();
      continue;
    }
    x[i].re = input(i, false);
    if (kind == FourierKind::realForward ||
        (kind == FourierKind::realInverse && 2 * i % n == 0))
      continue;
    x[i].im = input(i, true);
  }
  // The inverse is the transform of the mirror image.
  if (isInverse)
    std::reverse(x.begin() + 1, x.end());
  Numbers result = transform(x);
  int64_t count = kind == FourierKind::realForward ? n / 2 + 1 : n;
  for (int64_t i = 0; i < count; ++i)
    store(i, result[i], kind == FourierKind::realInverse);
}

/// Finds the nodes that outputs need, and of which outputs want the negative.
/// Returns how many of them are loads.
int64_t FourierGraph::markUsed(llvm::BitVector &isUsed,
                               llvm::BitVector &wantsMinus) {
  for (const Output &output : outputs)
    if (!output.term.isZero()) {
      isUsed.set(output.term.node);
      wantsMinus[output.term.node] = output.term.negative;
    }
  int64_t loads = 0;
  for (int64_t i = nodes.size(); i-- > 0;) {
    if (!isUsed[i])
      continue;
    loads += nodes[i].kind == FourierStep::Kind::load;
    for (int64_t operand : {nodes[i].x, nodes[i].y})
      if (operand >= 0)
        isUsed.set(operand);
  }
  return loads;
}

/// Lists what the outputs need in the order of the graph, loads where it is
/// first needed, and stores as soon as all is loaded and the value is there. A
/// difference is taken the way around that spares negations, since sums take
/// either sign.
SmallVector<FourierStep> FourierGraph::write() {
  using Kind = FourierStep::Kind;
  setUp();
  llvm::BitVector isUsed(nodes.size()), wantsMinus(nodes.size());
  int64_t unread = markUsed(isUsed, wantsMinus);
  SmallVector<FourierStep> steps;
  // Where a node is computed, and whether that is minus the node.
  SmallVector<Term> places(nodes.size());
  auto append = [&](FourierStep step) {
    steps.push_back(step);
    return static_cast<int64_t>(steps.size()) - 1;
  };
  auto placeOf = [&](int64_t node) {
    if (nodes[node].kind == Kind::load && places[node].isZero()) {
      places[node].node = append(
          {Kind::load, 0, 0, 0, nodes[node].index, nodes[node].imaginary});
      --unread;
    }
    return places[node];
  };
  auto compute = [&](const Node &node, bool minus) -> Term {
    Term x = placeOf(node.x);
    if (node.kind == Kind::scale) {
      double factor = x.negative == minus ? node.factor : -node.factor;
      return {append({Kind::scale, x.node, 0, factor}), minus};
    }
    Term y = node.kind == Kind::add ? placeOf(node.y) : -placeOf(node.y);
    if (x.negative == y.negative)
      return {append({Kind::add, x.node, y.node}), x.negative};
    if (x.negative != minus)
      std::swap(x, y);
    return {append({Kind::subtract, x.node, y.node}), minus};
  };
  auto storeReady = [&] {
    llvm::erase_if(outputs, [&](const Output &output) {
      Term term = output.term;
      Term place = term.isZero() ? Term{append({Kind::zero}), term.negative}
                                 : places[term.node];
      if (place.isZero())
        return false;
      if (place.negative != term.negative)
        place.node = append({Kind::scale, place.node, 0, -1});
      append({Kind::store, place.node, 0, 0, output.index, output.imaginary});
      return true;
    });
  };
  for (auto [i, node] : llvm::enumerate(nodes)) {
    if (!isUsed[i])
      continue;
    if (node.kind != Kind::load)
      places[i] = compute(node, wantsMinus[i]);
    else if (n == 1)
      placeOf(i);
    if (unread == 0)
      storeReady();
  }
  return steps;
}

SmallVector<FourierStep> kernel::writeFourier(FourierKind kind, int64_t n) {
  return FourierGraph(kind, n).write();
}
