"""What learners do every day must pass in the sandbox, within the default limits but for the time of a busy machine."""

import base64
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from service.sandbox import Limits, Program, Sandbox, Verdict

LIMITS = Limits(seconds=40)
PREPARING_SECONDS = 90
pytestmark = pytest.mark.integration

PROGRAMS = {
    "shared tensor larger than the temporary folder": """
import torch, torch.multiprocessing as mp
x = torch.ones(25_000_000).share_memory_()
def work(x):
    x[0] = 7
process = mp.Process(target=work, args=(x,))
process.start()
process.join()
print(x[0].item())
# 7.0
""",
    "gloo with two processes": """
import os, torch, torch.distributed as dist, torch.multiprocessing as mp
def work(rank):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29501")
    dist.init_process_group("gloo", rank=rank, world_size=2)
    x = torch.ones(1)
    dist.all_reduce(x)
    if rank == 0:
        print(x.item(), flush=True)
    dist.destroy_process_group()
if __name__ == "__main__":
    mp.spawn(work, nprocs=2)
# 2.0
""",
    "eight workers": """
import torch, warnings
warnings.simplefilter("ignore")
from torch.utils.data import DataLoader, TensorDataset
print(sum(len(x) for (x,) in DataLoader(TensorDataset(torch.arange(64.0)), batch_size=4, num_workers=8)))
# 64
""",
    "script and trace": """
import torch, warnings
warnings.simplefilter("ignore")
@torch.jit.script
def f(x: torch.Tensor) -> torch.Tensor:
    return x if bool(x.sum() > 0) else -x
traced = torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2))
traced.save("m.pt")
print(f(torch.ones(1)).item(), torch.jit.load("m.pt")(torch.ones(1, 2)).shape[1])
# 1.0 2
""",
    "exported program": """
import torch
torch.export.save(torch.export.export(torch.nn.Linear(2, 2), (torch.ones(1, 2),)), "m.pt2")
print(torch.export.load("m.pt2").module()(torch.ones(1, 2)).shape[1])
# 2
""",
    "server and client on the loopback": """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"hi"), daemon=True).start()
print(socket.create_connection(server.getsockname()).recv(2))
# b'hi'
""",
    "python by its name": """
import subprocess
print(subprocess.check_output(["python", "-c", "import numpy; print(numpy.ones(1))"], text=True).strip())
# [1.]
""",
    "alarm handled": """
import signal
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    while True:
        pass
except TimeoutError:
    print("late")
# late
""",
    "loader with workers": """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(100.0))
print(sum(batch.sum().item() for (batch,) in DataLoader(data, batch_size=10, num_workers=2)))
# 4950.0
""",
    "state dict saved and loaded": """
import torch
model = torch.nn.Linear(3, 2)
torch.save(model.state_dict(), "model.pt")
other = torch.nn.Linear(3, 2)
other.load_state_dict(torch.load("model.pt"))
print(torch.equal(model.weight, other.weight))
# True
""",
    "whole model of a class of one's own, pickled": """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
torch.save(Net(), "net.pt")
print(type(torch.load("net.pt", weights_only=False)).__name__)
# Net
""",
    "processes by fork": """
import torch.multiprocessing as mp
def double(x):
    return 2 * x
with mp.get_context("fork").Pool(2) as pool:
    print(pool.map(double, [1, 2, 3]))
# [2, 4, 6]
""",
    "processes by spawn": """
import torch.multiprocessing as mp
def work(rank, queue):
    queue.put(rank)
if __name__ == "__main__":
    context = mp.get_context("spawn")
    queue = context.Queue()
    worker = context.Process(target=work, args=(7, queue))
    worker.start()
    print(queue.get(timeout=9))
    worker.join()
# 7
""",
    "ONNX export": """
import onnx, torch
torch.onnx.export(torch.nn.Linear(2, 1), (torch.ones(1, 2),), "model.onnx", verbose=False)
onnx.checker.check_model(onnx.load("model.onnx"))
print("sound")
# sound
""",
    "tensor of 500 MB": """
import torch
print(torch.ones(125_000_000).sum().item())
# 125000000.0
""",
    "matrix product by all threads": """
import torch
print(tuple((torch.ones(1500, 1500) @ torch.ones(1500, 1500)).shape))
# (1500, 1500)
""",
    "subprocess": """
import subprocess, sys
print(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True).stdout.strip())
# 42
""",
    "temporary files": """
import tempfile, pathlib
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "a.txt")
    path.write_text("kept")
    print(path.read_text())
# kept
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(lambda x: x * x, range(10))))
# 285
""",
    "thread that outlives the last line": """
import threading, time
def late():
    time.sleep(0.2)
    print("late")
threading.Thread(target=late).start()
# late
""",
    "asyncio": """
import asyncio
async def main():
    return await asyncio.gather(*(asyncio.sleep(0.01, i) for i in range(3)))
print(asyncio.run(main()))
# [0, 1, 2]
""",
    "profiler": """
import torch
from torch.profiler import ProfilerActivity, profile
with profile(activities=[ProfilerActivity.CPU]) as seen:
    torch.ones(10, 10) @ torch.ones(10, 10)
print(any("mm" in event.key for event in seen.key_averages()))
# True
""",
    "gloo with one process": """
import torch, torch.distributed as dist
dist.init_process_group("gloo", init_method="tcp://127.0.0.1:29500", rank=0, world_size=1)
x = torch.ones(2)
dist.all_reduce(x)
dist.destroy_process_group()
print(x.tolist())
# [1.0, 1.0]
""",
    "source of a function": """
import inspect
def f():
    return 1
print(inspect.getsource(f).splitlines()[0])
# def f():
""",
    "function transforms": """
import torch
print(torch.func.grad(lambda x: x**2)(torch.tensor(3.0)).item(), torch.func.vmap(torch.sum)(torch.ones(2, 3)).tolist())
# 6.0 [3.0, 3.0]
""",
    "training": """
import torch
torch.manual_seed(0)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
x = torch.linspace(0, 1, 32)[:, None]
for _ in range(200):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), 2 * x + 1)
    loss.backward()
    optimizer.step()
print(loss.item() < 1e-2)
# True
""",
    "unicode": """
print("grüße, 世界, 🙂")
# grüße, 世界, 🙂
""",
    "exit handler": """
import atexit
atexit.register(print, "bye")
# bye
""",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with closing(Sandbox()) as made:
        made.start()
        yield made


def run(sandbox: Sandbox, code: str, stdin: str = "") -> Verdict:
    return sandbox.run(Program(code, stdin=stdin), LIMITS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_everyday_program_passes(sandbox: Sandbox, name: str) -> None:
    """Each program ends with a comment that says what it prints."""
    code = PROGRAMS[name]
    verdict = run(sandbox, code)
    assert verdict.status == "passed", verdict
    assert verdict.stdout.strip() == code.rstrip().rpartition("\n# ")[2]


def test_compiled_function_passes_once_the_template_has_prepared_the_headers(sandbox: Sandbox) -> None:
    code = "import torch\n@torch.compile\ndef f(x):\n    return torch.sin(x) + 1\nprint(f(torch.zeros(2)).tolist())"
    deadline = time.monotonic() + PREPARING_SECONDS
    verdict = run(sandbox, code)
    while verdict.status == "timed_out" and time.monotonic() < deadline:
        verdict = run(sandbox, code)
    assert (verdict.status, verdict.stdout) == ("passed", "[1.0, 1.0]\n")


def test_compiled_model_is_trained(sandbox: Sandbox) -> None:
    code = """
import torch
model = torch.compile(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)))
optimizer = torch.optim.Adam(model.parameters())
for _ in range(5):
    optimizer.zero_grad()
    model(torch.ones(16, 4)).pow(2).mean().backward()
    optimizer.step()
print("trained")
"""
    assert run(sandbox, code).stdout == "trained\n"


def test_input_is_read_line_by_line(sandbox: Sandbox) -> None:
    assert run(sandbox, "print(int(input()) + int(input()))", stdin="2\n3\n").stdout == "5\n"


@pytest.mark.parametrize("last", ["plt.show()", "plt.savefig('plot.png')", "plt.savefig('plot.svg')"])
def test_plots_come_back_as_pictures(sandbox: Sandbox, last: str) -> None:
    verdict = run(sandbox, f"import matplotlib.pyplot as plt\nplt.plot([1, 2, 4])\n{last}")
    assert (verdict.status, len(verdict.artifacts)) == ("passed", 1)
    (picture,) = verdict.artifacts
    start = {"image/png": b"\x89PNG", "image/svg+xml": b"<?xml"}[picture.media_type]
    assert base64.b64decode(picture.base64).startswith(start)


def test_warnings_stand_apart(sandbox: Sandbox) -> None:
    verdict = run(sandbox, "import warnings\nwarnings.warn('careful')\nprint('done')")
    assert (verdict.status, verdict.stdout, verdict.stderr) == ("passed", "done\n", "")
    assert verdict.warnings == ("UserWarning: careful",)


def test_pretrained_weights_are_stood_in_for_under_their_real_name(sandbox: Sandbox) -> None:
    code = """
import os, torch
from torchvision.models import ResNet18_Weights, resnet18
model = resnet18(weights=ResNet18_Weights.DEFAULT).eval()
print(model(torch.ones(1, 3, 64, 64)).shape, os.listdir(os.path.join(torch.hub.get_dir(), "checkpoints")))
"""
    verdict = run(sandbox, code)
    assert verdict.stdout == "torch.Size([1, 1000]) ['resnet18-f37072fd.pth']\n"
    assert "resnet18-f37072fd.pth (random weights)" in verdict.stand_ins


def test_weights_for_which_there_is_no_room_are_stood_in_for_in_memory(sandbox: Sandbox) -> None:
    code = (
        "from torchvision.models import VGG16_Weights, vgg16\nprint(len(vgg16(weights=VGG16_Weights.DEFAULT).features))"
    )
    verdict = run(sandbox, code)
    assert verdict.stdout == "31\n"
    assert any("vgg16-397923af.pth (random weights, not saved" in name for name in verdict.stand_ins)


def test_models_of_the_hubs_vision_repository_are_the_installed_ones(sandbox: Sandbox) -> None:
    verdict = run(sandbox, "import torch\nprint(type(torch.hub.load('pytorch/vision:v0.10.0', 'resnet18')).__name__)")
    assert verdict.stdout == "ResNet\n"
    assert "pytorch/vision (the installed torchvision)" in verdict.stand_ins


def test_mnist_is_stood_in_for_in_its_own_format(sandbox: Sandbox) -> None:
    code = """
from torchvision.datasets import MNIST
image, label = MNIST("data", train=True, download=True)[0]
print(image.size, 0 <= label <= 9)
"""
    verdict = run(sandbox, code)
    assert verdict.stdout == "(28, 28) True\n"
    assert any(name.startswith("MNIST (") for name in verdict.stand_ins)
