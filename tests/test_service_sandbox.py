"""The sandbox: what each outcome is called, what it tells, and what stays outside."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.sandbox import Isolation, Limits, Program, Sandbox, Verdict, runner
from service.sandbox.isolation import candidates
from service.sandbox.probe import works

pytestmark = pytest.mark.integration

SHORT = Limits(seconds=20, memory_mb=1024, processes=16, output_kb=8, files_mb=4)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all tests here: what a program does to it, the next test would notice."""
    with closing(Sandbox()) as made:
        yield made


@pytest.fixture
def run(sandbox: Sandbox) -> Callable[..., Verdict]:
    def run(code: str, *, stdin: str = "", limits: Limits = SHORT) -> Verdict:
        return sandbox.run(Program(code, stdin=stdin), limits)

    return run


def test_passing_program_tells_its_output_and_where_it_ran(run: Callable[..., Verdict]) -> None:
    verdict = run("import torch\nprint(torch.ones(2).sum())", limits=Limits(seconds=60))
    assert (verdict.status, verdict.stdout, verdict.device) == ("passed", "tensor(2.)\n", "cpu")
    assert verdict.torch_version.startswith("2.13.0")
    assert verdict.peak_memory_mb > 50


def test_exception_is_told_with_the_programs_own_line(run: Callable[..., Verdict]) -> None:
    verdict = run("def f():\n    raise ValueError('bad')\nf()")
    assert verdict.status == "failed"
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.message, verdict.error.line) == ("ValueError", "bad", 2)
    assert "harness" not in verdict.error.traceback


def test_syntax_error_is_a_failure_with_its_line(run: Callable[..., Verdict]) -> None:
    verdict = run("x = 1\ndef f(:")
    assert verdict.error is not None
    assert (verdict.status, verdict.error.type, verdict.error.line) == ("failed", "SyntaxError", 2)


@pytest.mark.parametrize("code", ["import sys; sys.exit(0)", "import os; os._exit(0)", "raise SystemExit"])
def test_program_that_ends_before_its_end_has_not_passed(code: str, run: Callable[..., Verdict]) -> None:
    assert run(code).status == "exited_early"


def test_endless_program_is_stopped_for_its_time(run: Callable[..., Verdict]) -> None:
    verdict = run("while True: pass", limits=Limits(seconds=1))
    assert (verdict.status, verdict.stderr) == ("timed_out", "stopped after 1 s")


def test_printed_lines_are_told_at_once_although_nobody_flushes_them(sandbox: Sandbox) -> None:
    told: list[str] = []
    verdict = sandbox.run(
        Program("print('begun')\nwhile True: pass"),
        SHORT,
        on_output=lambda stream, text: told.append(text),
        cancelled=lambda: bool(told),
    )
    assert (verdict.status, verdict.stdout, told) == ("killed", "begun\n", ["begun\n"])


def test_memory_hog_is_stopped_for_its_memory(run: Callable[..., Verdict]) -> None:
    verdict = run("x = [bytearray(1 << 20) for _ in range(4096)]")
    assert (verdict.status, verdict.stderr) == ("out_of_memory", "more than 1024 MB of memory")


def test_many_processes_are_stopped_for_their_number(run: Callable[..., Verdict]) -> None:
    verdict = run("import os, time\nfor _ in range(30):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(60)")
    assert (verdict.status, verdict.stderr) == ("over_limit", "more than 16 processes")


def test_segmentation_fault_is_a_crash(run: Callable[..., Verdict]) -> None:
    assert run("import ctypes; ctypes.string_at(0)").status == "crashed"


def test_output_is_cut_at_the_limit_and_the_program_goes_on(run: Callable[..., Verdict]) -> None:
    verdict = run("print('x' * 100_000)")
    assert (verdict.status, verdict.truncated, len(verdict.stdout)) == ("passed", True, 8 << 10)


def test_files_are_limited(run: Callable[..., Verdict]) -> None:
    verdict = run("open('a', 'wb').write(bytes(8 << 20))")
    assert verdict.error is not None
    assert "No space left" in verdict.error.message


def test_standard_input_is_given(run: Callable[..., Verdict]) -> None:
    assert run("print(input() + input())", stdin="6\n7\n").stdout == "67\n"


def test_warnings_are_told_apart_from_the_output(run: Callable[..., Verdict]) -> None:
    verdict = run("import warnings; warnings.warn('old', DeprecationWarning)")
    assert (verdict.status, verdict.warnings, verdict.stderr) == ("passed", ("DeprecationWarning: old",), "")


