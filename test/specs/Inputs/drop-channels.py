"""Makes the first channels of a mask negative: drop-channels.py IN.safetensors MASK SHARE OUT.safetensors"""

import json
import struct
import sys

source, mask, share, target = sys.argv[1:]
data = bytearray(open(source, "rb").read())
header = struct.unpack_from("<Q", data)[0]
begin, end = json.loads(data[8:8 + header])[mask]["data_offsets"]
count = (end - begin) // 4
values = [-1.0 if i < float(share) * count else 1.0 for i in range(count)]
struct.pack_into(f"<{count}f", data, 8 + header + begin, *values)
open(target, "wb").write(data)
