//===- Explain.cpp - lathe explain ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"
#include "dialect/Locations.h"
#include "dialect/ParameterCount.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tools/lathe/AdapterTable.h"
#include "tools/lathe/MemoryTable.h"
#include "tools/lathe/PassTable.h"
#include "tools/lathe/Session.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/JSON.h"

using namespace lathe::tool;
using namespace mlir::lathe;
namespace cl = llvm::cl;

static cl::SubCommand parser("explain", "tables what each op of a spec costs");
static SpecOptions spec(parser);
static cl::list<std::string>
    dims("dim",
         cl::desc("count at this size of a dynamic dimension "
                  "(default: 1, or its least)"),
         cl::value_desc("name=size"), cl::sub(parser));
static cl::list<std::string>
    counted("count",
            cl::desc("also total the parameters that the checkpoint calls so; "
                     "given repeatedly, those that match any"),
            cl::value_desc("pattern"), cl::sub(parser));
static cl::opt<bool>
    byOp("by-op", cl::desc("a row for all steps of one op instead of each"),
         cl::sub(parser));
static cl::opt<bool> beforeAfter(
    "before-after",
    cl::desc("table what each pass makes of parameters, bytes and FLOPs"),
    cl::sub(parser));
static cl::opt<bool> memory("memory",
                            cl::desc("table the working memory of each entry"),
                            cl::sub(parser));
static WeightsOption
    weights(parser, "a checkpoint, as of 'lathe compile': its masks fold");
static LeanOptions lean(parser);
static TargetOptions target(parser);
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(parser));

namespace {
struct Row {
  std::string entry, path, op, shape;
  int64_t parameters = 0, flops = 0, multiplyAdds = 0, bytes = 0;
  int64_t steps = 0;

  /// Adds what running another row costs.
  void add(const Row &other) {
    flops += other.flops;
    multiplyAdds += other.multiplyAdds;
    bytes += other.bytes;
  }
};

/// Reads the cost interface of every op, at given sizes.
class CostTable {
public:
  /// False after a message.
  bool setDims(mlir::ModuleOp module) { return parseDims(module, dims, sizes); }

  /// False after a message.
  bool read(mlir::ModuleOp module) {
    module.walk([&](CostOpInterface op) {
      Work work = op.getWork();
      rows.push_back({op->getParentOfType<mlir::func::FuncOp>().getName().str(),
                      mlir::lathe::getStepPath(op->getLoc()).str(),
                      op->getName().stripDialect().str(),
                      formatShape(op->getResult(0).getType()),
                      op.getParameterCount(), evaluate(work.flops),
                      evaluate(work.multiplyAdds), evaluate(op.getBytes())});
    });
    // A weight counts once, however many ops read it.
    for (auto weight : module.getOps<WeightOp>())
      parameters +=
          countParameters(weight.getSymName(), weight.getTensorType());
    return countMatches(module);
  }

  /// Makes one row of those of an entry that are of one op, dearest first.
  void groupByOp() {
    std::vector<Row> each = std::exchange(rows, {});
    llvm::MapVector<std::pair<llvm::StringRef, llvm::StringRef>, Row> groups;
    llvm::StringMap<size_t> order;
    for (const Row &row : each) {
      order.try_emplace(row.entry, order.size());
      Row &group = groups[{row.entry, row.op}];
      group.steps += 1;
      group.parameters += row.parameters;
      group.add(row);
    }
    for (auto &[key, group] : groups) {
      group.entry = key.first.str();
      group.op = key.second.str();
      group.path = std::to_string(group.steps);
      rows.push_back(group);
    }
    llvm::sort(rows, [&](const Row &a, const Row &b) {
      return std::tuple(order[a.entry], -a.flops, a.op) <
             std::tuple(order[b.entry], -b.flops, b.op);
    });
  }

