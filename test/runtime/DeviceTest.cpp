//===- DeviceTest.cpp - Models whose kernels run on a device --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device is a fake: its memory is the host's, unless a test hides it, its
// one kernel doubles numbers, and it fails as each test says.
//
//===----------------------------------------------------------------------===//

#include "runtime/Device.h"
#include "ModelFixture.h"
#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

using namespace lathe::runtime;

namespace {

/// What the fake device does and has seen.
struct {
  Status openStatus, allocateStatus, waitStatus;
  std::vector<DeviceReport> reports;
  std::vector<std::string> allocated;
  /// Copies of the host's bytes that a queue got, by their addresses.
  std::map<const void *, std::string> copies;
  size_t mostBytes = 1 << 20;
  int opened = 0, waits = 0;
  bool hasTimers = false, measures = false;
  std::vector<DeviceTime> times;
  bool hidden = false;                 ///< Memory is not the host's, too.
  size_t uploaded = 0, downloaded = 0; ///< In bytes.
} fake;

class FakeMemory : public DeviceMemory {
public:
  explicit FakeMemory(size_t size) : contents(size, 0xff) {
    bytes = fake.hidden ? nullptr : contents.data();
    length = size;
  }

  std::vector<unsigned char> contents;
};

/// Does all at once but for downloads, which arrive when somebody waits.
class FakeQueue : public DeviceQueue {
public:
  void attach(unsigned slot, const DeviceMemory &memory, const void *address,
              size_t size) override {
    auto *contents =
        const_cast<FakeMemory &>(static_cast<const FakeMemory &>(memory))
            .contents.data();
    EXPECT_LE(size, memory.size());
    names[slot] = {static_cast<const unsigned char *>(address), size, contents};
    if (address != memory.data())
      fake.copies[address].assign(contents, contents + size);
  }
  void launch(int64_t, int64_t, int64_t count, const LatheDeviceBuffer *buffers,
              const int32_t *) override {
    auto *in = reinterpret_cast<float *>(find(buffers[0].address));
    auto *out = reinterpret_cast<float *>(find(buffers[1].address));
    for (int64_t i = 0; i < count; ++i)
      out[i] = 2 * in[i];
  }
  void upload(const void *to, const void *from, size_t size) override {
    if (!fake.hidden)
      return;
    fake.uploaded += size;
    std::memcpy(find(to), from, size);
  }
  void download(void *to, const void *from, size_t size) override {
    if (!fake.hidden)
      return;
    fake.downloaded += size;
    auto *bytes = find(from);
    arrivals.push_back({to, {bytes, bytes + size}});
  }
  Status wait(std::vector<DeviceReport> &reports) override {
    ++fake.waits;
    for (auto &[to, bytes] : std::exchange(arrivals, {}))
      std::memcpy(to, bytes.data(), bytes.size());
    reports = std::exchange(fake.reports, {});
    return std::exchange(fake.waitStatus, Status());
  }

  bool measure(bool on) override {
    return fake.measures = on && fake.hasTimers;
  }
  void takeTimes(std::vector<DeviceTime> &times) override {
    times = std::exchange(fake.times, {});
  }

private:
  struct Name {
    const unsigned char *address;
    size_t size;
    unsigned char *contents;
  };
  unsigned char *find(const void *address) const {
    auto *wanted = static_cast<const unsigned char *>(address);
    for (const auto &[slot, name] : names)
      if (wanted >= name.address && wanted < name.address + name.size)
        return name.contents + (wanted - name.address);
    ADD_FAILURE() << "memory without a name";
    return nullptr;
  }
  std::map<unsigned, Name> names;
  std::vector<std::pair<void *, std::vector<unsigned char>>> arrivals;
};

class FakeDevice : public Device {
public:
  size_t mostBytes() const override { return fake.mostBytes; }
  Result<std::unique_ptr<DeviceMemory>>
  allocate(size_t size, std::string_view purpose) override {
    fake.allocated.emplace_back(purpose);
    if (fake.allocateStatus.failed())
      return fake.allocateStatus;
    return std::unique_ptr<DeviceMemory>(std::make_unique<FakeMemory>(size));
  }
  Status write(DeviceMemory &memory, const void *from, size_t size) override {
    std::memcpy(static_cast<FakeMemory &>(memory).contents.data(), from, size);
    return {};
  }
  Status clear(DeviceMemory &memory) override {
    auto &contents = static_cast<FakeMemory &>(memory).contents;
    std::fill(contents.begin(), contents.end(), 0);
    return {};
  }
  Result<std::unique_ptr<DeviceQueue>> createQueue() override {
    return std::unique_ptr<DeviceQueue>(std::make_unique<FakeQueue>());
  }
};

Result<std::unique_ptr<Device>> openFake(const LatheDeviceCode &) {
  ++fake.opened;
  if (fake.openStatus.failed())
    return fake.openStatus;
  return std::unique_ptr<Device>(std::make_unique<FakeDevice>());
}

const LatheDeviceDriver driver = {openFake};
const char constants[] = "constants";
const LatheDeviceCode code = {&driver,           nullptr, 0, constants,
                              sizeof(constants), nullptr, 0};

/// The fake model, whose code finds its tensors in the device's memory.
class OnDevice : public Model {
protected:
  void SetUp() override {
    fake = {};
    binary = latheModel;
    binary.device = &code;
    weights = folder / "fake.weights";
    writeFakeWeights(weights);
    ASSERT_EQ(latheModelOpen(&binary, &model, &status), LATHE_OK);
    load();
  }
  LatheCode createFails() {
    LatheInstance *instance = nullptr;
    return latheInstanceCreate(model, nullptr, &instance, &status);
  }

