//===- Main.cpp - The main function of compiled programs
//--------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/File.h"
#include "runtime/SampleInputs.h"
#include "runtime/Types.h"
#include "runtime/abi.h"
#include "runtime/main/Bench.h"
#include "runtime/main/CommandLine.h"
#include "runtime/main/DeviceChoice.h"
#include "runtime/main/DeviceTensors.h"
#include "runtime/main/HostTensor.h"
#include "runtime/main/Info.h"
#include "runtime/main/Report.h"
#include "runtime/main/TextSupport.h"
#include <algorithm>

using namespace lathe::runtime;

/// The model, from the object file that the compiler wrote.
extern "C" const LatheModelBinary latheModel;

namespace {

struct Deleter {
  void operator()(LatheModel *model) const { latheModelClose(model); }
  void operator()(LatheInstance *it) const { latheInstanceDestroy(it); }
  void operator()(LatheTrace *trace) const { latheTraceDestroy(trace); }
};

/// One run of the program: its calls, one after another, by one instance.
class Program {
public:
  Program(std::string name) : name(std::move(name)) {}
  /// Returns the exit status: 0, 1 for a failure, 2 for wrong usage.
  int run(std::span<const char *const> given);

private:
  int checkOutput() const;
  Status execute();
  Status runCall(const Call &next);
  Status prepare(const Call &next);
  std::vector<HostTensor> wantedOutputs() const;
  /// Without any output named, all are printed.
  bool isWanted(const LatheTensorInfo &output) const {
    return current->outputs.empty() || options.json ||
           current->outputs.contains(output.name);
  }
  /// Null for an input that is no image.
  const ImageRole *imageRoleOf(const LatheTensorInfo &input) const {
    const auto &known = roles[current->entry].images;
    auto found = known.find(input.name);
    return found == known.end() ? nullptr : &found->second;
  }
  Status loadOnce();
  Status finish(bool isLast);
  Status readInputs();
  Status report(bool isLast) const;
  Status makeOutputs();
  Status createInstance();
  Status measure();
  Status profile();
  Result<HostTensor> fileInput(const LatheTensorInfo &tensor,
                               const std::string &text);
  Result<HostTensor> linkedInput(const LatheTensorInfo &tensor,
                                 std::string_view output) const;
  Result<HostTensor> randomInput(const LatheTensorInfo &tensor,
                                 uint64_t seed) const;

  int fail(const Status &status, int exitStatus) const {
    fprintf(stderr, "%s: error: %s\n", name.c_str(), status.message().c_str());
    return exitStatus;
  }
  /// Calls a function of the C interface.
  template <typename... Parameters, typename... Arguments>
  static Status call(LatheCode (*function)(Parameters...),
                     Arguments... arguments) {
    LatheStatus status;
    if (function(arguments..., &status))
      return {status.code, status.message};
    return {};
  }
  Status runOnce() {
    return call(latheInstanceRun, instance.get(), current->entry,
                inputViews.data(), inputViews.size(), outputViews.data(),
                outputViews.size());
  }

