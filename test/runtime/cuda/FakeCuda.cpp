//===- FakeCuda.cpp - A CUDA driver that tests look into ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs find it by LD_LIBRARY_PATH, too. With LATHE_FAKE_CUDA_LOG=FILE in
// the environment it then writes there what is alive at the end, and mistakes.
//
//===----------------------------------------------------------------------===//

#include "FakeCuda.h"
#include "PtxMachine.h"
#include "runtime/device/CudaApi.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

using namespace lathe::runtime;

namespace {

enum {
  success = 0,
  invalidValue = 1,
  notFound = 500,
  noBinary = 209,
  illegalInstruction = 715
};

struct State {
  FakeCuda seen;
  std::map<uint64_t, size_t> memory; ///< Of the device: address and size.
  std::map<uint64_t, size_t> hostMemory;
  std::set<const void *> objects; ///< Modules, streams, graphs.
  int contexts = 0;               ///< How often a context was pushed.
  int sticky = success;
  bool retained = false;
  double clock = 0; ///< The device's, in milliseconds.
};

/// Whatever a stream does when it is reached.
using Action = std::function<int()>;

struct Stream {
  bool capturing = false;
  std::vector<Action> captured;
};
struct Event {
  std::optional<double> time; ///< When it was reached.
};
struct Graph {
  std::vector<Action> actions;
};
struct Module {
  std::map<std::string, ptx::Function> functions;
};

std::unique_ptr<State> state;

CudaContext contextOf(State &of) { return reinterpret_cast<CudaContext>(&of); }

State &get() {
  if (!state) {
    state = std::make_unique<State>();
    if (const char *capability = std::getenv("LATHE_FAKE_CUDA_CAPABILITY"))
      state->seen.capability = std::atoi(capability);
    std::atexit([] {
      if (const char *path = std::getenv("LATHE_FAKE_CUDA_LOG"))
        state->seen.writeLog(path);
    });
  }
  return *state;
}

int mistake(const std::string &what) {
  get().seen.mistakes.push_back(what);
  return invalidValue;
}

/// Counts a call; what it returns if it is to fail.
int enter(bool needsContext = true) {
  State &now = get();
  if (needsContext && now.contexts == 0)
    mistake("a call without a context");
  int call = now.seen.calls++;
  if (now.sticky != success)
    return now.sticky;
  if (call != now.seen.failAt)
    return success;
  if (now.seen.failWith >= 700)
    now.sticky = now.seen.failWith;
  return now.seen.failWith;
}

template <typename T> T *make(const char *kind) {
  auto *object = new T();
  get().objects.insert(object);
  ++get().seen.alive[kind];
  return object;
}

template <typename T> int destroy(T *object, const char *kind) {
  if (!get().objects.erase(object))
    return mistake(std::string("destroys no ") + kind);
  --get().seen.alive[kind];
  delete object;
  return success;
}

/// Whether [address, address + size) is within an allocation.
bool holds(const std::map<uint64_t, size_t> &memory, uint64_t address,
           size_t size) {
  auto next = memory.upper_bound(address);
  if (next == memory.begin())
    return false;
  auto [begin, length] = *std::prev(next);
  return address + size <= begin + length;
}

/// The parameters that are pointers; words follow.
size_t countPointers(const ptx::Function &function) {
  const std::vector<unsigned> &bytes = function.parameterBytes;
  auto isWord = [](unsigned size) { return size == 4; };
  auto word = std::find_if(bytes.begin(), bytes.end(), isWord);
  if (!std::all_of(word, bytes.end(), isWord))
    mistake("a pointer behind words");
  return static_cast<size_t>(word - bytes.begin());
}

/// Runs a kernel on memory of the device's and on reports.
void runKernel(const ptx::Function &function, const FakeCuda::Launch &launch) {
  std::vector<uint64_t> parameters = launch.addresses;
  for (int32_t scalar : launch.scalars)
    parameters.push_back(static_cast<uint32_t>(scalar));
  ptx::run(
      function, {launch.columns, launch.rows}, {launch.threads, 1}, parameters,
      [](uint64_t address) {
        for (const auto *memory : {&get().memory, &get().hostMemory})
          if (auto next = memory->upper_bound(address);
              next != memory->begin()) {
            auto [begin, size] = *std::prev(next);
            if (address < begin + size)
              return ptx::Range{begin, begin + size};
          }
        return ptx::Range();
      },
      get().seen.mistakes, launch.sharedBytes, launch.startsEarly);
}

/// Does an action now, or when the graph that is being captured runs.
int run(CudaStream handle, Action action) {
  auto *stream = reinterpret_cast<Stream *>(handle);
  if (!get().objects.count(stream))
    return mistake("uses no stream");
  if (!stream->capturing)
    return action();
  stream->captured.push_back(std::move(action));
  return success;
}

} // namespace