  LatheModelBinary binary = {};
};

TEST_F(OnDevice, CopiesInputsAndOutputs) {
  LatheInstance *instance = create();
  for (int64_t batch : {7, 1, 2}) {
    ASSERT_EQ(runMain(instance, batch), LATHE_OK) << status.message;
    for (size_t i = 0; i < y.size(); ++i) {
      auto column = static_cast<float>(i % 4);
      ASSERT_EQ(y[i], static_cast<float>(i) * (column + 1) + 10 * (column + 1));
    }
  }
  EXPECT_EQ(fake.waits, 3);
}

TEST_F(OnDevice, AllocatesNothingWithinTheSizesOfBefore) {
  LatheInstance *instance = create();
  ASSERT_EQ(runMain(instance, 7), LATHE_OK);
  size_t before = fake.allocated.size();
  ASSERT_EQ(runMain(instance, 7), LATHE_OK);
  ASSERT_EQ(runMain(instance, 2), LATHE_OK);
  EXPECT_EQ(fake.allocated.size(), before);
  ASSERT_EQ(runMain(instance, 256), LATHE_OK);
  ASSERT_EQ(fake.allocated.size(), before + 2) << "an input and an output";
  EXPECT_EQ(fake.allocated.back(), "inputs and outputs");
}

TEST_F(OnDevice, SharesDeviceAndWeights) {
  create();
  create();
  EXPECT_EQ(fake.opened, 1);
  EXPECT_EQ(std::count(fake.allocated.begin(), fake.allocated.end(), "weights"),
            1);
  EXPECT_EQ(std::count(fake.allocated.begin(), fake.allocated.end(), "state"),
            2);
}

TEST_F(OnDevice, CopiesWeightsInPartsOfWholeTensors) {
  // 16 bytes of scale, 48 that fill a gap, and 16 of bias.
  fake.mostBytes = 64;
  create();
  float scale[] = {1, 2, 3, 4}, bias[] = {10, 20, 30, 40};
  std::vector<std::string> parts;
  for (const auto &[address, bytes] : fake.copies)
    if (address != constants)
      parts.push_back(bytes);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].size(), 64u);
  EXPECT_EQ(std::memcmp(parts[0].data(), scale, sizeof(scale)), 0);
  EXPECT_EQ(parts[1], std::string(reinterpret_cast<char *>(bias), 16));
  EXPECT_EQ(fake.copies[constants], std::string(constants, sizeof(constants)));
}

TEST_F(OnDevice, SaysWhyThereIsNoDevice) {
  fake.openStatus = {LATHE_DEVICE_ERROR, "no device"};
  EXPECT_EQ(createFails(), LATHE_DEVICE_ERROR);
  EXPECT_STREQ(status.message, "no device");
  // It may be there the next time.
  fake.openStatus = {};
  fake.allocateStatus = {LATHE_OUT_OF_MEMORY, "too large"};
  EXPECT_EQ(createFails(), LATHE_OUT_OF_MEMORY);
  EXPECT_STREQ(status.message, "too large");
  fake.allocateStatus = {};
  ASSERT_EQ(runMain(create(), 2), LATHE_OK) << status.message;
}

