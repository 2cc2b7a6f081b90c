#!/usr/bin/env bash
# Checks and times programs for devices on another machine; `bench/gpu.sh --help` says how.
set -euo pipefail
exec python3 "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/gpu.py" "$@"
