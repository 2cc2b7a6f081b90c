#!/usr/bin/env bash
# Installs what Lathe needs to be built and tested and a bare Debian 12 lacks. Does nothing, quickly, where all is there.
set -euo pipefail

packages=(
  # The compiler's foundation, and the tools that build and test it.
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools
  clang-22 lld-22 clang-format-22 libclang-rt-22-dev
  # What LLVM's CMake files look for.
  libzstd-dev libedit-dev libcurl4-openssl-dev
  # Libraries and tools of our own.
  libyaml-cpp-dev nlohmann-json3-dev libpcre2-dev libutf8proc-dev libgtest-dev libgmock-dev libbenchmark-dev
  libpng-dev libjpeg62-turbo-dev zlib1g-dev
  # Kernels for Vulkan devices, a driver that runs them on the processor, and a validator.
  libvulkan-dev mesa-vulkan-drivers spirv-tools
  cmake ninja-build ccache python3
  # What counts the instructions of compiled programs, and what measures them.
  valgrind python3-numpy
)

fail() {
  printf 'setup: error: %s\n' "$@" >&2
  exit 1
}

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

command -v apt-get >/dev/null ||
  fail "this script installs Debian packages, and there is no apt-get; install these by other means: ${missing[*]}"
privileged=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || fail "installing packages needs root or sudo; missing are: ${missing[*]}"
  privileged=(sudo)
fi

echo "setup: installing ${missing[*]}"
"${privileged[@]}" apt-get update -q
unknown=()
for package in "${missing[@]}"; do
  # A package that only others mention has no version to install.
  [[ -n $(apt-cache show "$package" 2>/dev/null) ]] || unknown+=("$package")
done
if [[ ${#unknown[@]} -gt 0 ]]; then
  fail "apt has no package ${unknown[*]}" \
    "LLVM 22 is not part of Debian 12: add a source of its Debian packages to apt, such as LLVM's own, and try again"
fi
"${privileged[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