  /// A size at the dimensions' present values.
  int64_t evaluate(const DimExpr &size) const {
    return size
        .evaluate([&](llvm::StringRef name) -> std::optional<int64_t> {
          auto it = sizes.find(name);
          return it == sizes.end() ? std::nullopt : std::optional(it->second);
        })
        .value_or(0);
  }

  void print(llvm::raw_ostream &os) const {
    // A model of several entries runs one of them at a time.
    bool areSeveral = !rows.empty() && rows.front().entry != rows.back().entry;
    auto totalOf = [](const Row &row) { return "total of " + row.entry; };
    size_t widths[] = {5, 2, 5};
    for (const Row &row : rows) {
      widths[0] = std::max(
          {widths[0], row.path.size(), areSeveral ? totalOf(row).size() : 0});
      widths[1] = std::max(widths[1], row.op.size());
      widths[2] = std::max(widths[2], row.shape.size());
    }
    Row total{"", "total", "", "", parameters, 0, 0, 0};
    auto line = [&](const std::string &path, const std::string &op,
                    const std::string &shape) -> llvm::raw_ostream & {
      return os << llvm::left_justify(path, widths[0] + 2)
                << llvm::left_justify(op, widths[1] + 2)
                << llvm::left_justify(shape, widths[2] + 1);
    };
    auto numbers = [&](const Row &row) {
      os << llvm::format(
          "%12s %14s %14s %13s\n", grouped(row.parameters).c_str(),
          grouped(row.flops).c_str(), grouped(row.multiplyAdds).c_str(),
          grouped(row.bytes).c_str());
    };
    line(byOp ? "steps" : "step", "op", byOp ? "" : "shape") << llvm::format(
        "%12s %14s %14s %13s\n", "parameters", "FLOPs", "MACs", "bytes");
    Row own = total;
    for (size_t i = 0; i < rows.size(); ++i) {
      const Row &row = rows[i];
      if (areSeveral && (i == 0 || row.entry != rows[i - 1].entry))
        os << row.entry << ":\n";
      line(row.path, row.op, row.shape);
      numbers(row);
      total.add(row);
      own.add(row);
      if (!areSeveral ||
          (i + 1 < rows.size() && row.entry == rows[i + 1].entry))
        continue;
      line(totalOf(row), "", "") << llvm::format(
          "%12s %14s %14s %13s\n", "", grouped(own.flops).c_str(),
          grouped(own.multiplyAdds).c_str(), grouped(own.bytes).c_str());
      own = Row();
    }
    line("total", "", "");
    numbers(total);
    os << "\nFLOPs count a multiply-add as two; MACs are the multiply-adds, "
          "which many papers\ncall FLOPs. Bytes: operands and results of each "
          "op once.";
    for (const auto &[name, size] : sizes)
      os << " " << name << " = " << size << ".";
    os << "\n";
    if (!counted.empty())
      os << "\n--count matches " << grouped(matching) << " of "
         << grouped(parameters) << " parameters, "
         << llvm::format("%.4f", 100.0 * matching / parameters) << " %.\n";
  }

  void printJson(const AdapterTable &adapters, llvm::raw_ostream &os) const {
    llvm::json::Array array;
    for (const Row &row : rows) {
      llvm::json::Object object{
          {"entry", row.entry},           {"op", row.op},
          {"parameters", row.parameters}, {"flops", row.flops},
          {"macs", row.multiplyAdds},     {"bytes", row.bytes}};
      if (byOp) {
        object["steps"] = row.steps;
      } else {
        object["step"] = row.path;
        object["shape"] = row.shape;
      }
      array.push_back(std::move(object));
    }
    llvm::json::Object table{{"parameters", parameters},
                             {"ops", std::move(array)}};
    if (!counted.empty())
      table["matching"] = matching;
    if (llvm::json::Array forms = adapters.toJson(); !forms.empty())
      table["adapters"] = std::move(forms);
    os << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(table)));
  }

