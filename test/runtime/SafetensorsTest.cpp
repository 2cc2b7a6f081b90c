//===- SafetensorsTest.cpp - Reading and writing .safetensors
//---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Safetensors.h"
#include "TestSupport.h"
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <sys/wait.h>
#include <unistd.h>

using namespace lathe::runtime;
using testing::HasSubstr;

namespace {

std::string withHeader(const std::string &header, size_t dataSize = 0,
                       uint64_t length = UINT64_MAX) {
  if (length == UINT64_MAX)
    length = header.size();
  std::string bytes(reinterpret_cast<const char *>(&length), 8);
  return bytes + header + std::string(dataSize, '\0');
}

/// What reading `bytes` fails with, or "" if it does not.
std::string errorOf(const std::string &bytes) {
  auto file =
      Safetensors::parse(reinterpret_cast<const unsigned char *>(bytes.data()),
                         bytes.size(), "w.safetensors");
  return file ? "" : file.status().message();
}

/// The same for a file with the tensors given in JSON.
std::string errorOf(const std::string &tensors, size_t dataSize) {
  return errorOf(withHeader("{" + tensors + "}", dataSize));
}

std::string tensor(const std::string &name, const std::string &shape,
                   const std::string &offsets,
                   const std::string &dtype = "F32") {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape +
         R"(,"data_offsets":)" + offsets + "}";
}

const std::string good = tensor("a", "[2, 3]", "[0, 24]");

TEST(Safetensors, ReadsTensorsAndMetadata) {
  std::string bytes =
      withHeader(R"({"__metadata__":{"format":"pt"},)" +
                     tensor("b", "[]", "[24, 28]") + "," + good + "," +
                     tensor("none", "[0, 5]", "[24, 24]", "I64") + "}  ",
                 28);
  auto file = Safetensors::parse(
      reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), "w");
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->metadata().at("format"), "pt");
  ASSERT_EQ(file->tensors().size(), 3u);
  EXPECT_EQ(file->tensors()[0].name, "a");
  EXPECT_EQ(file->find("b")->offset, 24u);
  EXPECT_EQ(file->find("b")->bytes, 4u);
  EXPECT_EQ(file->find("none")->type, LATHE_I64);
  EXPECT_EQ(file->find("missing"), nullptr);
  EXPECT_EQ(file->dataSize(), 28u);
}

TEST(Safetensors, RefusesMissingFile) {
  auto file = Safetensors::open("/nonexistent/w.safetensors");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.status().code(), LATHE_IO_ERROR);
  EXPECT_EQ(file.status().message(),
            "cannot read '/nonexistent/w.safetensors': No such file or "
            "directory");
}

TEST(Safetensors, RefusesFolder) {
  TemporaryFolder folder;
  auto file = Safetensors::open(folder / "");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.status().message(), HasSubstr("it is a folder"));
}

TEST(Safetensors, RefusesEmptyFile) {
  TemporaryFolder folder;
  auto file = Safetensors::open(folder.write("w.safetensors", ""));
  ASSERT_FALSE(file);
  EXPECT_THAT(file.status().message(), HasSubstr("it has 0 bytes, fewer than"));
}

TEST(Safetensors, RefusesFileShorterThanLength) {
  EXPECT_EQ(errorOf(std::string(7, '\1')),
            "'w.safetensors': it has 7 bytes, fewer than the 8 of a header's "
            "length; the file is truncated or damaged: fetch or save it again");
}

TEST(Safetensors, RefusesFileShorterThanHeader) {
  EXPECT_THAT(errorOf(withHeader("{}", 0, 100)),
              HasSubstr("its header claims 100 bytes of the 2 there are; the "
                        "file is truncated"));
}

TEST(Safetensors, RefusesHugeHeader) {
  EXPECT_THAT(errorOf(withHeader("{}", 0, 100'000'001)),
              HasSubstr("more than the 100000000 that are allowed"));
  EXPECT_THAT(errorOf(withHeader("{}", 0, UINT64_MAX - 1)),
              HasSubstr("claims 18446744073709551614 bytes"));
}

