"""System calls a request, counted by perf from outside; the proxy does not stop for it as it would under strace."""
import os
import re
import shutil
import subprocess
import time

EVENT = "raw_syscalls:sys_enter"


def parse_perf(text):
    """The count in `perf stat -x,`, or None where perf could not count."""
    found = re.search(rf"^(\d+),[^,]*,{re.escape(EVENT)}", text, re.MULTILINE)
    return int(found[1]) if found else None


class Counter:
    """`why_not` says why there are no counts, if there are none."""

    def __init__(self, folder):
        self.output = os.path.join(folder, "perf.csv")
        self.perf = shutil.which("perf")
        self.why_not = None
        if not self.perf:
            self.why_not = "perf is not installed"
            return
        try:
            worked = self._try_on_ourselves()
        except OSError:
            worked = False
        if not worked:
            self.why_not = f"perf may not count {EVENT} here (it takes root, or kernel.perf_event_paranoid below 0)"

    def _try_on_ourselves(self):
        child = subprocess.Popen([*self.around(os.getpid()), "sleep", "0.1"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        while child.poll() is None:
            time.sleep(0.01)  # a system call each; of none perf would say the same as if it could not count
        return child.returncode == 0 and self.count() is not None

    def around(self, pid):
        """The beginning of a command line during whose run the calls of `pid` are counted."""
        if self.why_not:
            return []
        return [self.perf, "stat", "-x,", "-o", self.output, "-e", EVENT, "-p", str(pid), "--"]

    def count(self):
        if self.why_not:
            return None
        with open(self.output, encoding="ascii", errors="replace") as f:
            return parse_perf(f.read())
