#!/usr/bin/env bash
# Compiles and runs the small trained models of specs/zoo and prints what each shows: `tools/zoo.sh [MODEL...]`.
# Fails where a program's figure is not the one that PyTorch has for the same weights and data.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

tools/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target lathe
exec python3 tools/zoo.py "$@"
