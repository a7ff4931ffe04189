"""The sandbox as a whole: templates kept ready, a slot for each run, and a verdict for every program.

::

    Sandbox.run ─ Slots (who is next) ─ Template (forks a child) ─ watch (limits, output, end) ─ outcome (the verdict)
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from service.sandbox.isolation import Isolation
from service.sandbox.limits import Limits
from service.sandbox.observed import Observed, OnOutput
from service.sandbox.outcome import refused, verdict
from service.sandbox.probe import isolation
from service.sandbox.program import Program
from service.sandbox.slots import Slots
from service.sandbox.template import Template, TemplateFailed
from service.sandbox.verdict import Verdict
from service.sandbox.watch import watch

RUNS_A_TEMPLATE = 500
WAITING_A_SLOT = 8
NO_GPU = "GPU: not run on this machine"
NOT_ALLOWED = "code that is not from the corpus is not run here: isolation is incomplete ({})"


def never() -> bool:
    """Not cancelled."""
    return False


class Sandbox:
    """Runs programs, :attr:`slots` at once.

    Args:
        slots: how many run at once; one for each processor by default.
        allow_incomplete: run code that is not from the corpus even where isolation is incomplete.
        hidden: files and folders that no program may see: the service's own, should they be where Python is.
        preload: whether templates import ahead; without, a run imports what it needs: for single runs.
    """

    def __init__(
        self,
        *,
        slots: int | None = None,
        allow_incomplete: bool = False,
        hidden: tuple[Path, ...] = (),
        preload: bool = True,
        runs_a_template: int = RUNS_A_TEMPLATE,
        isolate: Callable[[], Isolation] = isolation,
    ) -> None:
        self.slots = slots or os.cpu_count() or 1
        self._slots = Slots(self.slots, WAITING_A_SLOT * self.slots)
        self._allow_incomplete = allow_incomplete
        self._hidden = hidden
        self._preload = preload
        self._runs_a_template = runs_a_template
        self._isolate = isolate
        self._templates: dict[tuple[str, ...], Template] = {}
        self._in_use: dict[Template, int] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def isolation(self) -> Isolation:
        """How code is kept in on this machine; the first look probes it."""
        return self._isolate()

    @property
    def runs_strangers_code(self) -> bool:
        """Whether code that is not from the corpus is run."""
        return self.isolation.complete or self._allow_incomplete

    def start(self) -> None:
        """Get a template ready, so that the first run need not wait for it."""
        with suppress(TemplateFailed):
            self._template(()).wait_until_ready()

    def ensure_room(self, limits: Limits) -> None:
        """Refuse at once what would have to wait behind too many others.

        Raises:
            Busy: it would.
        """
        self._slots.ensure_room(limits.seconds)

    def run(
        self,
        program: Program,
        limits: Limits,
        *,
        background: bool = False,
        on_output: OnOutput | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Verdict:
        """Run ``program`` and tell what happened. Blocks until it has ended.

        Args:
            background: let all others go first.
            on_output: is told each piece of output as it comes.
            cancelled: asked several times a second; the run ends once it says so.

        Raises:
            Busy: too many programs wait already.
        """
        if not (program.curated or self.runs_strangers_code):
            return refused(NOT_ALLOWED.format(self.isolation.missing), self.isolation)
        devices = gpu_devices() if program.device != "cpu" else ()
        if program.device == "cuda" and not devices:
            return refused(NO_GPU, self.isolation)
        asked = time.monotonic()
        with self._slots.take(background=background, seconds=limits.seconds, cancelled=cancelled) as taken:
            if not taken:
                return refused("cancelled", self.isolation, status="killed")
            started: list[float] = []
            observed = self._observe(program, limits, devices, background, on_output, cancelled, started)
            waited = (started[0] if started else time.monotonic()) - asked
        return verdict(observed, self.isolation, limits, queue_seconds=waited)

    def _observe(
        self,
        program: Program,
        limits: Limits,
        devices: tuple[str, ...],
        background: bool,
        on_output: OnOutput | None,
        cancelled: Callable[[], bool],
        started: list[float],
    ) -> Observed:
        """Watch one run; a template that died before it began is replaced once."""
        observed = Observed(fault="the sandbox is closed")
        for _ in range(2):
            try:
                template = self._borrow(devices)
            except TemplateFailed as error:
                return Observed(fault=str(error))
            try:
                template.wait_until_ready()
                started[:] = [time.monotonic()]
                observed = watch(
                    template, program, limits, background=background, on_output=on_output, cancelled=cancelled
                )
            except TemplateFailed as error:
                observed = Observed(fault=str(error))
            finally:
                self._give_back(devices, template)
            if not observed.fault or template.alive:
                break
        return observed

    def close(self) -> None:
        """End all templates, with whatever they run."""
        with self._lock:
            self._closed = True
            templates = {*self._templates.values(), *self._in_use}
            self._templates.clear()
        for template in templates:
            template.close()

    def _template(self, devices: tuple[str, ...]) -> Template:
        """The template to be used next; a new one where there is none, or the last one has died or served its time."""
        with self._lock:
            if self._closed:
                raise TemplateFailed("the sandbox is closed")
            template = self._templates.get(devices)
            if template is None or not template.alive or template.orders >= self._most_runs:
                if template is not None and not self._in_use.get(template):
                    template.close()
                template = Template(self._isolate(), devices=devices, hidden=self._hidden, preload=self._preload)
                self._templates[devices] = template
            return template

    @property
    def _most_runs(self) -> int:
        return 1 if self._isolate().mode == "cold" else self._runs_a_template

    def _borrow(self, devices: tuple[str, ...]) -> Template:
        template = self._template(devices)
        with self._lock:
            self._in_use[template] = self._in_use.get(template, 0) + 1
        return template

    def _give_back(self, devices: tuple[str, ...], template: Template) -> None:
        with self._lock:
            self._in_use[template] -= 1
            unused = not self._in_use[template]
            if unused:
                del self._in_use[template]
            retired = unused and self._templates.get(devices) is not template
        if retired:
            template.close()


def gpu_devices() -> tuple[str, ...]:
    """The device files of NVIDIA's cards, empty where there is none."""
    return tuple(sorted(str(path) for path in Path("/dev").glob("nvidia*")))


@cache
def shared() -> Sandbox:
    """The sandbox of this process, for those who have not wired one."""
    import atexit

    made = Sandbox()
    atexit.register(made.close)
    return made


def run(program: Program, limits: Limits) -> Verdict:
    """Run ``program`` in the sandbox of this process. Blocks until it has ended."""
    return shared().run(program, limits)