TEST(Safetensors, RefusesHeaderThatIsNoObject) {
  EXPECT_THAT(errorOf(withHeader("")), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(errorOf(withHeader("[1]")), HasSubstr("does not begin with '{'"));
}

TEST(Safetensors, RefusesBadJson) {
  EXPECT_THAT(errorOf(withHeader(R"({"a":)")),
              HasSubstr("its header is not valid JSON at byte"));
  EXPECT_THAT(errorOf(withHeader("{} {}")), HasSubstr("not valid JSON"));
  EXPECT_THAT(errorOf(withHeader("{\"\xff\":1}")), HasSubstr("not valid JSON"));
  EXPECT_THAT(errorOf(withHeader("{" + std::string(100000, '['))),
              HasSubstr("not valid JSON"));
}

TEST(Safetensors, RefusesDuplicateTensor) {
  EXPECT_THAT(errorOf(good + "," + good, 24),
              HasSubstr("it has tensor 'a' twice; save the file again"));
}

TEST(Safetensors, RefusesDuplicateKeyOfTensor) {
  EXPECT_THAT(errorOf(R"("a":{"dtype":"F32","dtype":"F64"})", 0),
              HasSubstr("tensor 'a' has the key 'dtype' twice"));
}

TEST(Safetensors, RefusesDuplicateMetadata) {
  EXPECT_THAT(errorOf(R"("__metadata__":{"k":"v","k":"v"})", 0),
              HasSubstr("the metadata have 'k' twice"));
  EXPECT_THAT(errorOf(R"("__metadata__":{},"__metadata__":{})", 0),
              HasSubstr("it has '__metadata__' twice"));
}

TEST(Safetensors, RefusesMetadataOtherThanText) {
  EXPECT_THAT(errorOf(R"("__metadata__":{"k":1})", 0),
              HasSubstr("the metadata have the number 1 under 'k'"));
}

TEST(Safetensors, RefusesUnknownDtype) {
  EXPECT_THAT(errorOf(tensor("a", "[1]", "[0, 16]", "F128"), 16),
              HasSubstr("tensor 'a' has the unknown dtype 'F128'; save it as"));
  EXPECT_THAT(errorOf(R"("a":{"dtype":3})", 0),
              HasSubstr("tensor 'a' has the number 3 as its dtype"));
}

TEST(Safetensors, RefusesUnknownAndMissingKeys) {
  EXPECT_THAT(errorOf(R"("a":{"dtype":"F32","strides":[1]})", 0),
              HasSubstr("tensor 'a' has the unknown key 'strides'"));
  EXPECT_THAT(errorOf(R"("a":{"dtype":"F32","shape":[1]})", 4),
              HasSubstr("tensor 'a' lacks one of 'dtype', 'shape' and"));
}

TEST(Safetensors, RefusesTensorThatIsNoObject) {
  for (const char *value : {"1", "-1", "1.5", "null", "true", "\"x\"", "[]"})
    EXPECT_THAT(errorOf(std::string("\"a\":") + value, 0),
                HasSubstr("tensor 'a' is "))
        << value;
}

TEST(Safetensors, RefusesNegativeSize) {
  EXPECT_THAT(errorOf(tensor("a", "[-2]", "[0, 8]"), 8),
              HasSubstr("tensor 'a' has the negative number -2 in its shape"));
}

TEST(Safetensors, RefusesNestedShape) {
  EXPECT_THAT(errorOf(tensor("a", "[[2]]", "[0, 8]"), 8),
              HasSubstr("tensor 'a' has an array in its shape"));
}

TEST(Safetensors, RefusesNegativeOffset) {
  EXPECT_THAT(
      errorOf(tensor("a", "[2]", "[-8, 0]"), 8),
      HasSubstr("tensor 'a' has the negative number -8 in its data_offsets"));
}

TEST(Safetensors, RefusesOverflowingOffset) {
  EXPECT_THAT(errorOf(tensor("a", "[2]", "[0, 18446744073709551615]"), 8),
              HasSubstr("tensor 'a' has the number 18446744073709551615, which "
                        "overflows, in its data_offsets"));
  EXPECT_THAT(errorOf(tensor("a", "[2]", "[0, 99999999999999999999]"), 8),
              HasSubstr("tensor 'a' has the number 99999999999999999999 in"));
  EXPECT_THAT(errorOf(tensor("a", "[2]", "[0, 1e999]"), 8),
              HasSubstr("not valid JSON"));
}

TEST(Safetensors, RefusesReversedOffsets) {
  EXPECT_THAT(errorOf(tensor("a", "[2]", "[8, 0]"), 8),
              HasSubstr("tensor 'a' ends before it begins, at 0 and 8"));
}

TEST(Safetensors, RefusesWrongNumberOfOffsets) {
  EXPECT_THAT(errorOf(tensor("a", "[2]", "[0]"), 8),
              HasSubstr("tensor 'a' has 1 data_offsets, wanted 2"));
}

TEST(Safetensors, RefusesOffsetsOutOfRange) {
  EXPECT_THAT(errorOf(good, 20),
              HasSubstr("tensor 'a' ends at byte 24 of the 20 bytes of data; "
                        "the file is truncated"));
  EXPECT_THAT(
      errorOf(tensor("a", "[2]", "[9223372036854775799, 9223372036854775807]"),
              8),
      HasSubstr("tensor 'a' ends at byte 9223372036854775807"));
}

TEST(Safetensors, RefusesOverlap) {
  EXPECT_THAT(errorOf(good + "," + tensor("b", "[3]", "[20, 32]"), 32),
              HasSubstr("tensors 'a' and 'b' overlap at byte 20"));
}

TEST(Safetensors, RefusesHoles) {
  EXPECT_THAT(errorOf(good + "," + tensor("b", "[1]", "[28, 32]"), 32),
              HasSubstr("no tensor has the bytes 24 to 28 of the data, before "
                        "'b'"));
  EXPECT_THAT(errorOf(good, 25), HasSubstr("no tensor has the bytes 24 to 25"));
}

TEST(Safetensors, RefusesShapeOverflow) {
  EXPECT_THAT(errorOf(tensor("a", "[4294967296, 4294967296]", "[0, 0]"), 0),
              HasSubstr("tensor 'a' has the shape [4294967296, 4294967296], "
                        "whose size overflows"));
  EXPECT_THAT(errorOf(tensor("a", "[0, 9223372036854775807, 9]", "[0, 0]"), 0),
              HasSubstr("whose size overflows"));
}

TEST(Safetensors, RefusesSizeMismatch) {
  EXPECT_THAT(errorOf(tensor("a", "[2, 3]", "[0, 20]"), 20),
              HasSubstr("tensor 'a' has 20 bytes, but f32[2, 3] takes 24"));
}

TEST(Safetensors, ClipsHostileNames) {
  std::string error = errorOf(
      tensor("\\u001b[31m" + std::string(5000, 'n'), "[2]", "[0, 4]"), 4);
  EXPECT_LT(error.size(), 300u);
  EXPECT_EQ(error.find('\x1b'), std::string::npos);
}

class SafetensorsWriterTest : public testing::Test {
protected:
  TemporaryFolder folder;
  std::vector<float> values = std::vector<float>(10, 1.5f);

  std::vector<TensorEntry> layout(uint64_t alignment) {
    return *layOut({{"a", LATHE_F32, {10}},
                    {"empty", LATHE_F32, {0, 3}},
                    {"b", LATHE_U8, {}}},
                   alignment);
  }
};

TEST_F(SafetensorsWriterTest, RoundTripsInPieces) {
  std::iota(values.begin(), values.end(), 0.0f);
  std::string path = folder / "w.safetensors";
  auto writer =
      SafetensorsWriter::create(path, layout(64), {{"k", "v\n"}}, 64, true);
  ASSERT_TRUE(writer) << writer.status().message();
  EXPECT_FALSE(writer->append(values.data(), 16).failed());
  EXPECT_FALSE(writer->append(values.data() + 4, 24).failed());
  EXPECT_FALSE(writer->append("x", 1).failed());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(writer->finish().failed());

  auto file = Safetensors::open(path);
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->metadata().at("k"), "v\n");
  EXPECT_EQ(file->find("b")->offset, 64u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file->data()) % 64, 0u);
  EXPECT_EQ(memcmp(file->data(*file->find("a")), values.data(), 40), 0);
  EXPECT_EQ(*file->data(*file->find("b")), 'x');
  EXPECT_NE(file->find("__pad.1"), nullptr);
  EXPECT_EQ(file->metadata().at("lathe.checksum"),
            hexText(checksum64(file->data(), file->dataSize())));
  EXPECT_EQ(folder.fileCount(), 1u);
}

