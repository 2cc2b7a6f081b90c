#!/usr/bin/env bash
# Builds Lathe, compiles the classifier of handwritten digits and runs it: `tools/demo.sh`.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

step "Set up and build"
tools/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target lathe

step "Compile specs/digits/digits.yaml into a program"
built=$(mktemp -d)
fresh=$(mktemp -d)
trap 'rm -rf "$built" "$fresh"' EXIT
build/release/bin/lathe compile specs/digits/digits.yaml \
  --weights specs/digits/digits.safetensors -o "$built/digits"

step "The program and its weights, alone in a folder, and the libraries it needs"
cp "$built/digits" "$built/digits.weights" "$fresh"
rm -r "$built"
ls -l "$fresh" | tail -n +2
ldd "$fresh/digits"
if ldd "$fresh/digits" | grep -E 'LLVM|MLIR'; then
  echo "demo: the program needs LLVM or MLIR" >&2
  exit 1
fi

step "Classify 360 images that took no part in training"
images=$PWD/specs/digits/test_images.npy
(cd "$fresh" && env -i ./digits --image "$images" --logits logits.npy)
python3 tools/demo.py specs/digits "$fresh/logits.npy"

step "Speed, with every processor and 256 images at a time"
(cd "$fresh" && ./digits --bench=2 --dim batch=256) | tee "$fresh/bench.txt"
awk '/^items/ {printf "%.0f images a second\n", $2}' "$fresh/bench.txt"
