"""Validates the kernels of a module in the phase target, read from standard input, for an environment of spirv-val:

lathe compile SPEC --target=vulkan --stop-after=target | validate_spirv.py vulkan1.2
"""

import re
import subprocess
import sys
import tempfile

KERNEL = re.compile(rb'kernel\.binary @(\S+) buffers.*? code "((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(rb'\\([0-9A-F]{2}|["\\])')


def decode(text):
    """The bytes of a string attribute, of which MLIR prints some as two digits behind a backslash."""
    return ESCAPE.sub(lambda found: found[1] if len(found[1]) == 1 else bytes.fromhex(found[1].decode()), text)


kernels = KERNEL.findall(sys.stdin.buffer.read())
for name, code in kernels:
    with tempfile.NamedTemporaryFile(suffix=".spv") as file:
        file.write(decode(code))
        file.flush()
        run = subprocess.run(["spirv-val", "--target-env", sys.argv[1], file.name], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{name.decode()}: {run.stdout}{run.stderr}")
print(f"{len(kernels)} kernels are valid")