extern "C" {

FakeCuda *fakeCuda() { return &get().seen; }

void fakeCudaReset() {
  get();
  for (const auto &[address, size] : state->memory)
    std::free(reinterpret_cast<void *>(address));
  for (const auto &[address, size] : state->hostMemory)
    std::free(reinterpret_cast<void *>(address));
  *state = State();
}

int cuInit(unsigned) {
  int result = enter(/*needsContext=*/false);
  return result == success && get().seen.devices == 0 ? 100 : result;
}
int cuDriverGetVersion(int *version) {
  *version = get().seen.version;
  return success;
}
int cuGetErrorName(int result, const char **name) {
  *name = result == 2     ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == 719 ? "CUDA_ERROR_LAUNCH_FAILED"
                          : "CUDA_ERROR_OF_THE_FAKE";
  return success;
}
int cuDeviceGetCount(int *count) {
  *count = get().seen.devices;
  return enter(false);
}
int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return enter(false);
}
int cuDeviceGetName(char *name, int length, int) {
  std::strncpy(name, "Fake", static_cast<size_t>(length));
  return enter(false);
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  const FakeCuda &seen = get().seen;
  *value = attribute == 1    ? seen.threads
           : attribute == 8  ? 49152
           : attribute == 75 ? seen.capability / 10
           : attribute == 76 ? seen.capability % 10
           : attribute == 97 ? seen.mostSharedBytes
                             : 0;
  return success;
}
int cuDeviceTotalMem_v2(size_t *bytes, int) {
  *bytes = size_t(1) << 30;
  return success;
}

int cuDevicePrimaryCtxRetain(CudaContext *context, int) {
  if (int result = enter(false))
    return result;
  get().retained = true;
  ++get().seen.alive["context"];
  *context = contextOf(get());
  return success;
}
int cuDevicePrimaryCtxRelease_v2(int) {
  if (!get().retained)
    return mistake("releases no context");
  if (--get().seen.alive["context"] == 0)
    get().retained = false;
  return success;
}
int cuCtxPushCurrent_v2(CudaContext context) {
  if (context != contextOf(get()) || !get().retained)
    return mistake("pushes no context");
  ++get().contexts;
  return success;
}
int cuCtxPopCurrent_v2(CudaContext *) {
  return get().contexts-- > 0 ? success : mistake("pops no context");
}

int cuModuleLoadDataEx(CudaModule *module, const void *image, unsigned, int *,
                       void **) {
  FakeCuda &seen = get().seen;
  std::string_view text = static_cast<const char *>(image);
  seen.loaded.emplace_back(text.substr(0, 8));
  if (int result = enter())
    return result;
  // Real machine code is an ELF file, whose kernels cannot be seen here.
  bool isText = text.find(".version") != text.npos;
  if (text.starts_with("\x7f"
                       "ELF") ||
      (!isText && !seen.takesMachineCode))
    return noBinary;
  if (isText && seen.ptxError)
    return seen.ptxError;
  auto *made = make<Module>("module");
  made->functions = ptx::parse(text, seen.mistakes);
  *module = reinterpret_cast<CudaModule>(made);
  return success;
}
int cuModuleUnload(CudaModule module) {
  return destroy(reinterpret_cast<Module *>(module), "module");
}
int cuModuleGetFunction(CudaFunction *function, CudaModule module,
                        const char *name) {
  if (int result = enter())
    return result;
  auto &functions = reinterpret_cast<Module *>(module)->functions;
  auto found = functions.find(name);
  if (found == functions.end())
    return notFound;
  *function = reinterpret_cast<CudaFunction>(&found->second);
  return success;
}