TEST_F(OnDevice, ReturnsErrorsOfLaunches) {
  LatheInstance *instance = create();
  fake.waitStatus = {LATHE_DEVICE_ERROR, "lost"};
  EXPECT_EQ(runMain(instance, 2), LATHE_DEVICE_ERROR);
  EXPECT_STREQ(status.message, "lost");
  EXPECT_EQ(y, std::vector<float>(8, 0)) << "outputs of a failed run";
  EXPECT_EQ(runMain(instance, 2), LATHE_OK) << status.message;
}

TEST_F(OnDevice, NamesTheOpThatReports) {
  LatheInstance *instance = create();
  fake.reports = {{1, -5, 4}, {0, 9, 3}};
  EXPECT_EQ(runMain(instance, 2), LATHE_BAD_INDEX);
  EXPECT_STREQ(status.message, "'bias' (add) met the index -5, wanted 0 to 3");
  EXPECT_EQ(runMain(instance, 2), LATHE_OK) << status.message;
}

TEST_F(OnDevice, WaitsBeforeAnEventEnds) {
  int ended = 0;
  LatheHooks hooks = {};
  hooks.user = &ended;
  hooks.end = [](void *user, const LatheEventInfo *, const int64_t *) {
    EXPECT_EQ(fake.waits, ++*static_cast<int *>(user));
  };
  LatheInstance *instance = create();
  latheInstanceSetHooks(instance, &hooks);
  ASSERT_EQ(runMain(instance, 2), LATHE_OK);
  EXPECT_EQ(ended, 2);
}

/// What hooks are told of, in order.
struct Heard {
  std::string text;
  static LatheHooks hooks(Heard *heard) {
    LatheHooks hooks = {};
    hooks.user = heard;
    hooks.end = [](void *user, const LatheEventInfo *event, const int64_t *) {
      static_cast<Heard *>(user)->text += std::string(event->name) + " ended; ";
    };
    hooks.device = [](void *user, const LatheEventInfo *event,
                      const int64_t *dims, int64_t begin, int64_t end) {
      static_cast<Heard *>(user)->text +=
          std::string(event->name) + " " + std::to_string(begin) + "-" +
          std::to_string(end) + " of " + std::to_string(dims[0]) + "; ";
    };
    return hooks;
  }
};

TEST_F(OnDevice, HandsOverTheTimesOfTimers) {
  Heard heard;
  LatheHooks hooks = Heard::hooks(&heard);
  LatheInstance *instance = create();
  fake.hasTimers = true;
  latheInstanceSetHooks(instance, &hooks);
  // The event of -1 is that of launches outside of all.
  fake.times = {{0, 100, 120}, {-1, 120, 121}, {1, 121, 150}};
  ASSERT_EQ(runMain(instance, 2), LATHE_OK);
  EXPECT_EQ(heard.text, "scale ended; bias ended; scale 100-120 of 2; "
                        "bias 121-150 of 2; ");
  EXPECT_EQ(fake.waits, 1) << "none for events";
  latheInstanceSetHooks(instance, nullptr);
  EXPECT_FALSE(fake.measures);
}

TEST_F(OnDevice, WaitsForEventsWithoutTimers) {
  Heard heard;
  LatheHooks hooks = Heard::hooks(&heard);
  LatheInstance *instance = create();
  latheInstanceSetHooks(instance, &hooks);
  ASSERT_EQ(runMain(instance, 2), LATHE_OK);
  EXPECT_EQ(heard.text, "scale ended; bias ended; ");
  EXPECT_EQ(fake.waits, 3);
}

TEST_F(OnDevice, ShowsDevicesInTraces) {
  LatheInstance *instance = create();
  fake.hasTimers = true;
  LatheTrace *trace = nullptr;
  ASSERT_EQ(latheTraceCreate(model, 100, &trace, &status), LATHE_OK);
  LatheHooks hooks = latheTraceHooks(trace);
  latheInstanceSetHooks(instance, &hooks);
  fake.times = {{0, 1000, 3000}};
  ASSERT_EQ(runMain(instance, 2), LATHE_OK);
  std::string path = folder / "trace.json";
  ASSERT_EQ(latheTraceWrite(trace, path.c_str(), &status), LATHE_OK);
  latheTraceDestroy(trace);
  auto written = nlohmann::json::parse(std::ifstream(path));
  std::vector<std::string> seen;
  for (const auto &event : written["traceEvents"])
    if (event["ph"] == "X")
      seen.push_back(event["name"].get<std::string>() +
                     (event["tid"] == event["pid"] ? " host" : " device") +
                     (event["args"].contains("flops") ? " flops" : ""));
  // What a device did is no work of the processor's.
  EXPECT_EQ(seen, (std::vector<std::string>{"scale host", "bias host flops",
                                            "scale device flops"}));
}

