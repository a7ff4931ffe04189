"""How fast the sandbox runs a program, beside what one would use instead; all in one run, taking turns.

Run ``python -m eval.bench.sandbox [ROUNDS]``; it prints Markdown. The fresh Jupyter kernel takes part where
``jupyter_client`` and ``ipykernel`` are installed.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from service.sandbox import Limits, Program, Sandbox
from service.sandbox.processes import descendants

LIMITS = Limits(seconds=60)
IN_FLIGHT = 4
THROUGHPUT_RUNS = 100
PLAIN = "plain `python` process"
OURS = "torchtutor, warm"

_TRAINING = """
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.{}(model.parameters(), lr=0.01)
for _ in range(20):
    optimizer.zero_grad()
    model(torch.ones(16, 4)).pow(2).mean().backward()
    optimizer.step()
"""
_LOADER = "from torch.utils.data import DataLoader, TensorDataset\ndata = TensorDataset(torch.arange(64.0))\n"
_SCHEDULE = """
optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
"""
SNIPPETS = [
    *(_TRAINING.format(name) for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")),
    "print(torch.ones(2, 3).sum())",
    "x = torch.tensor(2.0, requires_grad=True)\n(x**3).backward()\nprint(x.grad)",
    "print(torch.linalg.svd(torch.eye(32)).S.sum())",
    f"{_LOADER}print(sum(len(x) for (x,) in DataLoader(data, batch_size=8, shuffle=True)))",
    f"{_LOADER}print(sum(len(x) for (x,) in DataLoader(data, batch_size=8, num_workers=2)))",
    "print(torch.func.grad(lambda x: x.sin().sum())(torch.ones(3)))",
    "print(torch.func.vmap(lambda x: x @ x)(torch.ones(5, 3)))",
    "print(torch.func.jacrev(lambda x: x**2)(torch.ones(4)))",
    "m = torch.nn.Linear(8, 8)\ntorch.save(m.state_dict(), 'm.pt')\nm.load_state_dict(torch.load('m.pt'))",
    "import warnings\nwarnings.simplefilter('ignore')\ntorch.jit.trace(torch.nn.Linear(4, 4), torch.ones(1, 4))",
    "print(torch.fx.symbolic_trace(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())).code)",
    "torch.nn.Conv2d(3, 8, 3)(torch.ones(2, 3, 32, 32)).sum().backward()",
    "print(torch.nn.LSTM(4, 8, batch_first=True)(torch.ones(2, 5, 4))[0].shape)",
    "print(torch.nn.MultiheadAttention(16, 4, batch_first=True)(*[torch.ones(2, 6, 16)] * 3)[0].shape)",
    f"{_SCHEDULE}[(optimizer.step(), scheduler.step()) for _ in range(4)]\nprint(scheduler.get_last_lr())",
]


def program(snippet: str) -> str:
    return f"import torch\n{snippet}\n"


def plain(code: str) -> None:
    """A new interpreter, with no protection at all."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", code]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=LIMITS.seconds)


def forked(code: str) -> None:
    """As the evaluation of generated code is often done: a process forked from one that has imported nothing."""
    process = multiprocessing.get_context("fork").Process(target=_quietly, args=(code,))
    process.start()
    process.join(LIMITS.seconds)
    assert process.exitcode == 0, code


def _quietly(code: str) -> None:
    sys.stdout = Path("/dev/null").open("w")  # noqa: SIM115 - for the life of this process
    os.chdir(tempfile.mkdtemp())
    exec(code, {"__name__": "__main__"})  # noqa: S102 - that is what is measured


def kernel(code: str) -> None:
    """A fresh Jupyter kernel."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", cwd=tempfile.mkdtemp())
    try:
        reply = client.execute_interactive(code, timeout=LIMITS.seconds, output_hook=lambda _: None)
        assert reply["content"]["status"] == "ok", code
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def cold(code: str) -> None:
    """The same isolation without a warm template."""
    with closing(Sandbox(preload=False)) as sandbox:
        _passes(sandbox, code)


def _passes(sandbox: Sandbox, code: str) -> None:
    verdict = sandbox.run(Program(code, device="cpu"), LIMITS)
    assert verdict.status == "passed", verdict


def measure(ways: dict[str, Callable[[str], None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each run, by way; the ways take turns on each snippet."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for snippet in SNIPPETS:
            for name, run in ways.items():
                began = time.perf_counter()
                run(program(snippet))
                seconds[name].append(time.perf_counter() - began)
    return seconds


def table(seconds: dict[str, list[float]]) -> str:
    """Median and 95th percentile of each way in milliseconds, and how many times faster than plain its median is."""
    base = statistics.median(seconds[PLAIN])
    rows = ["| way | runs | median, ms | p95, ms | p95 / median | faster than plain |", "|---|---|---|---|---|---|"]
    for name, found in seconds.items():
        median, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
        cells = [name, len(found), f"{median * 1000:.0f}", f"{p95 * 1000:.0f}", f"{p95 / median:.1f}"]
        rows.append("| " + " | ".join([*map(str, cells), f"{base / median:.1f}×"]) + " |")
    return "\n".join(rows)


def snippets_a_minute(sandbox: Sandbox) -> float:
    """With :data:`IN_FLIGHT` asked for at once."""
    codes = [program(SNIPPETS[place % len(SNIPPETS)]) for place in range(THROUGHPUT_RUNS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(lambda code: _passes(sandbox, code), codes))
    return THROUGHPUT_RUNS / (time.perf_counter() - began) * 60


def extra_mb(sandbox: Sandbox) -> float:
    """Memory that a small run has for itself alone, looked at while it sleeps; all its processes together."""
    with ThreadPoolExecutor(1) as pool:
        before = set(descendants(os.getpid()))
        running = pool.submit(_passes, sandbox, program("import time\nx = torch.ones(10)\ntime.sleep(1.5)"))
        time.sleep(0.8)
        own = set(descendants(os.getpid())) - before
        private = sum(map(_private_kb, own)) / 1024
        running.result()
    return private


def _private_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def main(rounds: int) -> None:
    """Measure and print."""
    began = time.perf_counter()
    with closing(Sandbox()) as sandbox:
        sandbox.start()
        ready = time.perf_counter() - began
        ways: dict[str, Callable[[str], None]] = {PLAIN: plain, "fork and exec, as for generated code": forked}
        if find_spec("jupyter_client") and find_spec("ipykernel"):
            ways["fresh Jupyter kernel"] = kernel
        ways |= {"bubblewrap, cold": cold, OURS: lambda code: _passes(sandbox, code)}
        print(table(measure(ways, rounds)))
        if "fresh Jupyter kernel" not in ways:
            print("\nWithout the Jupyter kernel: jupyter_client and ipykernel are not installed.")
        print(f"\n{snippets_a_minute(sandbox):.0f} snippets a minute with {IN_FLIGHT} in flight;")
        print(f"{extra_mb(sandbox):.1f} MB of its own for a small run; template ready in {ready:.1f} s.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
