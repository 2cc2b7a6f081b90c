#!/usr/bin/env bash
# Sets up, builds and runs all tests, first of the release build, then of the one with sanitizers:
#   tools/check.sh [PRESET...]
# Ends with a line "N passed, N failed" and fails if anything did.
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

presets=("$@")
[[ ${#presets[@]} -gt 0 ]] || presets=(release sanitize)
jobs=$(nproc)
passed=0
failed=0

# Counts the results of one run of lit from its report.
count() {
  python3 - "$1" <<'PYTHON'
import collections, json, sys
codes = collections.Counter(test["code"] for test in json.load(open(sys.argv[1]))["tests"])
good = codes.pop("PASS", 0) + codes.pop("FLAKYPASS", 0) + codes.pop("XFAIL", 0)
for skipped in ("UNSUPPORTED", "EXCLUDED", "SKIPPED"):
    codes.pop(skipped, 0)
print(good, sum(codes.values()))
PYTHON
}

run_preset() {
  local preset=$1 report=build/$1/test-report.json good bad
  printf '\n== %s: build\n' "$preset"
  if ! cmake --preset "$preset" >/dev/null || ! cmake --build --preset "$preset" --parallel "$jobs"; then
    echo "check: error: the build '$preset' failed" >&2
    failed=$((failed + 1))
    return
  fi
  printf '\n== %s: test\n' "$preset"
  rm -f "$report"
  lit-22 -sv --time-tests -j "$jobs" --output "$report" "build/$preset/test"
  if ! read -r good bad < <(count "$report"); then
    echo "check: error: the tests of '$preset' left no report" >&2
    good=0 bad=1
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

if tools/setup.sh; then
  for preset in "${presets[@]}"; do
    run_preset "$preset"
  done
else
  failed=1
fi
echo
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