TEST_F(OnDevice, StartsWithStatesOfZero) {
  // "append" adds to what the state holds; memory of the device is not zero.
  LatheInstance *instance = create();
  for (int run = 0; run < 2; ++run) {
    float x[] = {5}, all[] = {0}, chosen[] = {0};
    int32_t position = 0, codes[] = {0, 0};
    int64_t choice = 1, one[] = {1}, twoByOne[] = {2, 1};
    LatheTensor inputs[] = {{LATHE_F32, 1, one, x},
                            {LATHE_I32, 0, nullptr, &position},
                            {LATHE_I64, 1, one, &choice},
                            {LATHE_I32, 2, twoByOne, codes}};
    LatheTensor outputs[] = {{LATHE_F32, 1, one, all},
                             {LATHE_F32, 1, one, chosen}};
    ASSERT_EQ(latheInstanceRun(instance, 3, inputs, 4, outputs, 2, &status),
              LATHE_OK)
        << status.message;
    EXPECT_EQ(all[0], 5);
    ASSERT_EQ(latheInstanceResetState(instance, &status), LATHE_OK);
  }
}

//===----------------------------------------------------------------------===//
// Memory that the host does not see
//===----------------------------------------------------------------------===//

/// y = 2 (2 x + 1) by the fake's kernel, the host adding 1 in the arena.
void doubleTwice(LatheContext *context, void **descriptors) {
  auto addressOf = [&](int i) {
    return static_cast<float **>(descriptors[i])[1];
  };
  int64_t count = 4 * static_cast<int64_t *>(descriptors[0])[3];
  float *x = addressOf(0), *y = addressOf(1), *arena = addressOf(4);
  LatheDeviceBuffer in = {x, 4 * count, 4}, between = {arena, 4 * count, 4},
                    out = {y, 4 * count, 4}, empty = {arena, -4, 4};
  const LatheDeviceBuffer first[] = {in, between}, second[] = {between, out},
                          waited[] = {empty, between};
  latheDeviceLaunch(context, 0, 0, count, first, nullptr);
  latheDeviceWait(context, waited, 2);
  for (int64_t i = 0; i < count; ++i)
    arena[i] += 1;
  latheDeviceUpload(context, &between, 1);
  latheDeviceLaunch(context, 1, 0, count, second, nullptr);
}

class OnDeviceOfItsOwnMemory : public OnDevice {
protected:
  void SetUp() override {
    std::copy_n(latheModel.entries, latheModel.entryCount, entries);
    entries[0] = doubleTwice;
    OnDevice::SetUp();
    binary.entries = entries;
    fake.hidden = true;
  }

  LatheEntry entries[8];
};

TEST_F(OnDeviceOfItsOwnMemory, CopiesWhatTheHostTouches) {
  LatheInstance *instance = create();
  for (int64_t batch : {7, 2, 64}) {
    fake.uploaded = fake.downloaded = 0;
    ASSERT_EQ(runMain(instance, batch), LATHE_OK) << status.message;
    for (size_t i = 0; i < y.size(); ++i)
      ASSERT_EQ(y[i], 4 * static_cast<float>(i) + 2);
    // The input and what the host wrote; what it read and the output.
    EXPECT_EQ(fake.uploaded, 2 * 4 * y.size());
    EXPECT_EQ(fake.downloaded, 2 * 4 * y.size());
  }
}

TEST_F(OnDeviceOfItsOwnMemory, WritesOutputsOverInputs) {
  LatheInstance *instance = create();
  float values[] = {1, 2, 3, 4};
  int64_t shape[] = {1, 4};
  LatheTensor tensor = {LATHE_F32, 2, shape, values};
  ASSERT_EQ(latheInstanceRun(instance, 0, &tensor, 1, &tensor, 1, &status),
            LATHE_OK)
      << status.message;
  EXPECT_EQ(values[0], 6);
  EXPECT_EQ(values[3], 18);
}

TEST_F(OnDeviceOfItsOwnMemory, CopiesWeightsAndClearsStates) {
  LatheInstance *instance = create();
  EXPECT_EQ(fake.copies[constants], std::string(constants, sizeof(constants)));
  EXPECT_EQ(latheInstanceResetState(instance, &status), LATHE_OK);
  EXPECT_EQ(runMain(instance, 1), LATHE_OK) << status.message;
}

} // namespace
