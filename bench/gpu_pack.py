"""Makes the folder of programs that bench/gpu.py runs on another machine."""

import array
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from gpu import ARCHIVE, as_options, call, program_of, reason_of, shapes_of
from gpu_cases import EXPERTS, MODELS, PROCESSOR, TRUE_BYTES, systems

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 64 << 20
SCRIPTS = ("bench/gpu.sh", "bench/gpu.py", "bench/gpu_cases.py", "bench/gpu_peers.py", "tools/golden.py",
           "tools/golden_case.py")


def can_compile(lathe, target):
    with tempfile.TemporaryDirectory() as scratch:
        done = call([lathe, "compile", ROOT / "bench/specs/product.yaml", "--set", "inputs=8", "--set", "features=8",
                     f"--target={target}", "-o", Path(scratch) / "p"])
    return done.returncode == 0


def read_header(file):
    """What an open safetensors file says of its tensors, and where their bytes begin."""
    length = int.from_bytes(file.read(8), "little")
    tensors = json.loads(file.read(length))
    return {name: it for name, it in tensors.items() if name != "__metadata__"}, 8 + length


def strip_weights(path, true_bytes):
    """Replaces a weights file by its size and its parts up to so many bytes."""
    with open(path, "rb") as file:
        tensors, start = read_header(file)
        places = [(0, start)] + [(start + begin, end - begin) for begin, end in
                                 (it["data_offsets"] for it in tensors.values()) if end - begin <= true_bytes]
        parts = []
        for begin, length in places:
            file.seek(begin)
            parts.append(file.read(length))
    Path(f"{path}.parts").write_bytes(b"".join(parts))
    Path(f"{path}.places").write_text(json.dumps({"size": path.stat().st_size, "places": places}))
    path.unlink()


def set_column(file, tensors, start, name, value):
    """Gives the first column of a matrix of f32 a value."""
    begin, (rows, columns) = start + tensors[name]["data_offsets"][0], tensors[name]["shape"]
    for row in range(rows):
        file.seek(begin + 4 * row * columns)
        file.write(array.array("f", [value]).tobytes())


