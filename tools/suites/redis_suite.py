"""redis's tests/test_helper.tcl, in its mode for a server that runs already."""
import os
import random
import re
import signal
import subprocess

from tests.support.scene import Scene, redis_argv
from tools.suites.fetch import fetch

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RESULT = re.compile(r"^\[(ok|err|exception|skip|ignore|TIMEOUT)\]: ?(.*)$")
WHERE = re.compile(r" in tests/unit/\S+\.tcl$")
NO_PROGRESS = 120  # seconds without a finished check, then a unit is given up


def server(port, folder):
    return redis_argv(port, folder, "--enable-debug-command", "yes", "--enable-protected-configs", "yes",
                      "--enable-module-command", "yes")


POOL = "protocol: {use: redis, admin_commands: allow}"


class Suite:
    name = "redis"

    def __init__(self, options):
        self.build = options.build
        self.single_db = not options.several_dbs
        self.tree = fetch("redis", "build/suites")
        for program in ("redis-server", "redis-cli", "redis-benchmark"):  # the suite looks for them where they are built
            link = os.path.join(self.tree, "src", program)
            if not os.path.lexists(link):
                os.symlink(f"/usr/bin/{program}", link)

    def units(self):
        """In the suite's own order; without those that start servers of their own, which no proxy is part of."""
        with open(os.path.join(self.tree, "tests/test_helper.tcl"), encoding="utf-8") as f:
            listed = re.search(r"set ::all_tests \{(.*?)\}", f.read(), re.S).group(1).split()
        return [u for u in listed if u.startswith("unit/")]

    def run(self, unit, through_weir):
        """[(check, passed, what the suite said)]"""
        scene = Scene(server, 1, f"{self.build}/bin/weir" if through_weir else None, POOL)
        try:
            out = self.play(unit, scene.port)
            results = parse(out)
            if "The End" not in out:
                results.append(("(runs to its end)", False, out[-1500:]))
            if scene.weir_died():
                results.append(("(weir lives)", False, scene.weir.said()))
            return results
        finally:
            scene.close()

    def play(self, unit, port):
        argv = ["tclsh", "tests/test_helper.tcl", "--host", "127.0.0.1", "--port", str(port), "--single", unit,
                "--durable", "--timeout", str(NO_PROGRESS), "--baseport", str(random.randrange(12, 30) * 1000)]
        if self.single_db:
            argv.append("--singledb")
        # A session of its own: the suite leaves its children behind when it gives up.
        process = subprocess.Popen(argv, cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            out, _ = process.communicate(timeout=15 * 60)
        except subprocess.TimeoutExpired:
            out = b""
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return out.decode("utf-8", "replace")


def parse(out):
    results = []
    body = COLOUR.sub("", out).split("\n                   The End")[0]
    for line in body.split("\n"):
        match = RESULT.match(line)
        if not match:
            if results and not results[-1][1]:
                results[-1][2].append(line)
            continue
        kind, rest = match.groups()
        if kind in ("skip", "ignore"):
            continue
        if kind == "ok":
            results.append((re.sub(r" \(\d+ ms\)$", "", rest), True, []))
        else:
            name = WHERE.sub("", rest) if kind == "err" else f"({kind}) {rest[:60]}"
            results.append((name, False, [rest] if kind != "err" else []))
    return [(name, ok, "\n".join(text)) for name, ok, text in results]
