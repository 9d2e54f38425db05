"""memcached's t/*.t, told where a server runs already."""
import os
import re
import signal
import subprocess

from tests.support.scene import Scene, memcached_argv
from tools.suites.fetch import fetch

LINE = re.compile(r"^(not )?ok (\d+)(?: - (.*))?$")
GIVE_UP = 45  # seconds for one file
POOL = "protocol: memcache"


class Suite:
    name = "memcached"

    def __init__(self, options):
        self.build = options.build
        self.tree = fetch("memcached", "build/suites")
        for name in ("memcached", "memcached-debug"):
            link = os.path.join(self.tree, name)
            if not os.path.lexists(link):
                os.symlink("/usr/bin/memcached", link)

    def units(self):
        return sorted(name[:-2] for name in os.listdir(os.path.join(self.tree, "t")) if name.endswith(".t"))

    def run(self, unit, through_weir):
        scene = Scene(memcached_argv, 1, f"{self.build}/bin/weir" if through_weir else None, POOL)
        try:
            results = parse(self.play(unit, scene.port))
            if scene.weir_died():
                results.append(("(weir lives)", False, scene.weir.said()))
            return results
        finally:
            scene.close()

    def play(self, unit, port):
        environment = dict(os.environ, T_MEMD_USE_DAEMON=f"127.0.0.1:{port}")
        process = subprocess.Popen(["perl", "-I", "t/lib", f"t/{unit}.t"], cwd=self.tree, env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            out, _ = process.communicate(timeout=GIVE_UP)
        except subprocess.TimeoutExpired as e:
            out = (e.stdout or b"") + b"\nnot ok 0 - (given up)\n"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return out.decode("utf-8", "replace")


def parse(out):
    results = []
    for line in out.split("\n"):
        match = LINE.match(line.rstrip("\r"))
        if match:
            results.append((match.group(3) or f"check {match.group(2)}", match.group(1) is None, []))
        elif results and not results[-1][1]:
            results[-1][2].append(line)
    return [(name, ok, "\n".join(text)) for name, ok, text in results]
