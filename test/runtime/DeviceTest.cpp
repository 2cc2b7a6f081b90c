//===- DeviceTest.cpp - Models whose kernels run on a device --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device is a fake: its memory is the host's, and its launches do what
// each test says.
//
//===----------------------------------------------------------------------===//

#include "runtime/Device.h"
#include "ModelFixture.h"
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
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
} fake;

class FakeMemory : public DeviceMemory {
public:
  explicit FakeMemory(size_t size) : contents(size, 0xff) {
    bytes = contents.data();
    length = size;
  }

private:
  std::vector<unsigned char> contents;
};

class FakeQueue : public DeviceQueue {
public:
  void attach(unsigned, const DeviceMemory &memory,
              const void *address) override {
    if (address)
      fake.copies[address].assign(memory.data(), memory.data() + memory.size());
  }
  void launch(int64_t, int64_t, int64_t, const LatheDeviceBuffer *,
              const int32_t *) override {}
  Status wait(std::vector<DeviceReport> &reports) override {
    ++fake.waits;
    reports = std::exchange(fake.reports, {});
    return std::exchange(fake.waitStatus, Status());
  }
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
const LatheDeviceCode code = {&driver, nullptr,   0,
                              64,      constants, sizeof(constants)};

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
  ASSERT_EQ(fake.allocated.size(), before + 1);
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

} // namespace
