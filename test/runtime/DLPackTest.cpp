//===- DLPackTest.cpp - Tensors from and for other libraries --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFixture.h"
#include <cstddef>

namespace {

// dlpack.h of DLPack 0.6 and later: DLTensor and DLManagedTensor.
static_assert(offsetof(LatheDLTensor, device) == 8);
static_assert(offsetof(LatheDLTensor, ndim) == 16);
static_assert(offsetof(LatheDLTensor, dtype) == 20);
static_assert(offsetof(LatheDLTensor, shape) == 24);
static_assert(offsetof(LatheDLTensor, byte_offset) == 40);
static_assert(offsetof(LatheDLManagedTensor, manager_ctx) == 48);
static_assert(sizeof(LatheDLManagedTensor) == 64);

class DLPack : public testing::Test {
protected:
  DLPack() {
    from.data = values;
    from.device = {LATHE_HOST, 0};
    from.ndim = 3;
    from.dtype = {2, 32, 1};
    from.shape = shape;
  }
  std::string error() {
    EXPECT_EQ(latheTensorFromDLPack(&from, &tensor, &status),
              LATHE_BAD_ARGUMENT);
    return status.message;
  }

  float values[24] = {};
  int64_t shape[3] = {2, 1, 4}, strides[3] = {4, 99, 1};
  LatheDLTensor from = {};
  LatheTensor tensor = {};
  LatheStatus status = {};
};

TEST_F(DLPack, GivesViews) {
  from.strides = strides;
  from.byte_offset = 8;
  ASSERT_EQ(latheTensorFromDLPack(&from, &tensor, &status), LATHE_OK)
      << status.message;
  EXPECT_EQ(tensor.type, LATHE_F32);
  EXPECT_EQ(tensor.rank, 3u);
  EXPECT_EQ(tensor.shape, shape);
  EXPECT_EQ(tensor.data, values + 2);
  EXPECT_EQ(tensor.device.kind, LATHE_HOST);
}

TEST_F(DLPack, TakesPinnedMemoryForTheHosts) {
  from.device = {3, 1};
  ASSERT_EQ(latheTensorFromDLPack(&from, &tensor, &status), LATHE_OK);
  EXPECT_EQ(tensor.device.kind, LATHE_HOST);
  from.device = {LATHE_CUDA, 1};
  ASSERT_EQ(latheTensorFromDLPack(&from, &tensor, &status), LATHE_OK);
  EXPECT_EQ(tensor.device.kind, LATHE_CUDA);
  EXPECT_EQ(tensor.device.id, 1);
}

TEST_F(DLPack, RefusesWhatItCannotView) {
  from.strides = strides;
  strides[0] = 8;
  EXPECT_EQ(error(), "a DLPack tensor is not dense and row-major; copy it to "
                     "one that is");
  // An empty tensor has no strides to speak of.
  shape[2] = 0;
  EXPECT_EQ(latheTensorFromDLPack(&from, &tensor, &status), LATHE_OK);
  from.strides = nullptr;
  from.byte_offset = 2;
  EXPECT_EQ(error(), "a DLPack tensor is at an address that is not a multiple "
                     "of its element size, 4");
  from.device = {LATHE_VULKAN, 0};
  EXPECT_EQ(error(), "a DLPack tensor begins 2 bytes into its memory on a "
                     "Vulkan device, wanted 0");
  from.device = {8, 0};
  EXPECT_EQ(error(), "a DLPack tensor is on a device of the kind 8, wanted 1 "
                     "(host), 2 (CUDA) or 7 (Vulkan)");
  from.dtype = {2, 32, 4};
  EXPECT_EQ(error(), "a DLPack tensor has elements of code 2, 32 bits and 4 "
                     "lanes, which are none of ours");
  from.shape = nullptr;
  EXPECT_EQ(error(),
            "a DLPack tensor has 3 dimensions and no shape of as many");
  from.shape = shape;
  from.ndim = -1;
  EXPECT_EQ(error(),
            "a DLPack tensor has -1 dimensions and no shape of as many");
}

TEST_F(DLPack, HandsTensorsOut) {
  int released = 0;
  LatheTensor bytes = {LATHE_BOOL, 2, shape, values};
  LatheDLManagedTensor *managed = nullptr;
  auto release = [](void *owner) { ++*static_cast<int *>(owner); };
  ASSERT_EQ(latheTensorToDLPack(&bytes, &released, release, &managed, &status),
            LATHE_OK)
      << status.message;
  const LatheDLTensor &made = managed->dl_tensor;
  EXPECT_EQ(made.data, values);
  EXPECT_EQ(made.device.kind, LATHE_HOST);
  EXPECT_EQ(made.dtype.code, 6);
  EXPECT_EQ(made.dtype.bits, 8);
  shape[0] = 77;
  EXPECT_EQ(made.shape[0], 2) << "a copy";
  EXPECT_EQ(released, 0);
  managed->deleter(managed);
  EXPECT_EQ(released, 1);
  bytes.type = LATHE_F8_E4M3;
  EXPECT_EQ(latheTensorToDLPack(&bytes, nullptr, nullptr, &managed, &status),
            LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(status.message, "DLPack has no elements f8e4m3");
  bytes = {LATHE_BOOL, 2, nullptr, values};
  EXPECT_EQ(latheTensorToDLPack(&bytes, nullptr, nullptr, &managed, &status),
            LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(status.message, "a tensor of rank 2 has no shape");
}

/// Models on the host take tensors of other devices for what they are.
class Places : public Model {};

TEST_F(Places, AreChecked) {
  load();
  LatheInstance *instance = create();
  EXPECT_EQ(latheInstanceDevice(instance).kind, LATHE_HOST);
  void *memory = nullptr;
  ASSERT_EQ(latheMemoryCreate(instance, 16, &memory, &status), LATHE_OK);
  std::vector<int64_t> shape = {1, 4};
  float x[] = {1, 1, 1, 1};
  LatheTensor input = tensorOf(LATHE_F32, shape, x);
  LatheTensor output = tensorOf(LATHE_F32, shape, memory);
  output.device = latheInstanceDevice(instance);
  ASSERT_EQ(latheInstanceRun(instance, 0, &input, 1, &output, 1, &status),
            LATHE_OK)
      << status.message;
  EXPECT_EQ(static_cast<float *>(memory)[3], 44);
  input.device = {LATHE_CUDA, 2};
  EXPECT_EQ(latheInstanceRun(instance, 0, &input, 1, &output, 1, &status),
            LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(status.message,
               "'x' is on CUDA device 2, but 'fake' runs on the host");
  latheMemoryDestroy(instance, memory);
}

} // namespace