def test_there_is_no_network(run: Callable[..., Verdict]) -> None:
    verdict = run("import socket; socket.create_connection(('127.0.0.1', 22), 2)")
    assert verdict.error is not None
    assert verdict.error.type in ("ConnectionRefusedError", "OSError")
    assert run("import socket; print([name for _, name in socket.if_nameindex()])").stdout == "['lo']\n"


def test_environment_and_files_of_the_host_are_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Callable[..., Verdict]
) -> None:
    monkeypatch.setenv("TUTOR_CANARY", "canary")
    (tmp_path / "secret").write_text("canary")
    secret = str(tmp_path / "secret")
    code = f"import os, json; print(json.dumps([dict(os.environ), os.path.exists({secret!r}), os.listdir('.')]))"
    environment, seen, folder = json.loads(run(code).stdout)
    assert "TUTOR_CANARY" not in environment
    python = {Path(prefix).parts[2] for prefix in (sys.prefix, sys.base_prefix) if prefix.startswith("/tmp/")}
    assert (seen, set(folder) - python) == (False, {"home", "main.py"})


@pytest.mark.parametrize("path", ["/x", "/usr/x", "/etc/x"])
def test_host_cannot_be_written(path: str, run: Callable[..., Verdict]) -> None:
    verdict = run(f"open({path!r}, 'w').write('x')")
    assert verdict.error is not None
    assert verdict.error.type in ("OSError", "PermissionError")


def test_nothing_of_a_run_is_left_for_the_next(run: Callable[..., Verdict]) -> None:
    run("open('left', 'w').write('x')")
    assert run("import os; print(os.path.exists('left'))").stdout == "False\n"


def test_child_does_not_outlive_the_run(run: Callable[..., Verdict]) -> None:
    verdict = run("import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(60)")
    assert verdict.duration_ms < 15_000


def test_source_can_be_inspected_and_main_classes_pickled(run: Callable[..., Verdict]) -> None:
    code = (
        "import inspect, pickle\nclass A:\n    x = 1\n"
        "print(inspect.getsource(A))\nprint(pickle.loads(pickle.dumps(A())).x)"
    )
    verdict = run(code)
    assert verdict.stdout == "class A:\n    x = 1\n\n1\n"


def test_torchvision_on_a_torch_without_cuda_names_its_stand_in(run: Callable[..., Verdict]) -> None:
    verdict = run("import torchvision, torch\nprint(torch.version.cuda)", limits=Limits(seconds=90))
    assert verdict.status == "passed"
    assert bool(verdict.stand_ins) is (verdict.stdout == "None\n")


def test_incomplete_isolation_runs_the_corpus_and_refuses_strangers_code() -> None:
    weak = Isolation("process", "limits only; allow user namespaces", complete=False, missing="allow user namespaces")
    with closing(Sandbox(isolate=lambda: weak, preload=False)) as sandbox:
        refused = sandbox.run(Program("print(1)"), SHORT)
        curated = sandbox.run(Program("print(1)", curated=True), SHORT)
    assert (refused.status, refused.stdout) == ("refused", "")
    assert "allow user namespaces" in refused.stderr
    assert (curated.status, curated.stdout, curated.isolation) == ("passed", "1\n", weak.name)


def test_operator_may_allow_strangers_code_without_isolation() -> None:
    weak = Isolation("cold", "limits only", complete=False, missing="namespaces")
    with closing(Sandbox(isolate=lambda: weak, preload=False, allow_incomplete=True)) as sandbox:
        assert [sandbox.run(Program("print(1)"), SHORT).status for _ in range(2)] == ["passed", "passed"]


@pytest.mark.parametrize("isolation", list(candidates()), ids=lambda isolation: isolation.name[:40])
def test_every_way_of_isolation_keeps_the_time_and_memory_limits(isolation: Isolation) -> None:
    if not works(isolation):
        pytest.skip(f"this machine cannot isolate so: {isolation.name}")
    with closing(Sandbox(isolate=lambda: isolation, preload=False)) as sandbox:
        endless = sandbox.run(Program("import os\nos.fork()\nwhile True: pass", curated=True), Limits(seconds=1))
        hog = sandbox.run(Program("x = [bytearray(1 << 20) for _ in range(4096)]", curated=True), SHORT)
    assert (endless.status, hog.status) == ("timed_out", "out_of_memory")


def test_cuda_program_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.setattr(runner, "gpu_devices", tuple)
    verdict = sandbox.run(Program("print(1)", device="cuda"), SHORT)
    assert (verdict.status, verdict.stderr) == ("refused", "GPU: not run on this machine")
