"""How lit runs the tests: see https://llvm.org/docs/CommandGuide/lit.html."""

import os
import re
import subprocess

import lit.formats

config.name = "lathe"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".yaml", ".test"]
# Inputs of tests, and golden data.
config.excludes = ["Inputs", "data"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.lathe_build, "test")

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.lathe_build, "bin"), config.llvm_bin, os.environ["PATH"]]
)
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
config.substitutions.append(("%root", config.lathe_source))
config.substitutions.append(("%build", config.lathe_build))
config.substitutions.append(("%mlir_include", config.mlir_include))
config.substitutions.append(("%digits", os.path.join(config.lathe_source, "specs", "digits")))
# A C compiler, as a program's author would call it to link a compiled model.
config.substitutions.append(("%cc", " ".join([config.c_compiler, config.lathe_sanitize])))

# What a test DEFINEs may be made of what it DEFINEd before.
config.recursiveExpansionLimit = 4

# The slowest tests take a minute where nothing else runs; what takes ten hangs.
try:
    import psutil  # noqa: F401 (lit needs it to end a test)

    lit_config.maxIndividualTestTime = 600
except ImportError:
    pass

if config.lathe_sanitize:
    config.available_features.add("sanitize")
    # Containers cross the border to LLVM, which is not instrumented, and LLVM's own tables live until the end.
    config.environment["ASAN_OPTIONS"] = "detect_container_overflow=0:detect_leaks=0:allow_user_poisoning=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"

# What measures programs needs it; the rest does without.
if subprocess.run(["python3", "-c", "import numpy"], capture_output=True).returncode == 0:
    config.available_features.add("numpy")

# A Vulkan loader with a driver, Mesa's for processors at least, as tools/setup.sh installs them.
FIND_DRIVER = """
import ctypes, glob, os, sys
ctypes.CDLL("libvulkan.so.1")
named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES")
sys.exit(not (named or glob.glob("/usr/share/vulkan/icd.d/*.json") or glob.glob("/etc/vulkan/icd.d/*.json")))
"""
if subprocess.run(["python3", "-c", FIND_DRIVER], capture_output=True).returncode == 0:
    config.available_features.add("vulkan")
else:
    lit_config.note("no Vulkan driver: kernels for devices are compiled and not run; tools/setup.sh installs one")

# Khronos's validator of SPIR-V, by its year: that of Debian 12 does not know cooperative matrices.
try:
    version = subprocess.run(["spirv-val", "--version"], capture_output=True, text=True).stdout
    config.available_features.add("spirv-val")
    year = re.search(r"v(\d+)", version)
    if year and int(year[1]) >= 2025:
        config.available_features.add("spirv-val-2025")
except OSError:
    lit_config.note("no spirv-val: kernels for Vulkan devices are not validated; tools/setup.sh installs one")

# NVIDIA's driver, and CUDA's assembler where the compiler looks for it.
if subprocess.run(["python3", "-c", "import ctypes; ctypes.CDLL('libcuda.so.1')"], capture_output=True).returncode == 0:
    config.available_features.add("cuda")
for variable in ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]
FIND_PTXAS = "import sys; sys.path.insert(0, sys.argv[1]); import ptx; sys.exit(not ptx.find_ptxas())"
bench = os.path.join(config.lathe_source, "bench")
if subprocess.run(["python3", "-B", "-c", FIND_PTXAS, bench], capture_output=True).returncode == 0:
    config.available_features.add("ptxas")
else:
    lit_config.note("no ptxas: kernels for CUDA devices are written and not assembled; it comes with CUDA's compiler")

# Instructions that processors have for some years only, by Linux's names.
try:
    flags = next(line for line in open("/proc/cpuinfo") if line.startswith("flags")).split()
except (OSError, StopIteration):
    flags = []
config.available_features.update(
    {"avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8"}.intersection(flags)
)

# Tests that take minutes and many gigabytes: lit --param large=1.
if lit_config.params.get("large"):
    config.available_features.add("large")


# How test/ops runs @main of a file: %reference by the plain lowering and plain loops (-O0), %optimised by the default
# one, nests and vectors, in one thread.
def jit(lowering, loops, mathematics):
    passes = [
        lowering,
        "one-shot-bufferize{bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map}",
        "canonicalize,cse",
        loops,
        mathematics,
        "lathe-lower-kernel-calls,lower-affine,loop-invariant-code-motion,convert-scf-to-cf",
        "func.func(lathe-lower-expand-shapes),expand-strided-metadata,lower-affine,arith-expand",
        "convert-math-to-libm,convert-math-to-llvm,convert-vector-to-llvm,finalize-memref-to-llvm",
        "convert-arith-to-llvm,convert-index-to-llvm,convert-cf-to-llvm,convert-func-to-llvm",
        "reconcile-unrealized-casts,canonicalize,cse",
    ]
    pipeline = ",".join(part for part in passes if part)
    libraries = ",".join(
        [
            os.path.join(config.llvm_bin, os.pardir, "lib", name)
            for name in ("libmlir_runner_utils.so", "libmlir_c_runner_utils.so")
        ]
        + [os.path.join(config.lathe_build, "lib", "liblathe-runtime-functions.so")]
    )
    preload = f"env LD_PRELOAD={config.sanitize_preload} " if config.lathe_sanitize else ""
    return (
        f"lathe-opt %s -pass-pipeline='builtin.module({pipeline})'"
        f" | {preload}mlir-runner -e main -entry-point-result=void -shared-libs={libraries}"
    )


reference = jit("func.func(lathe-decompose),lathe-lower-to-linalg", "func.func(convert-linalg-to-loops)", "")
optimising = (
    "lathe-group-experts,func.func(lathe-fuse-attention,lathe-fuse-spectral,lathe-decompose),"
    "lathe-lower-to-linalg{channels-last=true},"
    "func.func(lathe-sink-transposes,lathe-sink-decoding,lathe-fuse-elementwise,lathe-form-nests,"
    "lathe-pad-in-place)",
    "func.func(lathe-fill-borders,lathe-copies-to-nests,convert-linalg-to-loops,lathe-generate-nests{vector-bytes=32 parallel=false},"
    "lathe-generate-attention{vector-bytes=32 parallel=false}),"
    "lathe-generate-filters{vector-bytes=32 parallel=false}",
)
optimised = jit(*optimising, "func.func(lathe-approximate-math)")
# The same of %t.mlir for targets that do not multiply and add in one instruction.
unfused = jit(*optimising, "func.func(lathe-approximate-math{fused=false})").replace("%s", "%t.mlir")
config.substitutions.insert(0, ("%reference", reference))
config.substitutions.insert(0, ("%unfused", unfused))
config.substitutions.insert(0, ("%optimised", optimised))