private:
  /// Totals what any of the patterns of --count matches, each weight once.
  /// False after a message.
  bool countMatches(mlir::ModuleOp module) {
    std::vector<llvm::GlobPattern> patterns;
    for (const std::string &text : counted) {
      auto pattern = llvm::GlobPattern::create(text);
      if (!pattern)
        return fail("--count: '" + text +
                    "': " + llvm::toString(pattern.takeError())) == 0;
      patterns.push_back(std::move(*pattern));
    }
    llvm::BitVector used(patterns.size());
    for (auto weight : module.getOps<WeightOp>()) {
      llvm::StringRef name = weight.getCheckpointName();
      bool matches = false;
      for (auto [i, pattern] : llvm::enumerate(patterns))
        if (pattern.match(name))
          matches = used[i] = true;
      if (matches)
        matching += countParameters(name, weight.getTensorType());
    }
    if (int unused = used.find_first_unset(); unused >= 0)
      return fail("--count: no parameter matches '" + counted[unused] + "'") ==
             0;
    return true;
  }

  /// 1,436,264
  static std::string grouped(int64_t number) {
    std::string text = std::to_string(number);
    for (int i = int(text.size()) - 3; i > 0; i -= 3)
      text.insert(i, ",");
    return text;
  }

  /// Of the dynamic dimensions, in the spec's order.
  DimSizes sizes;
  std::vector<Row> rows;
  int64_t parameters = 0, matching = 0;
};
} // namespace

/// What tables of the whole program have no form for.
static bool refuseForms(llvm::StringRef table) {
  return !(byOp || asJson || !counted.empty()) ||
         fail(table + " has no other form: leave --by-op, --json and --count "
                      "out") == 0;
}

/// Lets the checkpoint's masks fold. False after an error.
static bool readCheckpoint(mlir::ModuleOp module) {
  if (weights.texts.empty())
    return true;
  mlir::FailureOr<Checkpoint> checkpoint =
      Checkpoint::open(weights.getFiles(), module, /*strict=*/false);
  if (mlir::failed(checkpoint))
    return false;
  readStoredTypes(module, *checkpoint);
  readStructure(module, *checkpoint);
  return true;
}

/// The table of --before-after.
static int explainPasses(mlir::ModuleOp module, const CostTable &table,
                         const PipelineOptions &options) {
  if (!refuseForms("--before-after") || !readCheckpoint(module))
    return 1;
  return !printPassTable(
      module, options,
      [&](const DimExpr &size) { return table.evaluate(size); }, llvm::outs());
}

static int runExplain() {
  Session session;
  if (!session.load(spec))
    return 1;
  PipelineOptions options;
  std::optional<CpuTarget> cpu = target.resolve();
  if (!cpu || !lean.apply(options))
    return 1;
  options.target = *cpu;
  CostTable table;
  if (!table.setDims(session.getModule()))
    return 1;
  if (beforeAfter)
    return explainPasses(session.getModule(), table, options);
  if (memory)
    return !refuseForms("--memory") || !readCheckpoint(session.getModule()) ||
           !printMemoryTable(session.getModule(), options, llvm::outs());
  if (!weights.texts.empty() || !lean.without.empty())
    return fail("--weights and --without go with --before-after and "
                "--memory");
  AdapterTable adapters;
  if (!table.read(session.getModule()) ||
      !adapters.read(session.getModule(), options))
    return 1;
  if (byOp)
    table.groupByOp();
  if (asJson) {
    table.printJson(adapters, llvm::outs());
    return 0;
  }
  table.print(llvm::outs());
  adapters.print(llvm::outs());
  return 0;
}

static Command command(parser, runExplain, R"(
Examples:
  lathe explain specs/affnet/affnet-et.yaml
  lathe explain specs/affnet/affnet-et.yaml --by-op
  lathe explain specs/geb/geb-1.3b.yaml --set stored=int8 --before-after
  lathe explain specs/geb/geb-1.3b.yaml --memory
  lathe explain specs/digits/digits.yaml --dim batch=7 --json
  lathe explain specs/digits/digits.yaml --count="*.norm.*" --count="*.bias"
)");