  std::string name;
  Options options;
  std::unique_ptr<LatheModel, Deleter> model;
  std::unique_ptr<LatheInstance, Deleter> instance;
  const LatheModelInfo *info = nullptr;
  std::vector<EntryRoles> roles; ///< Of each entry.
  const Call *current = nullptr;
  const LatheEntryInfo *entry = nullptr; ///< The call's.
  std::vector<HostTensor> inputs, outputs;
  std::map<std::string, std::vector<PlacedImage>> images; ///< Of the inputs.
  std::vector<HostTensor> previous; ///< The outputs of the run before.
  const LatheEntryInfo *previousEntry = nullptr;
  std::vector<LatheTensor> inputViews, outputViews;
};

int Program::run(std::span<const char *const> given) {
  auto choice = DeviceChoice::parse(given);
  if (!choice)
    return fail(choice.status(), 2);
  LatheModel *opened = nullptr;
  Status status = openChosen(latheModel, *choice, name.c_str(), opened);
  if (status.failed())
    return fail(status, status.code() == LATHE_BAD_ARGUMENT ? 2 : 1);
  model.reset(opened);
  std::span<const char *const> arguments = choice->arguments;
  info = latheModelInfo(opened);
  const TextSupport *text = &latheTextSupport;
  if (text && text->isAsked(arguments)) {
    int exitStatus = 0;
    status = text->run(opened, latheModel, arguments, exitStatus);
    return status.failed() ? fail(status, exitStatus) : checkOutput();
  }
  auto read = readRoles(*info);
  if (!read)
    return fail(read.status(), 1);
  roles = std::move(*read);
  Result<Options> parsed = parseCommandLine(*info, roles, arguments);
  if (!parsed)
    return fail(parsed.status(), 2);
  options = std::move(*parsed);
  current = &options.calls.front();
  entry = &info->entries[current->entry];
  switch (options.action) {
  case Options::Help:
    fputs(helpText(*info, *entry, roles[current->entry], name).c_str(), stdout);
    if (text)
      text->printHelp(name.c_str(), stdout);
    break;
  case Options::Info:
    printInfo(*info, roles, stdout);
    break;
  case Options::InfoAsJson:
    puts(info->json);
    break;
  case Options::Run:
  case Options::CheckWeights:
    if (Status status = execute(); status.failed())
      return fail(status, 1);
  }
  return checkOutput();
}

/// What was printed may not have arrived, for example on a full disk.
int Program::checkOutput() const {
  if (fflush(stdout) || ferror(stdout))
    return fail({LATHE_IO_ERROR, "cannot write to the standard output"}, 1);
  return 0;
}

Status Program::execute() {
  const char *path =
      options.weights.empty() ? nullptr : options.weights.c_str();
  if (options.action == Options::CheckWeights) {
    Status status = call(latheModelLoadWeights, model.get(), path);
    if (!status.failed())
      status = call(latheModelCheckWeights, model.get());
    if (!status.failed())
      printf("the weights of '%s' are intact\n", info->name);
    return status;
  }
  for (const Call &next : options.calls)
    if (Status status = runCall(next); status.failed())
      return status;
  return {};
}

/// Runs a call as often as it says, each run with what the run before gave.
Status Program::runCall(const Call &next) {
  bool isLast = &next == &options.calls.back();
  std::vector<std::vector<HostTensor>> results;
  for (uint32_t i = 0; i < next.repeat; ++i) {
    if (Status status = prepare(next); status.failed())
      return status;
    // Mistakes in the first call are found before anything big is read.
    if (Status status = loadOnce(); status.failed())
      return status;
    if (Status status = finish(isLast); status.failed())
      return status;
    previous = outputs;
    previousEntry = entry;
    if (next.repeat > 1)
      results.push_back(wantedOutputs());
  }
  for (size_t i = 0; i < outputs.size() && next.repeat > 1; ++i) {
    if (!isWanted(entry->outputs[i]))
      continue;
    Result<HostTensor> stacked = stack(entry->outputs[i], results, i);
    if (!stacked)
      return stacked.status();
    outputs[i] = std::move(*stacked);
  }
  if (Status status = writeOutputs(next.outputs, outputsOf(*entry), outputs);
      status.failed())
    return status;
  return report(isLast);
}

/// Prints what was not written to files.
Status Program::report(bool isLast) const {
  if (isLast && options.benchSeconds)
    return {};
  Report report = {*info,   *entry, roles[current->entry],
                   outputs, images, current->outputs};
  if (!isLast || !options.json) {
    if (current->outputs.empty())
      fputs(report.text().c_str(), stdout);
    return {};
  }
  std::string text = report.json();
  if (options.json->empty()) {
    fputs(text.c_str(), stdout);
    return {};
  }
  auto file = OutputFile::create(*options.json);
  if (!file)
    return file.status();
  Status status = file->write(text.data(), text.size());
  return status.failed() ? status : file->commit();
}

/// The outputs of this run that will be handed over, and nothing in place of
/// the others: all the logits of a long text would fill the memory.
std::vector<HostTensor> Program::wantedOutputs() const {
  std::vector<HostTensor> wanted(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    if (isWanted(entry->outputs[i]))
      wanted[i] = outputs[i];
  return wanted;
}

/// Loads the weights and makes the instance that all calls share.
Status Program::loadOnce() {
  if (instance)
    return {};
  const char *path =
      options.weights.empty() ? nullptr : options.weights.c_str();
  Status status = call(latheModelLoadWeights, model.get(), path);
  return status.failed() ? status : createInstance();
}

/// Reads the inputs of a call and makes room for its outputs. Only now, since
/// an input may be a file that an earlier call writes.
Status Program::prepare(const Call &next) {
  current = &next;
  entry = &info->entries[next.entry];
  inputs.clear();
  images.clear();
  outputs.clear();
  inputViews.clear();
  outputViews.clear();
  Status status = readInputs();
  return status.failed() ? status : makeOutputs();
}

/// Runs the call once, or measures it if it is the last one.
Status Program::finish(bool isLast) {
  bool measures = isLast && options.benchSeconds;
  bool profiles = isLast && !options.profile.empty();
  Status status = measures ? measure() : profiles ? Status() : runOnce();
  return status.failed() || !profiles ? status : profile();
}

Status Program::readInputs() {
  bool mayMakeUp = options.benchSeconds || !options.profile.empty();
  for (const LatheTensorInfo &tensor : inputsOf(*entry)) {
    auto file = current->inputs.find(tensor.name);
    if (file == current->inputs.end() && !mayMakeUp)
      return {LATHE_BAD_ARGUMENT,
              concat("no file is given for the input ", quote(tensor.name),
                     ", ", typeText(tensor), "; add '--", tensor.name, " FILE",
                     imageRoleOf(tensor) ? ".png" : ".npy",
                     "', or see --help")};
    Result<HostTensor> input =
        file == current->inputs.end() ? randomInput(tensor, inputs.size())
        : file->second.starts_with("@")
            ? linkedInput(tensor, std::string_view(file->second).substr(1))
            : fileInput(tensor, file->second);
    if (!input)
      return input.status();
    inputs.push_back(std::move(*input));
  }
  for (const HostTensor &input : inputs)
    inputViews.push_back(input.view());
  return {};
}

/// An input from files: of images where it is made of these, else of an array.
Result<HostTensor> Program::fileInput(const LatheTensorInfo &tensor,
                                      const std::string &text) {
  const ImageRole *role = imageRoleOf(tensor);
  if (!role || isNumbers(text))
    return HostTensor::read(text, tensor);
  std::vector<std::string> files = splitFiles(text);
  if (!areImages(files))
    return HostTensor::read(text, tensor);
  if (!readImages)
    return Status(LATHE_BAD_MODEL, "this program was linked without what reads "
                                   "images; compile the model again");
  auto batch = readImages(files, tensor, *role);
  if (!batch)
    return batch.status();
  images[tensor.name] = std::move(batch->images);
  return std::move(batch->tensor);
}

/// An output of the run before as an input.
Result<HostTensor> Program::linkedInput(const LatheTensorInfo &tensor,
                                        std::string_view output) const {
  for (uint32_t i = 0; i < previousEntry->outputCount; ++i) {
    const LatheTensorInfo &from = previousEntry->outputs[i];
    if (from.name != output)
      continue;
    if (from.type != tensor.type || from.rank != tensor.rank)
      return Status(LATHE_BAD_SHAPE,
                    concat(quote(concat("@", output)), " is ", typeText(from),
                           ", but ", quote(tensor.name), " is ",
                           typeText(tensor)));
    return previous[i];
  }
  return Status(LATHE_BAD_ARGUMENT,
                concat("the run before gave no output ", quote(output)));
}

/// An input made up for measurements: each dim has the size that '--dim' gives
/// it, or its least.
Result<HostTensor> Program::randomInput(const LatheTensorInfo &tensor,
                                        uint64_t seed) const {
  std::vector<int64_t> wanted;
  for (const LatheDimInfo &dim : std::span(info->dims, info->dimCount)) {
    auto chosen = options.dims.find(dim.name);
    wanted.push_back(chosen == options.dims.end() ? dim.min : chosen->second);
  }
  std::vector<int64_t> dims = nearestDims(*info, wanted);
  HostTensor input =
      HostTensor::allocate(tensor.type, sampleShape(*info, tensor, dims));
  fillSample(*info, tensor, dims, input.view(), seed);
  return input;
}

Status Program::makeOutputs() {
  for (uint32_t i = 0; i < entry->outputCount; ++i) {
    const LatheTensorInfo &tensor = entry->outputs[i];
    std::vector<int64_t> shape(tensor.rank);
    if (Status status =
            call(latheModelOutputShape, model.get(), current->entry,
                 inputViews.data(), inputViews.size(), i, shape.data());
        status.failed())
      return status;
    outputs.push_back(HostTensor::allocate(tensor.type, std::move(shape)));
  }
  for (const HostTensor &output : outputs)
    outputViews.push_back(output.view());
  return {};
}

Status Program::createInstance() {
  LatheInstanceOptions settings = {options.threads, nullptr, nullptr};
  LatheInstance *created = nullptr;
  Status status = call(latheInstanceCreate, model.get(), &settings, &created);
  instance.reset(created);
  return status;
}

/// Tensors of a model on a device are there, as those of its callers would be.
Status Program::measure() {
  DeviceTensors placed(instance.get());
  if (Status status =
          placed.move(*model, current->entry, inputViews, outputViews);
      status.failed())
    return status;
  auto result = bench(instance.get(), *info, current->entry, inputViews,
                      outputViews, *options.benchSeconds);
  if (!result)
    return result.status();
  printBench(*result, stdout);
  return {};
}

/// Records one run after another that warms the caches.
Status Program::profile() {
  if (Status status = runOnce(); status.failed())
    return status;
  LatheTrace *created = nullptr;
  constexpr size_t capacity = 1 << 20;
  if (Status status = call(latheTraceCreate, model.get(), capacity, &created);
      status.failed())
    return status;
  std::unique_ptr<LatheTrace, Deleter> trace(created);
  LatheHooks hooks = latheTraceHooks(created);
  latheInstanceSetHooks(instance.get(), &hooks);
  Status status = runOnce();
  latheInstanceSetHooks(instance.get(), nullptr);
  if (!status.failed())
    status = call(latheTraceWrite, created, options.profile.c_str());
  if (!status.failed())
    latheTracePrint(created, stderr);
  return status;
}

} // namespace

int main(int count, char **values) {
  std::string_view path = count > 0 ? values[0] : "program";
  Program program(std::string(path.substr(path.rfind('/') + 1)));
  try {
    return program.run(
        {values + 1, static_cast<size_t>(std::max(count, 1) - 1)});
  } catch (const std::bad_alloc &) {
    fprintf(stderr, "error: out of memory\n");
    return 1;
  }
}
