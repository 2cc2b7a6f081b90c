//===- NpyTest.cpp - Reading and writing .npy
//-------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Npy.h"
#include "TestSupport.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lathe::runtime;
using testing::HasSubstr;

namespace {

class Npy : public testing::Test {
protected:
  /// A file with this header, of any version.
  std::string file(const std::string &header, size_t dataSize = 24,
                   char version = 1) {
    std::string bytes = "\x93NUMPY";
    bytes += {version, '\0'};
    auto length = static_cast<uint32_t>(header.size());
    bytes.append(reinterpret_cast<const char *>(&length), version == 1 ? 2 : 4);
    return folder.write("a.npy", bytes + header + std::string(dataSize, '\7'));
  }
  std::string errorOf(const std::string &path) {
    auto array = NpyArray::open(path);
    return array ? "" : array.status().message();
  }
  std::string errorOfHeader(const std::string &header, size_t dataSize = 24) {
    return errorOf(file(header, dataSize));
  }

  TemporaryFolder folder;
  const std::string good =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
};

TEST_F(Npy, ReadsVersions) {
  for (char version : {1, 2, 3}) {
    auto array = NpyArray::open(file(good + "   \n", 24, version));
    ASSERT_TRUE(array) << array.status().message();
    EXPECT_EQ(array->type, LATHE_F32);
    EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(array->bytes, 24u);
    EXPECT_EQ(array->data[23], 7);
  }
}

TEST_F(Npy, ReadsAnyOrderOfKeysAndScalars) {
  auto array = NpyArray::open(
      file("{\"shape\":(), 'fortran_order':False, 'descr':'|b1'}", 1));
  ASSERT_TRUE(array) << array.status().message();
  EXPECT_EQ(array->type, LATHE_BOOL);
  EXPECT_TRUE(array->shape.empty());
}

TEST_F(Npy, ReadsVectorsOfEitherOrder) {
  EXPECT_EQ(
      errorOfHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (6,)}"),
      "");
}

TEST_F(Npy, RefusesOtherFiles) {
  EXPECT_THAT(errorOf(folder.write("a.npy", "")),
              HasSubstr("this is no .npy file; write it with numpy.save"));
  EXPECT_THAT(errorOf(folder.write("a.npy", "PK\3\4 a zip archive")),
              HasSubstr("this is no .npy file"));
}

TEST_F(Npy, RefusesMissingFile) {
  EXPECT_EQ(errorOf("/nonexistent/a.npy"),
            "cannot read '/nonexistent/a.npy': No such file or directory");
}

TEST_F(Npy, RefusesUnknownVersion) {
  EXPECT_THAT(errorOf(file(good, 24, 4)),
              HasSubstr("it is a .npy file of version 4, wanted 1, 2 or 3"));
}

TEST_F(Npy, RefusesTruncatedHeader) {
  std::string bytes = contentsOf(file(good, 0)).substr(0, 40);
  EXPECT_THAT(errorOf(folder.write("t.npy", bytes)),
              HasSubstr("its header claims 59 bytes of the 30 there are"));
}

TEST_F(Npy, RefusesMalformedHeader) {
  for (const char *header :
       {"", "{", "{'descr': '<f4'}", "{'descr': '<f4, 'x'", "[]",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (six,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
        "(99999999999999999999,)}"})
    EXPECT_THAT(errorOfHeader(header), HasSubstr("its header is malformed"))
        << header;
}

TEST_F(Npy, RefusesFortranOrder) {
  EXPECT_THAT(
      errorOfHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}"),
      HasSubstr("it is in column-major (Fortran) order; save it with "
                "numpy.ascontiguousarray(array)"));
}

TEST_F(Npy, RefusesBigEndian) {
  EXPECT_THAT(
      errorOfHeader("{'descr': '>f4', 'fortran_order': False, 'shape': (6,)}"),
      HasSubstr("it is big-endian; save it with array.astype('<f4')"));
}

TEST_F(Npy, RefusesUnsupportedTypes) {
  EXPECT_THAT(
      errorOfHeader("{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}"),
      HasSubstr("it holds the unsupported type '<c8'"));
  EXPECT_THAT(errorOfHeader("{'descr': [('x', '<f4')], 'fortran_order': False, "
                            "'shape': (6,)}"),
              HasSubstr("it holds a structured type"));
}

TEST_F(Npy, RefusesBadShapes) {
  EXPECT_THAT(
      errorOfHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
      HasSubstr("its shape [-1] is negative or overflows"));
  EXPECT_THAT(errorOfHeader("{'descr': '<f4', 'fortran_order': False, 'shape': "
                            "(4294967296, 4294967296)}"),
              HasSubstr("is negative or overflows"));
}

TEST_F(Npy, RefusesWrongSize) {
  EXPECT_THAT(errorOfHeader(good, 20),
              HasSubstr("it has 20 bytes of data, but f32[2, 3] takes 24; the "
                        "file is truncated or damaged"));
  EXPECT_THAT(errorOfHeader(good, 25), HasSubstr("it has 25 bytes of data"));
}

TEST_F(Npy, RoundTrips) {
  std::vector<std::vector<int64_t>> shapes = {{}, {5}, {2, 3}, {0, 7}};
  for (const std::vector<int64_t> &shape : shapes)
    for (LatheType type : {LATHE_F32, LATHE_F64, LATHE_F16, LATHE_I8, LATHE_U8,
                           LATHE_I16, LATHE_I32, LATHE_I64, LATHE_BOOL}) {
      std::string bytes(*byteSize(type, shape), '\1');
      std::string path = folder / "r.npy";
      ASSERT_FALSE(writeNpy(path, type, shape, bytes.data()).failed());
      auto array = NpyArray::open(path);
      ASSERT_TRUE(array) << array.status().message();
      EXPECT_EQ(array->type, type);
      EXPECT_EQ(array->shape, shape);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(array->data) % 64, 0u);
      EXPECT_EQ(bytes, std::string(bytes.size(), '\1'));
    }
  EXPECT_EQ(folder.fileCount(), 1u);
}

TEST_F(Npy, WritesWholeFilesOrNone) {
  std::vector<int64_t> shape = {2};
  float values[2] = {};
  EXPECT_EQ(writeNpy("/nonexistent/a.npy", LATHE_F32, shape, values).message(),
            "cannot write '/nonexistent/a.npy': No such file or directory");
  EXPECT_THAT(writeNpy("/dev/full", LATHE_F32, shape, values).message(),
              HasSubstr("No space left on device"));
  EXPECT_THAT(writeNpy(folder / "a.npy", LATHE_BF16, shape, values).message(),
              HasSubstr("NumPy has no type bf16; write a .safetensors file"));
  EXPECT_EQ(folder.fileCount(), 0u);
}

} // namespace
