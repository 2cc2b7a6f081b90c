#!/usr/bin/env bash
# Runs golden cases through compiled programs; `tools/golden.sh --help` says how.
set -euo pipefail
exec python3 "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/golden.py" "$@"