int cuFuncSetAttribute(CudaFunction handle, int attribute, int value) {
  if (int result = enter())
    return result;
  constexpr int maxDynamicSharedBytes = 8;
  if (attribute != maxDynamicSharedBytes || value < 0 ||
      value > get().seen.mostSharedBytes)
    return mistake("sets what a kernel has not");
  reinterpret_cast<ptx::Function *>(handle)->launchBytes =
      static_cast<unsigned>(value);
  return success;
}

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (int result = enter())
    return result;
  if (bytes == 0)
    return mistake("allocates nothing");
  void *memory = std::malloc(bytes);
  std::memset(memory, 0xff, bytes);
  *address = reinterpret_cast<uint64_t>(memory);
  get().memory[*address] = bytes;
  ++get().seen.alive["memory"];
  return success;
}
int cuMemFree_v2(uint64_t address) {
  if (!get().memory.erase(address))
    return mistake("frees no memory");
  std::free(reinterpret_cast<void *>(address));
  --get().seen.alive["memory"];
  return success;
}
int cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  if (int result = enter())
    return result;
  *memory = std::malloc(bytes);
  get().hostMemory[reinterpret_cast<uint64_t>(*memory)] = bytes;
  ++get().seen.alive["memory of the host"];
  return success;
}
int cuMemFreeHost(void *memory) {
  if (!get().hostMemory.erase(reinterpret_cast<uint64_t>(memory)))
    return mistake("frees no memory of the host");
  std::free(memory);
  --get().seen.alive["memory of the host"];
  return success;
}
int cuMemHostGetDevicePointer_v2(uint64_t *address, void *memory, unsigned) {
  if (int result = enter())
    return result;
  *address = reinterpret_cast<uint64_t>(memory);
  return holds(get().hostMemory, *address, 0)
             ? success
             : mistake("asks for memory that is not the driver's");
}

static int copy(uint64_t device, const void *host, size_t bytes) {
  if (!holds(get().memory, device, bytes))
    return mistake("copies beyond memory");
  if (!holds(get().hostMemory, reinterpret_cast<uint64_t>(host), bytes))
    return mistake("copies memory that is not pinned");
  return success;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes,
                         CudaStream stream) {
  if (int result = enter())
    return result;
  return run(stream, [=] {
    ++get().seen.uploads;
    if (int result = copy(to, from, bytes))
      return result;
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
    return int(success);
  });
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes,
                         CudaStream stream) {
  if (int result = enter())
    return result;
  return run(stream, [=] {
    ++get().seen.downloads;
    if (int result = copy(from, to, bytes))
      return result;
    std::memcpy(to, reinterpret_cast<void *>(from), bytes);
    return int(success);
  });
}
int cuMemsetD8Async(uint64_t to, unsigned char byte, size_t bytes,
                    CudaStream stream) {
  if (int result = enter())
    return result;
  return run(stream, [=] {
    if (!holds(get().memory, to, bytes))
      return mistake("fills beyond memory");
    std::memset(reinterpret_cast<void *>(to), byte, bytes);
    return int(success);
  });
}

int cuStreamCreate(CudaStream *stream, unsigned) {
  if (int result = enter())
    return result;
  *stream = reinterpret_cast<CudaStream>(make<Stream>("stream"));
  return success;
}
int cuStreamDestroy_v2(CudaStream stream) {
  return destroy(reinterpret_cast<Stream *>(stream), "stream");
}
int cuStreamSynchronize(CudaStream stream) {
  if (!get().objects.count(stream))
    return mistake("waits for no stream");
  if (reinterpret_cast<Stream *>(stream)->capturing)
    return mistake("waits while capturing");
  return enter();
}

int cuLaunchKernelEx(const CudaLaunchConfig *config, CudaFunction handle,
                     void **parameters, void **) {
  if (int result = enter())
    return result;
  const auto &function = *reinterpret_cast<ptx::Function *>(handle);
  unsigned x = config->gridX, y = config->gridY, threads = config->blockX;
  if (x == 0 || y == 0 || config->gridZ != 1 || x > INT32_MAX || y > 65535 ||
      threads == 0 || threads > 1024 || config->blockY != 1 ||
      config->blockZ != 1)
    return mistake("a grid that no device has");
  if (config->sharedBytes > function.launchBytes)
    return mistake("kernel '" + function.name + "' shares more than it may");
  FakeCuda::Launch launch{function.name,      x, y, threads, {}, {},
                          config->sharedBytes};
  for (unsigned i = 0; i < config->attributeCount; ++i) {
    int isOn = 0;
    std::memcpy(&isOn, config->attributes[i].value, sizeof(isOn));
    if (config->attributes[i].id != 6 || isOn != 1)
      return mistake("an attribute that launches have not");
    launch.startsEarly = true;
  }
  size_t pointers = countPointers(function);
  for (size_t i = 0; i < pointers; ++i) {
    launch.addresses.push_back(*static_cast<uint64_t *>(parameters[i]));
    bool last = i + 1 == pointers;
    if (!holds(last ? get().hostMemory : get().memory, launch.addresses[i], 0))
      mistake("kernel '" + function.name + "' gets no memory");
  }
  for (size_t i = pointers; i < function.parameterBytes.size(); ++i)
    launch.scalars.push_back(*static_cast<int32_t *>(parameters[i]));
  return run(config->stream, [launch, &function] {
    get().seen.launches.push_back(launch);
    get().clock += FakeCuda::launchMilliseconds;
    if (get().seen.kernel)
      get().seen.kernel(launch);
    else
      runKernel(function, launch);
    return get().seen.mistakes.empty() ? int(success) : int(illegalInstruction);
  });
}

