"""usage: bytes_of.py A.npy...: the tokens of all arrays, which are bytes, as a program writes them: valid UTF-8, a newline."""

import ast
import sys
from array import array

tokens = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    size = int.from_bytes(data[8:10], "little")
    header = ast.literal_eval(data[10 : 10 + size].decode())
    assert header["descr"] == "<i4", header
    tokens += array("i", data[10 + size :])
text = bytes(token for token in tokens if token < 256)
sys.stdout.buffer.write(text.decode("utf-8", "replace").replace("\0", "\ufffd").encode() + b"\n")
