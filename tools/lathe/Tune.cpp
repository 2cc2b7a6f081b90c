//===- Tune.cpp - lathe tune ----------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles a model with each alternative for all of its steps at once, times
// every step of every such program on this machine, and keeps for each step
// what was clearly faster than what the compiler chose.
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/Program.h"
#include "tools/lathe/TunedFile.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include <algorithm>
#include <chrono>
#include <limits>

using namespace lathe::tool;
using namespace mlir::lathe;
namespace cl = llvm::cl;
using Clock = std::chrono::steady_clock;

static cl::SubCommand parser("tune",
                             "measures which code of each step is the fastest");
static SpecOptions spec(parser);
static TargetOptions target(parser);
static WeightsOption
    weights(parser,
            "a checkpoint, as of 'lathe compile' (default: random weights)");
static cl::list<std::string>
    dims("dim",
         cl::desc("measure at this size of a dynamic dimension (default: 1, or "
                  "its least)"),
         cl::value_desc("name=size"), cl::sub(parser));
static cl::opt<unsigned> threads("threads", cl::desc("of the programs"),
                                 cl::init(1), cl::sub(parser));
static cl::opt<double>
    seconds("seconds", cl::desc("of each entry of each program (default 0.5)"),
            cl::init(0.5), cl::sub(parser));
static cl::opt<std::string>
    output("o", cl::desc("the file to write (default: beside the spec)"),
           cl::value_desc("NET.tuned"), cl::sub(parser));
static LeanOptions lean(parser);

namespace {
/// The least time of each step of each entry, in milliseconds.
class StepTimes {
public:
  LatheHooks getHooks() { return {this, begin, end, nullptr}; }

  /// Of all entries together, or 0.
  double of(llvm::StringRef step) const { return times.lookup(step); }
  double total() const {
    double sum = 0;
    for (const auto &time : times)
      sum += time.second;
    return sum;
  }
  llvm::SmallVector<std::string> getSteps() const {
    llvm::SmallVector<std::string> steps;
    for (const auto &time : times)
      steps.push_back(time.first().str());
    llvm::sort(steps);
    return steps;
  }

  /// Ends a run: what a step took in it counts if no run was faster.
  void endRun() {
    for (const auto &time : run) {
      auto [place, isNew] = ofEntry.try_emplace(time.first(), time.second);
      if (!isNew)
        place->second = std::min(place->second, time.second);
    }
    run.clear();
  }
  void endEntry() {
    for (const auto &time : ofEntry)
      times[time.first()] += time.second;
    ofEntry.clear();
  }
  /// Takes the lesser time of each step.
  void improve(const StepTimes &other) {
    for (const auto &time : other.times) {
      auto [place, isNew] = times.try_emplace(time.first(), time.second);
      if (!isNew)
        place->second = std::min(place->second, time.second);
    }
  }

private:
  static void begin(void *user, const LatheEventInfo *, const int64_t *) {
    static_cast<StepTimes *>(user)->started = Clock::now();
  }
  static void end(void *user, const LatheEventInfo *event, const int64_t *) {
    auto &self = *static_cast<StepTimes *>(user);
    std::chrono::duration<double, std::milli> time =
        Clock::now() - self.started;
    self.run[event->name] += time.count();
  }

  Clock::time_point started;
  llvm::StringMap<double> run, ofEntry, times;
};

class Tuner {
public:
  Tuner(Session &session, CpuTarget cpu)
      : module(session.getModule()), cpu(std::move(cpu)) {}

  int run() {
    if (!readFile() || !parseDims(module, dims, sizes) || !setCheckpoint())
      return 1;
    StepTimes byDefault, again;
    if (!measure({}, byDefault))
      return 1;
    for (const StepChoice &candidate : getCandidates())
      if (!tryCandidate(byDefault, candidate))
        return 1;
    // What else the machine did in the beginning must not make others faster.
    if (!measure({}, again))
      return 1;
    byDefault.improve(again);
    choose(byDefault);
    return !report(byDefault);
  }

private:
  struct Found {
    StepChoice choice;
    double ms;
  };

  static llvm::SmallVector<StepChoice> getCandidates() {
    llvm::SmallVector<StepChoice> candidates;
    for (int64_t vectors : {1, 2, 3, 4})
      candidates.push_back({vectors, {}});
    for (int64_t side : {0, 2, 4})
      candidates.push_back({{}, side});
    return candidates;
  }

  bool setCheckpoint() {
    checkpoint = weights.getFiles();
    if (!checkpoint.empty())
      return true;
    std::string random = workshop.file("random.safetensors");
    checkpoint.push_back({"", random});
    return mlir::succeeded(writeRandomCheckpoint(module, /*seed=*/0, random));
  }