int cuLaunchKernel(CudaFunction handle, unsigned x, unsigned y, unsigned z,
                   unsigned threadsX, unsigned threadsY, unsigned threadsZ,
                   unsigned sharedBytes, CudaStream stream, void **parameters,
                   void **extra) {
  CudaLaunchConfig config = {x,        y,           z,      threadsX, threadsY,
                             threadsZ, sharedBytes, stream, nullptr,  0};
  return cuLaunchKernelEx(&config, handle, parameters, extra);
}

int cuEventCreate(CudaEvent *event, unsigned) {
  if (int result = enter())
    return result;
  *event = reinterpret_cast<CudaEvent>(make<Event>("event"));
  return success;
}
int cuEventDestroy_v2(CudaEvent event) {
  return destroy(reinterpret_cast<Event *>(event), "event");
}
int cuEventRecord(CudaEvent event, CudaStream stream) {
  if (int result = enter())
    return result;
  if (!get().objects.count(event))
    return mistake("records no event");
  return run(stream, [=] {
    reinterpret_cast<Event *>(event)->time = get().clock;
    return int(success);
  });
}
int cuEventElapsedTime(float *milliseconds, CudaEvent begin, CudaEvent end) {
  if (int result = enter())
    return result;
  auto *from = reinterpret_cast<Event *>(begin);
  auto *to = reinterpret_cast<Event *>(end);
  if (!get().objects.count(begin) || !get().objects.count(end) || !from->time ||
      !to->time)
    return mistake("takes the time between no events");
  *milliseconds = static_cast<float>(*to->time - *from->time);
  return success;
}

int cuStreamBeginCapture_v2(CudaStream stream, int) {
  if (int result = enter())
    return result;
  reinterpret_cast<Stream *>(stream)->capturing = true;
  return success;
}
int cuStreamEndCapture(CudaStream handle, CudaGraph *graph) {
  auto *stream = reinterpret_cast<Stream *>(handle);
  if (!stream->capturing)
    return mistake("ends no capture");
  stream->capturing = false;
  std::vector<Action> captured = std::exchange(stream->captured, {});
  if (int result = enter())
    return result;
  auto *made = make<Graph>("graph");
  made->actions = std::move(captured);
  *graph = reinterpret_cast<CudaGraph>(made);
  return success;
}
int cuGraphInstantiateWithFlags(CudaGraphExec *made, CudaGraph graph,
                                unsigned long long) {
  if (int result = enter())
    return result;
  ++get().seen.graphs;
  auto *copy = make<Graph>("executable graph");
  copy->actions = reinterpret_cast<Graph *>(graph)->actions;
  *made = reinterpret_cast<CudaGraphExec>(copy);
  return success;
}
int cuGraphLaunch(CudaGraphExec graph, CudaStream stream) {
  if (int result = enter())
    return result;
  if (!get().objects.count(graph))
    return mistake("launches no graph");
  ++get().seen.graphLaunches;
  for (const Action &action : reinterpret_cast<Graph *>(graph)->actions)
    if (int result = run(stream, action))
      return result;
  return success;
}
int cuGraphDestroy(CudaGraph graph) {
  return destroy(reinterpret_cast<Graph *>(graph), "graph");
}
int cuGraphExecDestroy(CudaGraphExec graph) {
  return destroy(reinterpret_cast<Graph *>(graph), "executable graph");
}

} // extern "C"
