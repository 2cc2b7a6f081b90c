//===- ProgramTest.cpp - Compiled programs on the command line
//--------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeModel.h"
#include "TestSupport.h"
#include "runtime/Npy.h"
#include "runtime/Safetensors.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

using namespace lathe::runtime;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

/// The program and its weights in a folder of their own.
class Program : public testing::Test {
protected:
  void SetUp() override {
    std::filesystem::copy(FAKE_PROGRAM, folder / "fake");
    writeFakeWeights(folder / "fake.weights");
    writeX("x.npy", {2, 4});
  }

  void writeX(const std::string &name, const std::vector<int64_t> &shape) {
    std::vector<float> values(static_cast<size_t>(elementCount(shape)), 1);
    ASSERT_FALSE(
        writeNpy(folder / name, LATHE_F32, shape, values.data()).failed());
  }
  /// Runs the program in its folder; everything it prints goes to `output`.
  int run(const std::string &arguments) {
    std::string command =
        "cd " + (folder / "") + " && ./fake " + arguments + " > log 2>&1";
    int result = system(command.c_str());
    output = contentsOf(folder / "log");
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
  }

  TemporaryFolder folder;
  std::string output;
};

TEST_F(Program, PrintsSummary) {
  EXPECT_EQ(run("--x x.npy"), 0);
  EXPECT_EQ(output, "y f32[2, 4]: 11 22 33 44 11 22 33 44\n");
}

TEST_F(Program, PrintsJson) {
  EXPECT_EQ(run("--x x.npy --json"), 0);
  EXPECT_EQ(output, "{\"model\":\"fake\",\"entry\":\"main\",\"outputs\":{"
                    "\"y\":{\"type\":\"f32\",\"shape\":[2,4],\"values\":["
                    "11.0,22.0,33.0,44.0,11.0,22.0,33.0,44.0]}}}\n");
  EXPECT_EQ(run("--entry gather --ids 3,0 : --x x.npy --json=out.json"), 0);
  EXPECT_EQ(output, "values f32[2]: 40 10\n") << "of the call before";
  EXPECT_EQ(
      nlohmann::json::parse(contentsOf(folder / "out.json"))["outputs"].size(),
      1u);
  EXPECT_EQ(run("--x x.npy --json=none/out.json"), 1);
  EXPECT_THAT(output, HasSubstr("cannot write 'none/out.json'"));
  EXPECT_EQ(run("--json --bench"), 2);
  EXPECT_THAT(output, HasSubstr("'--json' does not go with '--bench'"));
}

TEST_F(Program, WritesNpy) {
  EXPECT_EQ(run("--x=x.npy --y out.npy --threads 3"), 0) << output;
  EXPECT_EQ(output, "");
  auto array = NpyArray::open(folder / "out.npy");
  ASSERT_TRUE(array) << array.status().message();
  EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(reinterpret_cast<const float *>(array->data)[7], 44);
}

TEST_F(Program, ReadsAndWritesSafetensors) {
  EXPECT_EQ(run("--input x=x.npy --output y=out.safetensors"), 0) << output;
  auto file = Safetensors::open(folder / "out.safetensors");
  ASSERT_TRUE(file) << file.status().message();
  ASSERT_NE(file->find("y"), nullptr);
  EXPECT_EQ(run("--x out.safetensors:y --y again.npy"), 0) << output;
  EXPECT_EQ(run("--x out.safetensors"), 1);
  EXPECT_THAT(output, HasSubstr("'out.safetensors' has no tensor 'x'; name the "
                                "one you mean, as in 'FILE.safetensors:y'"));
}

TEST_F(Program, RunsOtherEntries) {
  int64_t ids[] = {3, 0};
  std::vector<int64_t> shape = {2};
  ASSERT_FALSE(writeNpy(folder / "ids.npy", LATHE_I64, shape, ids).failed());
  EXPECT_EQ(run("--ids ids.npy --entry gather"), 0);
  EXPECT_EQ(output, "values f32[2]: 40 10\n");
  EXPECT_EQ(run("--entry gahter"), 2);
  EXPECT_EQ(output, "fake: error: 'fake' has no entry 'gahter'; did you mean "
                    "'gather'?\n");
}