TEST_F(SafetensorsWriterTest, ReplacesOldFile) {
  std::string path = folder.write("w.safetensors", "old");
  auto writer = SafetensorsWriter::create(path, {});
  ASSERT_TRUE(writer);
  EXPECT_EQ(contentsOf(path), "old");
  EXPECT_FALSE(writer->finish().failed());
  EXPECT_TRUE(Safetensors::open(path));
}

TEST_F(SafetensorsWriterTest, LeavesNothingUnlessFinished) {
  std::string path = folder / "w.safetensors";
  {
    auto writer = SafetensorsWriter::create(path, layout(8));
    EXPECT_FALSE(writer->append(values.data(), 40).failed());
    Status status = writer->finish();
    EXPECT_EQ(status.message(), "tensor 'b' has not been written");
  }
  EXPECT_EQ(folder.fileCount(), 0u);
}

TEST_F(SafetensorsWriterTest, LeavesNothingWhenKilled) {
  int probe = open((folder / "").c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (probe < 0)
    GTEST_SKIP() << "the file system has no nameless files";
  close(probe);
  pid_t child = fork();
  if (child == 0) {
    auto writer =
        SafetensorsWriter::create(folder / "w.safetensors", layout(8));
    _exit(writer && !writer->append(values.data(), 40).failed() ? 0 : 1);
  }
  int result = 1;
  waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(folder.fileCount(), 0u);
}

TEST_F(SafetensorsWriterTest, RefusesMoreThanTheTensorTakes) {
  auto writer = SafetensorsWriter::create(folder / "w", layout(8));
  EXPECT_EQ(writer->append(values.data(), 41).message(),
            "got 41 bytes where the current tensor takes 40");
}

TEST_F(SafetensorsWriterTest, ReportsUnwritablePlaces) {
  auto writer = SafetensorsWriter::create("/nonexistent/w.safetensors", {});
  EXPECT_EQ(writer.status().message(),
            "cannot write '/nonexistent/w.safetensors': No such file or "
            "directory");
  auto atFolder = SafetensorsWriter::create(folder / "", {});
  EXPECT_THAT(atFolder.status().message(), HasSubstr("Is a directory"));
}

TEST_F(SafetensorsWriterTest, ReportsFullDisk) {
  auto writer = SafetensorsWriter::create("/dev/full", layout(8));
  EXPECT_THAT(writer.status().message(), HasSubstr("No space left"));
}

TEST(SafetensorsLayout, HashDependsOnEverything) {
  auto hash = [](TensorEntry tensor) { return layoutHash({tensor}); };
  TensorEntry base = {"a", LATHE_F32, {2, 3}, 0, 24};
  EXPECT_EQ(hash(base).size(), 16u);
  EXPECT_NE(hash(base), hash({"b", LATHE_F32, {2, 3}, 0, 24}));
  EXPECT_NE(hash(base), hash({"a", LATHE_I32, {2, 3}, 0, 24}));
  EXPECT_NE(hash(base), hash({"a", LATHE_F32, {3, 2}, 0, 24}));
  EXPECT_NE(hash(base), hash({"a", LATHE_F32, {2, 3}, 64, 24}));
}

TEST(SafetensorsLayout, RefusesOverflow) {
  int64_t huge = INT64_C(1) << 62;
  EXPECT_FALSE(layOut({{"a", LATHE_F32, {huge}}}, 64));
  EXPECT_FALSE(layOut({{"a", LATHE_U8, {huge}}, {"b", LATHE_U8, {huge}}}, 64));
}

} // namespace
