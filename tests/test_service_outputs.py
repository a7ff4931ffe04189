"""When two outputs say the same."""

from dataclasses import replace

import pytest
from fakes import PASSED

from service.outputs import agree, same_output


@pytest.mark.parametrize(
    ("stated", "printed", "same"),
    [
        ("loss 0.1234", "loss  0.12341\n", True),
        ("loss 0.1234", "loss 0.1334", False),
        ("tensor([1., 2.])", "tensor([1., 2.])", True),
        ("shape (2, 3)", "shape (2, 4)", False),
        ("1e-5", "1.0001e-5", True),
        ("-0.0000", "0.0000", True),
        ("a 1.0", "b 1.0", False),
        ("1.0 2.0", "1.0", False),
        ("1000", "1001", False),
    ],
)
def test_outputs_are_compared_but_for_the_last_digits_of_floats(stated: str, printed: str, same: bool) -> None:
    assert same_output(stated, printed) is same


def test_devices_agree_where_only_the_device_is_named_otherwise() -> None:
    cpu = replace(PASSED, stdout="tensor([0.1234])\ncpu\n")
    cuda = replace(PASSED, stdout="tensor([0.1235], device='cuda:0')\ncuda:0\n", device="cuda")
    assert agree(cpu, cuda)


def test_coarser_types_may_differ_more() -> None:
    one, other = replace(PASSED, stdout="tensor(1.000)"), replace(PASSED, stdout="tensor(1.004)")
    assert not agree(one, other)
    half = [replace(verdict, stdout=f"{verdict.stdout} torch.float16") for verdict in (one, other)]
    assert agree(*half)


def test_a_device_that_did_not_run_does_not_agree() -> None:
    assert not agree(PASSED, replace(PASSED, status="refused"))