TEST_F(Program, RunsSeveralCallsWithOneState) {
  EXPECT_EQ(run("append --x 1,2,3 --position 0 --choice 0 --codes codes.npy "
                "--all first.npy"),
            1);
  EXPECT_THAT(output, HasSubstr("cannot read 'codes.npy'"));
  int32_t codes[] = {0, 0, 0, 0};
  std::vector<int64_t> two = {2, 2}, one = {2, 1};
  ASSERT_FALSE(writeNpy(folder / "two.npy", LATHE_I32, two, codes).failed());
  ASSERT_FALSE(writeNpy(folder / "one.npy", LATHE_I32, one, codes).failed());
  EXPECT_EQ(run("append --x 1,2 --position 0 --choice 1 --codes two.npy "
                "--all first.npy : --entry append --x 4.5 --position=2 "
                "--choice 0 --codes one.npy : main --x 1,1,1,1"),
            0);
  EXPECT_EQ(output, "all f32[3]: 1 2 4.5\nchosen f32[3]: 7 7 7\n"
                    "y f32[1, 4]: 11 22 33 44\n");
  // A later call reads what an earlier one wrote.
  EXPECT_EQ(run("append --x 1 --position 0 --choice 0 --codes one.npy --all "
                "all.npy : append --x all.npy --position 1 --choice 1 --codes "
                "one.npy"),
            0);
  EXPECT_EQ(output, "all f32[2]: 1 1\nchosen f32[1]: 7\n");
}

TEST_F(Program, TakesNumbersAsInputs) {
  EXPECT_EQ(run("--x 1,-2,0.5,1e1"), 0);
  EXPECT_EQ(output, "y f32[1, 4]: 11 16 31.5 80\n");
  EXPECT_EQ(run("--x 40%,-200%,0.5,10"), 0);
  EXPECT_EQ(output, "y f32[1, 4]: 10.4 16 31.5 80\n");
  EXPECT_EQ(run("--entry gather --ids 3,0"), 0);
  EXPECT_EQ(output, "values f32[2]: 40 10\n");
  EXPECT_EQ(run("--entry gather --ids 3.5"), 1);
  EXPECT_EQ(output, "fake: error: 'ids' is given '3.5', but is i64[tokens]\n");
  EXPECT_EQ(run("--entry gather --ids 300%"), 1);
  EXPECT_EQ(output, "fake: error: 'ids' is given '300%', but is i64[tokens]\n");
  EXPECT_EQ(run("append --x 1 --position 3000000000 --choice 0"), 1);
  EXPECT_THAT(output, HasSubstr("'position' is given '3000000000', but is "
                                "i32[]"));
  EXPECT_EQ(run("append --x 1 --position 1,2"), 1);
  EXPECT_THAT(output, HasSubstr("'position' is given '1,2', but is i32[]"));
  EXPECT_EQ(run("--x 1,2,"), 2);
  EXPECT_THAT(output, HasSubstr("numbers such as 7 or 1,2,3, or @NAME"));
  EXPECT_EQ(run("--x x.npy --y 1"), 2);
}

TEST_F(Program, MakesUpInputsWithinTheirRanges) {
  EXPECT_EQ(run("append --bench=0.01 --dim past=5 --dim width=3"), 0) << output;
  EXPECT_EQ(run("append --bench=0.01 --dim past=5 --dim steps=6"), 0) << output;
}

TEST_F(Program, RefusesUnknownOptions) {
  EXPECT_EQ(run("--x x.npy --trheads 2"), 2);
  EXPECT_EQ(output, "fake: error: unknown option '--trheads'; did you mean "
                    "'--threads'?\n");
  EXPECT_EQ(run("--frobnicate"), 2);
  EXPECT_THAT(output, HasSubstr("unknown option '--frobnicate'; see --help"));
  EXPECT_EQ(run("x.npy"), 2);
  EXPECT_THAT(output, HasSubstr("'fake' has no entry 'x.npy'; see --help"));
}

TEST_F(Program, RefusesBadValues) {
  for (const char *arguments :
       {"--threads", "--threads=0", "--threads=2x", "--bench=0", "--bench=-1",
        "--bench=nan", "--info=yaml", "--help=me", "--dim batch",
        "--dim bach=3", "--dim batch=257", "--x x.png", "--x x.npy --x x.npy",
        "--input x", "--input z=x.npy"}) {
    EXPECT_EQ(run(arguments), 2) << arguments;
    EXPECT_THAT(output, StartsWith("fake: error: ")) << arguments;
  }
}

TEST_F(Program, RefusesMissingInput) {
  EXPECT_EQ(run(""), 1);
  EXPECT_EQ(output, "fake: error: no file is given for the input 'x', "
                    "f32[batch, 4]; add '--x FILE.npy', or see --help\n");
  EXPECT_EQ(run("--x none.npy"), 1);
  EXPECT_THAT(output, HasSubstr("cannot read 'none.npy': No such file"));
}

