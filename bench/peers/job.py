"""What every peer is given, and what it makes of it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np


LIBRARY = "libcase.so"


class Unable(Exception):
    """A peer has no form of a case, and why."""


@dataclass
class Job:
    """A case of cases.py, compiled by Lathe into `folder`, for a number of threads."""

    case: dict
    folder: Path
    threads: int

    @property
    def library(self):
        return self.folder / LIBRARY

    @property
    def weights(self):
        """The checkpoint, with the names of the spec."""
        return self.folder / f"{LIBRARY}.safetensors"

    @property
    def stem(self):
        return Path(self.case["spec"]).stem

    @property
    def stored(self):
        return self.setting("stored", "f32")

    def setting(self, name, default):
        return self.case.get("settings", {}).get(name, default)

    def info(self):
        return json.loads((self.folder / "info.json").read_text())

    def inputs(self):
        """The entry's inputs by name, in their order."""
        return {path.stem: np.load(path) for path in map(Path, json.loads((self.folder / "inputs.json").read_text()))}


@dataclass
class Prepared:
    """A case ready to be run again and again."""

    call: Callable[[], object]
    outputs: Callable[[], list]  # after a call: the entry's outputs as arrays, those of integers, too


def fastest(calls):
    """The one of several functions that takes the least time."""
    def seconds(call):
        call(), call()
        times = []
        for _ in range(5):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return min(times)
    return calls[0] if len(calls) == 1 else min(calls, key=seconds)
