#!/usr/bin/env bash
# Installs what bench/run.py compares Lathe with into build/peers, outside of git: `bench/setup.sh [PEER...]`, all of them
# unless some are named. Packages of the system's Python (a PyTorch, say) are taken where they are there.
# llama.cpp is compiled for the processor at hand, which takes a quarter of an hour.
# An older PyTorch has a folder of its own, which $LATHE_PEERS names, for bench/run.py, too:
#   LATHE_PEERS=build/peers-1.13 bench/setup.sh torch==1.13.1
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

peers=("$@")
[[ ${#peers[@]} -gt 0 ]] || peers=(torch onnxruntime openblas onednn fftw llama scipy)
folder=${LATHE_PEERS:-build/peers}
packages=(numpy safetensors)
for peer in "${peers[@]}"; do
  case $peer in
    torch | torch-compile) packages+=(torch) ;;
    torch==1.*) packages+=("$peer" "numpy<2") ;;
    onnxruntime) packages+=(torch onnx onnxscript onnxruntime) ;;
    openblas) packages+=(scipy-openblas32) ;;
    onednn) packages+=(onednn-cpu-gomp) ;;
    fftw) packages+=(pyfftw) ;;
    scipy) packages+=(scipy) ;;
    llama) packages+=(llama-cpp-python gguf) ;;
    *)
      echo "setup: error: no peer is called '$peer'; there are torch, torch==1.13.1, onnxruntime, openblas, onednn, fftw, llama, scipy" >&2
      exit 1
      ;;
  esac
done

[[ -x $folder/bin/python ]] || python3 -m venv --system-site-packages "$folder"
export CC=clang-22 CXX=clang++-22 CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAVA_BUILD=OFF"
exec "$folder/bin/pip" install --disable-pip-version-check "${packages[@]}"