TEST_F(Program, RefusesWrongInputs) {
  std::vector<int64_t> shape = {2, 4};
  double values[8] = {};
  ASSERT_FALSE(writeNpy(folder / "d.npy", LATHE_F64, shape, values).failed());
  EXPECT_EQ(run("--x d.npy"), 1);
  EXPECT_EQ(output, "fake: error: 'd.npy' is f64[2, 4], but 'x' is f32[batch, "
                    "4]; convert it, as by array.astype('<f4') in NumPy\n");
  writeX("big.npy", {300, 4});
  EXPECT_EQ(run("--x big.npy --y out.npy"), 1);
  EXPECT_EQ(output, "fake: error: batch is 300, but 'fake' was compiled for at "
                    "most 256\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "out.npy"));
}

TEST_F(Program, ReportsUnwritableOutput) {
  EXPECT_EQ(run("--x x.npy --y none/out.npy"), 1);
  EXPECT_THAT(output, HasSubstr("cannot write 'none/out.npy': No such file"));
  std::filesystem::create_symlink("/dev/full", folder / "full.npy");
  EXPECT_EQ(run("--x x.npy --y full.npy"), 1);
  EXPECT_THAT(output, HasSubstr("No space left on device"));
  EXPECT_EQ(run("--x x.npy > /dev/full; exit $?"), 1);
}

TEST_F(Program, FindsWeights) {
  std::filesystem::rename(folder / "fake.weights", folder / "other");
  EXPECT_EQ(run("--x x.npy"), 1);
  EXPECT_THAT(output, HasSubstr("fake.weights': No such file or directory"));
  EXPECT_EQ(run("--x x.npy --weights other"), 0) << output;
  EXPECT_EQ(run("--info --weights none"), 0) << "needs no weights";
}

TEST_F(Program, ChecksWeights) {
  EXPECT_EQ(run("--check-weights"), 0);
  EXPECT_EQ(output, "the weights of 'fake' are intact\n");
  std::string bytes = contentsOf(folder / "fake.weights");
  bytes.back() ^= 1;
  folder.write("fake.weights", bytes);
  EXPECT_EQ(run("--check-weights"), 1);
  EXPECT_THAT(output, HasSubstr("the file is damaged"));
}

TEST_F(Program, DescribesItself) {
  EXPECT_EQ(run("--info"), 0);
  EXPECT_THAT(output, HasSubstr("dimension    batch: 1 to 256"));
  EXPECT_THAT(output, HasSubstr("f32[2*tokens + 1]"));
  EXPECT_EQ(run("--info=json"), 0);
  EXPECT_EQ(nlohmann::json::parse(output)["model"], "fake");
}

TEST_F(Program, Helps) {
  EXPECT_EQ(run("--help"), 0);
  EXPECT_THAT(output,
              StartsWith("fake: Arithmetic by hand.\n\nUsage: fake main "
                         "--x FILE [options]"));
  EXPECT_THAT(output, HasSubstr("--bench[=SECONDS]"));
  EXPECT_EQ(run("-h --entry=gather"), 0);
  EXPECT_THAT(output, HasSubstr("Usage: fake gather --ids FILE"));
}

TEST_F(Program, Benchmarks) {
  EXPECT_EQ(run("--bench=0.05 --dim batch=7 --threads=2"), 0) << output;
  EXPECT_THAT(output, HasSubstr("items/s (batch = 7)"));
  for (const char *word : {"median", "min", "p90", "calls/s", "peak RSS"})
    EXPECT_THAT(output, HasSubstr(word));
  EXPECT_EQ(run("--bench=0.05 --entry window --dim tokens=9"), 0) << output;
  EXPECT_EQ(run("--bench=0.05 --entry gather"), 0) << "zeros are good indices";
}

TEST_F(Program, Profiles) {
  EXPECT_EQ(run("--x x.npy --profile trace.json"), 0);
  EXPECT_THAT(output, HasSubstr("scale  multiply"));
  auto json = nlohmann::json::parse(contentsOf(folder / "trace.json"));
  EXPECT_EQ(json["traceEvents"].size(), 2u);
  EXPECT_EQ(json["traceEvents"][0]["args"]["shape"], "2x4");
  EXPECT_EQ(run("--profile none/trace.json"), 1);
  EXPECT_THAT(output, HasSubstr("cannot write 'none/trace.json'"));
}

} // namespace
