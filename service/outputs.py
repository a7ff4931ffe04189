"""Whether two outputs say the same, given that the last digits of floats may differ; pure."""

import math
import re

from service.sandbox.verdict import Verdict

FLOAT_TOLERANCE = 1e-3
_TOLERANCES = (("bfloat16", 5e-2), ("float16", 1e-2), ("float64", 1e-6))
_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
_DEVICE = re.compile(r",?\s*device='?(?:cuda(?::\d+)?|cpu)'?|\bcuda(?::\d+)?\b|\bcpu\b")


def same_output(stated: str, printed: str, *, tolerance: float = FLOAT_TOLERANCE) -> bool:
    """Whether two outputs are equal but for white space and the last digits of floats (relative ``tolerance``)."""
    stated, printed = folded(stated), folded(printed)
    if _NUMBER.sub("#", stated) != _NUMBER.sub("#", printed):
        return False
    pairs = zip(_NUMBER.findall(stated), _NUMBER.findall(printed), strict=True)
    return all(_same_number(one, other, tolerance) for one, other in pairs)


def agree(cpu: Verdict, cuda: Verdict) -> bool:
    """Whether a program did the same on both devices: the same status and exception, and the same numbers printed.

    Floats may differ as far as their type lets them: the coarsest type that the output names, else that of float32.
    """
    if cpu.status != cuda.status or (cpu.error and cpu.error.type) != (cuda.error and cuda.error.type):
        return False
    outputs = [_DEVICE.sub("", verdict.stdout) for verdict in (cpu, cuda)]
    tolerance = next((found for name, found in _TOLERANCES if name in outputs[0]), FLOAT_TOLERANCE)
    return same_output(*outputs, tolerance=tolerance)


def folded(text: str) -> str:
    """``text`` with each run of white space made one space."""
    return " ".join(text.split())


def _same_number(one: str, other: str, tolerance: float) -> bool:
    if one == other:
        return True
    is_float = any("." in text or "e" in text.lower() for text in (one, other))
    return is_float and math.isclose(float(one), float(other), rel_tol=tolerance, abs_tol=tolerance / 10)
