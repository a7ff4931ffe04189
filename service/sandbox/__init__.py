"""Run code, trust nothing: ``Sandbox().run(Program(code), Limits()) -> Verdict``, or ``run(program, limits)``.

service → supervisor (:mod:`watch`, in this process) → bubblewrap → template (has only imported torch) → one forked
child a program. What each layer promises:

==========================  ===========================================================================================
layer                       promise
==========================  ===========================================================================================
supervisor, outside         the time limit, by SIGKILL; the limits of memory, processes, threads and sockets, looked
                            at every 50 ms; output capped and drained; a crowd comes last for the processors; a run
                            that its client left is ended
process namespace           nothing that a program starts outlives it, or sees another process
network namespace           no network, no abstract sockets: only a loopback of its own
bubblewrap                  no file of the host but Python's and the system's, read-only; no environment; where the
                            service is root, a user of its own that owns nothing
mount namespace, tmpfs      whatever is written is gone with the run; 64 MB and 4096 files in /tmp, 128 MB in
                            TORCH_HOME, a quarter of the memory limit in /dev/shm
a fork for each program     no change to a module, an environment or a random number reaches the next program
rlimits                     processes, twice the memory for one of them, file size, open files, processor time
seccomp, no capabilities    no namespaces, mounts, tracing, kernel keys, BPF, io_uring, memfd, SysV IPC, odd sockets
marks kept out of sight     a program that prints a verdict, writes to every descriptor, looks for the harness in
                            frames, objects and modules, changes what it finds, or leaves early, has not passed
==========================  ===========================================================================================

Nothing promises: that a program which searches its own memory for the marks cannot forge its *own* verdict; that
memory is kept to better than what can be touched in 50 ms; that a GPU's memory is limited; that programs which run at
once learn nothing of each other (by timing, or by locks on files that both read); that the kernel has no holes (against
strangers, put a virtual machine or gVisor around it). Where a layer is missing, see :mod:`isolation`.
"""

from service.sandbox.isolation import Isolation
from service.sandbox.limits import Limits
from service.sandbox.probe import isolation
from service.sandbox.program import Device, Program
from service.sandbox.runner import Sandbox, gpu_devices, run
from service.sandbox.slots import Busy
from service.sandbox.torch_version import torch_version
from service.sandbox.verdict import Artifact, SnippetError, Verdict

__all__ = [
    "Artifact",
    "Busy",
    "Device",
    "Isolation",
    "Limits",
    "Program",
    "Sandbox",
    "SnippetError",
    "Verdict",
    "gpu_devices",
    "isolation",
    "run",
    "torch_version",
]
