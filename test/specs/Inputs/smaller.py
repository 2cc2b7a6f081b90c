"""Fails unless a file is smaller than another by a share: smaller.py SMALL LARGE SHARE"""

import os
import sys

small, large = map(os.path.getsize, sys.argv[1:3])
print(f"{small} bytes of {large}: {1 - small / large:.1%} less")
sys.exit(small > (1 - float(sys.argv[3])) * large)
