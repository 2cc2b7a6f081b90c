"""The GoogleTests, which stand in test/<folder>/*Test.cpp, as lit tests."""

import os

import lit.formats

config.name = "lathe-unit"
config.test_format = lit.formats.GoogleTest(".", "-tests")
config.suffixes = []
config.test_source_root = os.path.join(config.lathe_build, "bin")
config.test_exec_root = os.path.join(config.lathe_build, "test", "unit")
if config.lathe_sanitize:
    # Containers cross the border to LLVM, which is not instrumented.
    config.environment["ASAN_OPTIONS"] = "detect_container_overflow=0"
