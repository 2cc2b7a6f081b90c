#!/usr/bin/env python3
"""Tests of tools/golden.sh: a golden runner that cannot fail would be worse than none.

The compiler is a stand-in whose programs copy files that each test prepares.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
from golden import Runner  # noqa: E402
from golden_case import (Failure, Tensor, evaluate, join_along, made_inputs,  # noqa: E402
                         planned_calls, read_npy, settings, slice_along, write_npy)

LATHE = """#!/bin/sh
echo "lathe $*" >> "$STAND_IN/log"
[ -e "$STAND_IN/compile_error" ] && { echo note >&2; cat "$STAND_IN/compile_error" >&2; exit 1; }
while [ "$1" != -o ]; do shift; done
cp "$STAND_IN/program" "$2"
"""

PROGRAM = """#!/bin/sh
echo "program $*" >> "$STAND_IN/log"
while [ $# -gt 0 ]; do
  case "$1" in
    --x) shift ;;
    --threads=*) threads="${1#--threads=}" ;;
    --*)
      for file in "$STAND_IN/${1#--}-$threads.npy" "$STAND_IN/${1#--}.npy"; do
        [ -e "$file" ] && cp "$file" "$2" && break
      done
      shift ;;
  esac
  shift
done
[ -e "$STAND_IN/crash" ] && kill -SEGV $$
exit 0
"""


def floats(*values, shape=None, dtype="float32"):
    return Tensor(dtype, shape or (len(values),), values)


class RunnerTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        self.stand_in = self.root / "stand-in"
        self.stand_in.mkdir()
        for name, text in (("lathe", LATHE), ("program", PROGRAM)):
            (self.stand_in / name).write_text(text)
            (self.stand_in / name).chmod(0o755)

    def case(self, name="set/one", want=floats(1.0, -2.0), got=None, output="y", **changes):
        """A case that expects `want`; the program will write `got` (None: no file)."""
        folder = self.root / name
        folder.mkdir(parents=True)
        entry = {"file": "y.npy", "max_abs": 2.0, "f32_vs_f64_max_abs_error": 1e-6}
        config = {"channels": 2, "height": 1, "width": 1, "blocks": 1,
                  "activation": "swish", "softshrink": 0.01}
        case = {"system": "aff", "config": config, "inputs": {"x": {"file": "x.npy"}},
                "outputs": {output: entry}}
        case.update(changes)
        write_npy(folder / "x.npy", floats(0.0))
        write_npy(folder / "y.npy", want)
        (folder / "weights.safetensors").touch()
        (folder / "case.json").write_text(json.dumps(case))
        if got is not None:
            write_npy(self.stand_in / f"{output}.npy", got)
        return folder

    def run_golden(self, *arguments):
        """(exit status, lines printed)"""
        environment = dict(os.environ, LATHE=str(self.stand_in / "lathe"),
                           STAND_IN=str(self.stand_in))
        done = subprocess.run([ROOT / "tools" / "golden.sh", *map(str, arguments)],
                              env=environment, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def expect(self, status, text, *arguments):
        code, lines = self.run_golden(*(arguments or [self.root / "set"]))
        self.assertRegex(lines[0], f"^{status} .*{text}")
        self.assertEqual(code, status == "FAIL")
        self.assertEqual(lines[-1].split(", ")[:2],
                         [f"{int(status == 'PASS')} passed", f"{int(status == 'FAIL')} failed"])

    # What passes and what does not. Allowed here: 10 * 1e-6 + 1e-6 * 2.

    def test_equal(self):
        self.case(got=floats(1.0, -2.0))
        self.expect("PASS", "y off by 0, allowed 1.2e-05")

    def test_within_tolerance(self):
        self.case(got=floats(1.0, -2.00001))
        self.expect("PASS", "y off by 1e-05")

    def test_beyond_tolerance(self):
        self.case(got=floats(1.0, -2.000014))
        self.expect("FAIL", "y off by 1.4")

    def test_without_figures_1e5_of_the_largest(self):
        self.case(got=floats(1.0, -2.00001), outputs={"y": {"file": "y.npy"}})
        self.expect("PASS", "allowed 2e-05")

    def test_without_figures_beyond(self):
        self.case(got=floats(1.0, -2.00003), outputs={"y": {"file": "y.npy"}})
        self.expect("FAIL", "allowed 2e-05")

    def test_nan(self):
        self.case(got=floats(1.0, float("nan")))
        self.expect("FAIL", "the program's 'y' contains NaN")

    def test_nan_expected(self):
        self.case(want=floats(1.0, float("nan")), got=floats(1.0, 1.0))
        self.expect("FAIL", "the expected 'y' contains NaN")

    def test_infinity(self):
        self.case(got=floats(1.0, float("inf")))
        self.expect("FAIL", "y off by inf")

    def test_equal_infinities(self):
        infinity = floats(float("-inf"), 1.0)
        self.case(want=infinity, got=infinity)
        self.expect("PASS", "y off by 0")

    def test_shape(self):
        self.case(got=floats(1.0, -2.0, shape=(1, 2)))
        self.expect("FAIL", r"'y' has shape \(1, 2\), wanted \(2,\)")

    def test_type(self):
        self.case(got=floats(1.0, -2.0, dtype="float64"))
        self.expect("FAIL", "'y' has dtype float64, wanted float32")

    def test_integers_are_exact(self):
        self.case(want=floats(1000000, dtype="int64"), got=floats(1000001, dtype="int64"),
                  outputs={"y": {"file": "y.npy"}})
        self.expect("FAIL", "y off by 1, allowed 0")

    def test_one_of_two_outputs_is_wrong(self):
        entry = {"file": "y.npy", "max_abs": 2.0, "f32_vs_f64_max_abs_error": 1e-6}
        self.case(got=floats(1.00001, -2.0), outputs={"y": entry, "z": entry, "a": entry})
        for name, value in (("z", 1.1), ("a", 1.0)):
            write_npy(self.stand_in / f"{name}.npy", floats(value, -2.0))
        self.expect("FAIL", "z off by 0.1")

    def test_gradients_are_skipped(self):
        entry = {"file": "y.npy"}
        self.case(got=floats(1.0, -2.0), outputs={"y": entry, "grad_y": entry})
        code, lines = self.run_golden(self.root / "set")
        self.assertEqual((code, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("(skipped grad_y)", lines[0])
        self.assertNotIn("grad_y", (self.stand_in / "log").read_text())

    def test_only_gradients_do_not_pass(self):
        self.case(output="grad_y")
        code, lines = self.run_golden(self.root / "set")
        self.assertEqual((code, lines[-1]), (0, "0 passed, 0 failed, 1 skipped"))

    # Where compiler or program fails.

    def test_no_output(self):
        self.case()
        self.expect("FAIL", "the program wrote no 'y'")

    def test_truncated_output(self):
        self.case(got=floats(1.0, -2.0))
        path = self.stand_in / "y.npy"
        path.write_bytes(path.read_bytes()[:-1])
        self.expect("FAIL", "holds 7 bytes for float32")

    def test_crash(self):
        self.case(got=floats(1.0, -2.0))
        (self.stand_in / "crash").touch()
        self.expect("FAIL", "the program is killed by signal 11")

    def test_compile_error(self):
        self.case(got=floats(1.0, -2.0))
        (self.stand_in / "compile_error").write_text("aff.yaml:3:1: error: bad\n")
        self.expect("FAIL", "lathe compile exits with 1: aff.yaml:3:1: error: bad")

    # What is wrong with a case.

    def test_unknown_system(self):
        self.case(system="mystery")
        self.expect("FAIL", "no spec for system 'mystery'")

    def test_system_is_no_path(self):
        self.case(system="../specs/aff")
        self.expect("FAIL", "no spec for system '../specs/aff'")

    def test_missing_configuration(self):
        self.case(config={"height": 1})
        self.expect("FAIL", "case.json has no 'config.channels'")

    def test_unknown_value(self):
        config = {"channels": 2, "height": 1, "width": 1, "blocks": 1,
                  "activation": "step", "softshrink": 0.01}
        self.case(config=config)
        self.expect("FAIL", "'config.activation' is 'step', known are 'swish'")

    def test_no_outputs(self):
        self.case(outputs={})
        self.expect("FAIL", "names no outputs")

    def test_malformed_case(self):
        (self.case() / "case.json").write_text("[]")
        self.expect("FAIL", "unreadable case")

    def test_no_case(self):
        (self.root / "set").mkdir()
        self.expect("FAIL", "no case.json here or below")

    # Command lines.

    def test_folders(self):
        self.case("sets/a/1", got=floats(1.0, -2.0))
        self.case("sets/b/2", want=floats(3.0, -2.0))
        for folder, passed, failed in (("sets", 1, 1), ("sets/a", 1, 0), ("sets/b/2", 0, 1)):
            code, lines = self.run_golden(self.root / folder)
            self.assertEqual((code, lines[-1]), (failed, f"{passed} passed, {failed} failed"))

    def test_equal_bits_of_all_numbers_of_threads(self):
        folder = self.case(got=floats(1.0, -2.0))
        self.expect("PASS", "y off by 0", "--threads=1,2,3", folder)
        # Within the tolerance, but not the same.
        write_npy(self.stand_in / "y-3.npy", floats(1.0, -2.000001))
        self.expect("PASS", "y off by 0", "--threads=1,2", folder)
        self.expect("FAIL", "'y' is not the same with 3 threads as with 1", "--threads", "1,2,3", folder)

    def test_commands(self):
        folder = self.case(got=floats(1.0, -2.0))
        self.run_golden("-j1", "-O0", "--target-cpu", "x86-64-v3", "--threads=2", folder)
        compile_line, run_line = (self.stand_in / "log").read_text().splitlines()
        self.assertRegex(compile_line, "^lathe compile .*/aff.yaml --set channels=2 ")
        self.assertRegex(compile_line, f"--set act=silu .*--weights {folder}/weights.safetensors")
        self.assertRegex(compile_line, "-O0 --target-cpu x86-64-v3 -o ")
        self.assertNotIn("threads", compile_line)
        self.assertRegex(run_line, f"^program --threads=2 --x {folder.resolve()}/x.npy --y /")

    def test_no_compiler(self):
        done = subprocess.run([ROOT / "tools" / "golden.sh", self.case()],
                              env=dict(os.environ, LATHE="/absent"), capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (2, b""))


class NpyTest(unittest.TestCase):
    def test_round_trip(self):
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            for tensor in (floats(0.5, -1.5, 2.0, 0.0, 1.0, 3.0, shape=(2, 3)),
                           floats(0.5, shape=()), Tensor("float32", (0, 4), ()),
                           Tensor("int64", (2,), (-1, 1 << 40)),
                           Tensor("bool", (2,), (True, False)),
                           Tensor("float16", (1,), (0.25,))):
                write_npy(file.name, tensor)
                self.assertEqual(read_npy(file.name), tensor)

    def test_refused(self):
        good = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }\n"
        prefix = lambda h: b"\x93NUMPY\1\0" + len(h).to_bytes(2, "little") + h + bytes(4)
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            for blob in (b"", prefix(good)[:40], prefix(good.replace(b"<", b">")),
                         prefix(good.replace(b"False", b"True")), prefix(b"[]\n"),
                         prefix(good.replace(b"1, 1", b"1, -1")), prefix(good) + b"1"):
                Path(file.name).write_bytes(blob)
                with self.assertRaises(Failure, msg=blob):
                    read_npy(file.name)
            Path(file.name).write_bytes(prefix(good))
            self.assertEqual(read_npy(file.name).shape, (1, 1))


class MappingTest(unittest.TestCase):
    """What systems.json says of a system's lets, inputs and calls."""

    case = {"config": {"width": 0.5, "widths": [0.25, 0.5, 1.0], "each": [1.0, 0.25],
                       "mode": "b", "prefill": 2},
            "inputs": {"feat0": {"shape": [1, 16]}, "feat1": {"shape": [1, 8]},
                       "tokens": {"file": "tokens.npy", "shape": [1, 4]}}}

    def test_values(self):
        self.assertEqual(evaluate(self.case, "config.mode"), "b")
        self.assertEqual(evaluate(self.case, 3), 3)
        self.assertEqual(evaluate(self.case, {"from": "config.mode", "values": {"b": 7}}), 7)
        self.assertEqual(evaluate(self.case, {"from": "config.width", "in": "config.widths"}), 1)
        self.assertEqual(evaluate(self.case, {"each": "inputs.feat{i}.shape.1"}), [16, 8])
        self.assertEqual(evaluate(self.case, {"count": "inputs.feat{i}"}), 2)
        self.assertEqual(evaluate(self.case, {"count": "inputs.boxes{i}"}), 0)

    def test_values_that_are_not_there(self):
        with self.assertRaisesRegex(Failure, "case.json has no 'config.depth'"):
            evaluate(self.case, "config.depth")
        with self.assertRaisesRegex(Failure, "'config.mode' is 'b', known are 'a'"):
            evaluate(self.case, {"from": "config.mode", "values": {"a": 1}})
        with self.assertRaisesRegex(Failure, "'config.mode' is 'b', 'config.widths' has 0.25"):
            evaluate(self.case, {"from": "config.mode", "in": "config.widths"})

    def test_lists_set_lets(self):
        table = {"heights": {"each": "inputs.feat{i}.shape.1"}, "$inputs": {}}
        self.assertEqual(settings(self.case, table), ["--set", "heights=[16, 8]"])

    def test_made_inputs(self):
        table = {"$inputs": {
            "encoder": {"from": "config.width", "in": "config.widths"},
            "decoder{i}": {"from": "config.each.{i}", "in": "config.widths"},
            "sizes": {"each": "inputs.feat{i}.shape.1"}}}
        self.assertEqual(made_inputs(self.case, table),
                         {"encoder": "1", "decoder0": "2", "decoder1": "0", "sizes": "16,8"})

    def test_slices_and_joins(self):
        whole = floats(*range(12), shape=(2, 3, 2))
        parts = [slice_along(whole, 1, 0, 1), slice_along(whole, 1, 1, 3)]
        self.assertEqual(parts[0], floats(0, 1, 6, 7, shape=(2, 1, 2)))
        self.assertEqual(join_along(parts, 1), whole)
        self.assertEqual(slice_along(whole, 0, 1, 1).shape, (0, 3, 2))
        with self.assertRaises(Failure):
            slice_along(whole, 2, 1, 3)
        with self.assertRaises(Failure):
            join_along([whole, parts[0]], 0)

    def test_calls(self):
        """A program run for a prompt and then a token at a time, by the table of decoder."""
        table = json.loads((ROOT / "test/golden/specs/systems.json").read_text())["decoder"]
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            tokens = Tensor("int32", (1, 4), (5, 6, 7, 8))
            write_npy(folder / "tokens.npy", tokens)
            calls = planned_calls(self.case, folder, folder, table)
            self.assertEqual([c.entry for c in calls], ["prefill", "decode", "decode"])
            self.assertEqual([c.inputs["position"] for c in calls], ["0", "2", "3"])
            given = [read_npy(c.inputs["tokens"]) for c in calls]
            self.assertEqual([g.values for g in given], [(5, 6), (7,), (8,)])
            self.assertEqual(given[1].shape, (1, 1))

            # The stand-in's outputs are the tokens it was given.
            program = folder / "program"
            program.write_text("""#!/bin/sh
echo "$*" > $(dirname $0)/log
while [ $# -gt 0 ]; do
  [ "$1" = --tokens ] && tokens=$2
  [ "$1" = --logits ] && cp $tokens $2
  shift
done
""")
            program.chmod(0o755)
            wanted = {"prefill_logits": {}, "decode_logits": {}}
            got = Runner("", {}, [], []).run_calls(program, calls, wanted, "2")
            self.assertEqual(got["prefill_logits"].values, (5, 6))
            self.assertEqual(got["decode_logits"], Tensor("int32", (1, 2), (7, 8)))
            self.assertRegex((folder / "log").read_text(),
                             "^prefill --threads=2 --tokens [^:]* : decode --tokens [^:]* "
                             ": decode --tokens .*--position 3")


if __name__ == "__main__":
    unittest.main()
