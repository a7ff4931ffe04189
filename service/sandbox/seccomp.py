"""Which system calls a snippet cannot make, as a filter program for the kernel; by libseccomp."""

import tempfile
from functools import cache
from types import ModuleType

EPERM, ENOSYS = 1, 38
_NEW_NAMESPACES = 0x7E020000 | 0x80  # CLONE_NEW*: cgroup, uts, ipc, user, pid, net, mount; time
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
_NETLINK, _NETLINK_ROUTE = 16, 0

_DENIED = """
unshare setns mount umount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
mount_setattr listmount statmount
ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
bpf perf_event_open io_uring_setup io_uring_enter io_uring_register userfaultfd
keyctl add_key request_key
memfd_create memfd_secret shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open
init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl quotactl_fd
sethostname setdomainname settimeofday clock_settime clock_adjtime adjtimex syslog vhangup
name_to_handle_at open_by_handle_at fanotify_init fanotify_mark lookup_dcookie
iopl ioperm modify_ldt vm86 vm86old uselib nfsservctl personality lsm_set_self_attr landlock_create_ruleset
""".split()  # noqa: SIM905 - a list of 90 names reads better so
_NEEDED_BY_CUDA = {"memfd_create"}


class SeccompMissing(Exception):
    """libseccomp is not installed."""


@cache
def seccomp_filter(*, cuda: bool) -> bytes:
    """The filter: everything is allowed but what is named above, other namespaces, other kinds of sockets and other
    processes' limits.

    A call of another architecture's table ends the process.

    Raises:
        SeccompMissing: libseccomp is not installed.
    """
    seccomp = _library()
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in _DENIED:
        if not (cuda and name in _NEEDED_BY_CUDA) and _is_known(seccomp, name):
            rules.add_rule(seccomp.ERRNO(EPERM), name)
    for bit in range(32):
        if _NEW_NAMESPACES >> bit & 1:
            masked = seccomp.Arg(0, seccomp.MASKED_EQ, 1 << bit, 1 << bit)
            rules.add_rule(seccomp.ERRNO(EPERM), "clone", masked)
    rules.add_rule(seccomp.ERRNO(ENOSYS), "clone3")  # its flags are out of a filter's sight; libraries fall back
    for family in range(max(_FAMILIES) + 1, 64):
        if family != _NETLINK:
            rules.add_rule(seccomp.ERRNO(EPERM), "socket", seccomp.Arg(0, seccomp.EQ, family))
    for family in set(range(max(_FAMILIES))) - set(_FAMILIES):
        rules.add_rule(seccomp.ERRNO(EPERM), "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(seccomp.ERRNO(EPERM), "socket", seccomp.Arg(0, seccomp.GE, 64))
    other_netlink = (seccomp.Arg(0, seccomp.EQ, _NETLINK), seccomp.Arg(2, seccomp.NE, _NETLINK_ROUTE))
    rules.add_rule(seccomp.ERRNO(EPERM), "socket", *other_netlink)
    rules.add_rule(seccomp.ERRNO(EPERM), "prlimit64", seccomp.Arg(0, seccomp.NE, 0))  # of another process
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _library() -> ModuleType:
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise SeccompMissing("libseccomp is not installed; install it (apt-get install libseccomp2)") from error
    module: ModuleType = pyseccomp
    return module


def _is_known(seccomp: ModuleType, name: str) -> bool:
    """Whether this libseccomp and this architecture have the call."""
    try:
        number: int = seccomp.resolve_syscall(seccomp.system_arch(), name)
    except (OSError, ValueError):
        return False
    return number >= 0