def keep_share(file, tensors, start, name, share):
    """Makes a mask negative in all but a share of its channels."""
    begin, end = tensors[name]["data_offsets"]
    kept = [int((i + 1) * share) > int(i * share) for i in range((end - begin) // 4)]
    file.seek(start + begin)
    file.write(array.array("f", [1.0 if it else -1.0 for it in kept]).tobytes())


def make_checkpoint(lathe, case, path):
    settings = {key: value for key, value in case.get("settings", {}).items() if key not in ("stored", "activations")}
    done = call([lathe, "init", ROOT / case["spec"], *as_options("--set", settings), "--seed", "1", "-o", path])
    if done.returncode or not path.exists():
        return
    with open(path, "r+b") as file:
        tensors, start = read_header(file)
        for end, value in case.get("columns", {}).items():
            for name in tensors:
                if name.endswith(f".{end}"):
                    set_column(file, tensors, start, name, value)
        for name, share in case.get("kept", {}).items():
            keep_share(file, tensors, start, name, share)


def compile_model(lathe, spec, settings, target, program, weights, processor=PROCESSOR):
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [lathe, "compile", ROOT / spec, *settings, f"--target={target}", f"--target-cpu={processor}", "-o", program]
    made = call([*command, *(["--weights", weights] if weights.exists() else [])], timeout=900)
    if made.returncode:
        sys.exit(f"gpu: cannot compile {spec} for {target}: {reason_of(made)}")


def pack_models(lathe, targets, folder, only):
    # By checkpoints, which may be large.
    cases = sorted((it for it in [*MODELS.items(), ("experts", EXPERTS)] if re.search(only, it[0])),
                   key=lambda it: program_of(it[1]))
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as scratch:
        weights, last = Path(scratch) / "w.safetensors", None
        for name, case in cases:
            settings = case.get("settings", {})
            source = [case["spec"], case.get("kept"), {**settings, "stored": "", "activations": ""}]
            if source != last:
                weights.unlink(missing_ok=True)
                make_checkpoint(lathe, case, weights)
                last = source
            for target in targets:
                program = folder / "models" / target / program_of(case)
                if not program.exists():
                    compile_model(lathe, case["spec"], as_options("--set", settings), target, program, weights)
                    strip_weights(Path(f"{program}.weights"), case.get("true_bytes", TRUE_BYTES))
            shapes = folder / "shapes" / f"{name}.json"
            shapes.parent.mkdir(exist_ok=True)
            shapes.write_text(json.dumps(shapes_of(json.loads(call([program, "--info=json"]).stdout), case)))


def pack_systems(lathe, targets, folder, only):
    for name, spec, settings, processor in systems(ROOT):
        if not re.search(only, name):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            weights = Path(scratch) / "w.safetensors"
            call([lathe, "init", ROOT / spec, *settings, "--seed", "1", "-o", weights])
            for target in targets:
                # What a device does not multiply it does not round either.
                beside = PROCESSOR if target == "vulkan" else processor
                compile_model(lathe, spec, settings, f"cpu+{target}", folder / "systems" / target / name, weights, beside)


def compress(folder):
    """Puts all but the scripts into one archive, what is alike side by side: the programs and golden data of a case."""
    files = [path.relative_to(folder) for path in folder.rglob("*")
             if path.is_file() and path.relative_to(folder).parts[0] not in (path.name, "peers")]
    with tarfile.open(folder / ARCHIVE, "w:xz", preset=9) as archive:
        for path in sorted(files, key=lambda path: path.parts[1 if path.parts[0] in ("golden", "specs") else 2:]):
            archive.add(folder / path, path)
    for path in {path.parts[0] for path in files}:
        shutil.rmtree(folder / path)


def pack_golden(lathe, targets, folder, golden, only):
    if golden == "none":
        return
    data = ROOT / "test" / "golden" / "data"
    for group in sorted(path for path in data.iterdir() if path.is_dir() and re.search(only, path.name)):
        cases = sorted(path for path in group.iterdir() if (path / "case.json").exists())
        for case in cases if golden == "all" else cases[:1]:
            shutil.copytree(case, folder / "golden" / group.name / case.name)
    shutil.copytree(ROOT / "test" / "golden" / "specs", folder / "specs")
    for target in targets if (folder / "golden").exists() else []:
        done = call([ROOT / "tools" / "golden.sh", f"--target={target}", f"--target-cpu={PROCESSOR}",
                     f"--keep={folder / 'programs' / target}",
                     folder / "golden"], timeout=1800, env={**os.environ, "LATHE": str(lathe)})
        if done.returncode:
            sys.exit(f"gpu: cannot compile golden cases for {target}:\n{done.stdout}{done.stderr}")


def pack(options):
    lathe = Path(os.environ.get("LATHE") or ROOT / "build" / "release" / "bin" / "lathe")
    targets = [target for target in options.targets.split(",") if can_compile(lathe, target)]
    if not targets:
        sys.exit(f"gpu: '{lathe}' compiles for none of {options.targets}")
    folder = options.folder
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"gpu: '{folder}' is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    for script in SCRIPTS:
        shutil.copy(ROOT / script, folder)
    shutil.copytree(ROOT / "bench" / "peers", folder / "peers", ignore=shutil.ignore_patterns("__pycache__"))
    pack_golden(lathe, targets, folder, options.golden, options.only)
    pack_models(lathe, targets, folder, options.only)
    pack_systems(lathe, targets, folder, options.only)
    compress(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB for {', '.join(targets)}")
    if size > MOST_BYTES:
        sys.exit(f"gpu: more than {MOST_BYTES >> 20} MB; take fewer golden cases")
