"""The processes of a run: where they start, how they end, and what the kernel says of them in /proc."""
import os
import resource
import signal
import socket
import subprocess
import sys
import time


class Failed(Exception):
    """Something did not work, in words for the reader; the run goes on without it where it can."""


def raise_file_limit():
    """Thousands of connections need as many descriptors; what we start inherits the limit. Returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Pinning:
    """With --pin the proxy has the first CPU for itself and everything else shares the others."""

    def __init__(self, wanted):
        self.proxy_cpus = None
        if not wanted:
            return
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            sys.exit("--pin needs two CPUs, and there is only one to run on")
        self.proxy_cpus = {cpus[0]}
        os.sched_setaffinity(0, set(cpus[1:]))  # inherited by all that is started from here

    def apply_to_proxy(self):
        if self.proxy_cpus:
            os.sched_setaffinity(0, self.proxy_cpus)


class Process:
    """One program listening on a port; its output goes to a file that is shown only if it fails."""

    def __init__(self, argv, port, folder, before_exec=None, patience=10):
        self.name, self.port, self.folder = os.path.basename(argv[0]), port, folder
        self.log_path = os.path.join(folder, f"{self.name}-{port}.log")
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          preexec_fn=before_exec)
        self.pid = self.popen.pid
        try:
            self._wait_until_it_listens(patience)
        except BaseException:
            self.end()
            raise

    def _wait_until_it_listens(self, patience):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                raise Failed(f"{self.name} ended at once with {self.popen.returncode}{self._last_words()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise Failed(f"{self.name} does not listen after {patience} s{self._last_words()}")

    def _last_words(self):
        """In one line, and without the paths of a run, which mean nothing after it."""
        words = " ".join(self.output().replace(self.folder + os.sep, "").split())
        return f": {words[:200]}" if words else ""

    def output(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self):
        return self.popen.poll() is None

    def end(self, patience=10):
        if self.alive():
            self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def cpu_seconds_by_thread(pid):
    """{thread id: (name, seconds on a CPU)}, user and system, to the nanosecond."""
    threads = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        folder = f"/proc/{pid}/task/{task}"
        with open(f"{folder}/schedstat", encoding="ascii") as f:
            seconds = int(f.read().split()[0]) / 1e9
        with open(f"{folder}/comm", encoding="utf-8", errors="replace") as f:
            threads[task] = (f.read().strip(), seconds)
    return threads


def cpu_seconds(pid):
    return sum(seconds for _, seconds in cpu_seconds_by_thread(pid).values())


def memory_kib(pid):
    """(resident now, resident at its peak)"""
    fields = {}
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        for line in f:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                fields[name] = int(value.split()[0])
    return fields["VmRSS"], fields["VmHWM"]