  /// The time of each step of a program made with these choices.
  bool measure(const Choices &choices, StepTimes &times) {
    mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
    setChoices(*copy, choices);
    CompileOptions options;
    options.pipeline.target = cpu;
    if (!lean.apply(options.pipeline))
      return false;
    options.emit = EmitKind::plugin;
    options.weights = checkpoint;
    options.output = workshop.file("program" + llvm::Twine(programs++) + ".so");
    if (mlir::failed(compile(*copy, options)))
      return false;
    Program program;
    if (!program.open(options.output, "latheModel",
                      getWeightsPath(options.output), threads))
      return false;
    LatheHooks hooks = times.getHooks();
    program.setHooks(&hooks);
    for (uint32_t entry = 0; entry < program.info().entryCount; ++entry)
      if (!measureEntry(program, entry, times))
        return false;
    return true;
  }

  bool measureEntry(Program &program, uint32_t entry, StepTimes &times) {
    std::vector<int64_t> wanted;
    const LatheModelInfo &info = program.info();
    for (const LatheDimInfo &dim : llvm::ArrayRef(info.dims, info.dimCount))
      wanted.push_back(sizes.lookup(dim.name));
    std::vector<Tensor> inputs = makeSample(info, entry, wanted, /*seed=*/0);
    std::vector<Tensor> outputs;
    if (!program.prepare(entry, inputs, outputs))
      return false;
    constexpr unsigned fewestRuns = 3;
    auto end = Clock::now() + std::chrono::duration<double>(seconds);
    for (unsigned runs = 0; runs < fewestRuns || Clock::now() < end; ++runs) {
      if (!program.runPrepared(entry, inputs, outputs))
        return false;
      times.endRun();
    }
    times.endEntry();
    return true;
  }

  bool tryCandidate(const StepTimes &byDefault, const StepChoice &candidate) {
    Choices choices;
    for (const std::string &step : byDefault.getSteps())
      choices[step] = candidate;
    StepTimes times;
    if (!measure(choices, times))
      return false;
    for (const auto &[step, choice] : choices) {
      double ms = times.of(step);
      // Nothing is left of a step that another one does as well.
      if (ms == 0)
        continue;
      auto [place, isNew] = best.try_emplace(step, Found{choice, ms});
      if (!isNew && ms < place->second.ms)
        place->second = {choice, ms};
    }
    return true;
  }

  /// Keeps what was so much faster that it was not chance.
  void choose(const StepTimes &byDefault) {
    constexpr double clearly = 0.95, leastMs = 5e-3;
    for (const auto &[step, found] : best) {
      double before = byDefault.of(step);
      if (found.ms < clearly * before && before - found.ms > leastMs)
        chosen[step] = found.choice;
    }
  }

  /// Measures all choices together, and writes them if the whole is faster.
  bool report(const StepTimes &byDefault) {
    for (const auto &[step, choice] : chosen)
      llvm::outs() << llvm::format("%9.3f ms  %9.3f ms  ", byDefault.of(step),
                                   best[step].ms)
                   << describe(choice) << "  " << step << "\n";
    double before = byDefault.total(), after = before;
    if (!chosen.empty()) {
      StepTimes together;
      if (!measure(chosen, together))
        return false;
      after = together.total();
    }
    llvm::outs() << llvm::format("%.3f ms before, %.3f ms with ", before, after)
                 << chosen.size() << " choices\n";
    if (after >= before && !chosen.empty()) {
      llvm::outs() << "the choices together are no faster: none is kept\n";
      chosen.clear();
    }
    return write();
  }

  static std::string describe(const StepChoice &choice) {
    if (choice.vectors)
      return "vectors: " + std::to_string(*choice.vectors);
    return "winograd: " + std::to_string(*choice.winograd);
  }

  /// What the file says of other processors stays. That it cannot be written is
  /// said before all is measured.
  bool readFile() {
    path = output.empty() ? getTunedPath(spec.path) : output.getValue();
    return canWriteTuned(path) && readTuned(path, *module.getContext(), file);
  }

  bool write() {
    file[cpu.cpu] = chosen;
    if (!writeTuned(path, file))
      return false;
    llvm::outs() << "wrote " << path << "\n";
    return true;
  }

  mlir::ModuleOp module;
  CpuTarget cpu;
  std::string path;
  TunedFile file;
  DimSizes sizes;
  Workshop workshop;
  std::vector<CheckpointFile> checkpoint;
  unsigned programs = 0;
  std::map<std::string, Found> best;
  Choices chosen;
};
} // namespace

static int runTune() {
  std::optional<CpuTarget> cpu = target.resolve();
  if (!cpu)
    return 1;
  if (!target.triple.empty())
    return fail(
        "'lathe tune' measures code for this machine's processor: leave "
        "--target out");
  if (!(seconds > 0))
    return fail("--seconds wants a time, such as 0.5");
  Session session;
  if (!session.load(spec))
    return 1;
  return Tuner(session, *cpu).run();
}

static Command command(parser, runTune, R"(
Examples:
  lathe tune specs/resnet/resnet50.yaml
  lathe tune specs/geb/geb-1.3b.yaml --set layers=2 --dim tokens=128 --threads 2
)");
