#!/usr/bin/env python3
"""Counts the instructions weir spends on a request, and compares them with ceilings.txt.

    tests/performance/instructions.py                    # all workloads; exit code 1 when one is above its ceiling
    tests/performance/instructions.py --only 'redis get' --runs 5      # how far the counts spread
    tests/performance/instructions.py --update           # new ceilings: what is measured now x 1.05

A time depends on the machine and on what else it does; a count hardly does. weir, an optimised build, runs under
valgrind's callgrind with real servers behind it. Each workload runs twice, with different numbers of requests; the
difference of the counts over the difference of the numbers is what one request costs, without start and end. Only user
instructions are seen, all threads', not the kernel's share.

Some workloads are held against another one as well: a pool with a script that hooks other commands may cost 2% more than
one without, whatever both cost.

How many requests a turn of weir's loop serves decides much of what each costs, so the load is in lockstep: weir is
stopped, every connection writes one batch, weir goes on, every connection reads its replies. Five runs of any workload
lie within 0.4% of each other that way.
"""
import argparse
import ctypes
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
CEILINGS = os.path.join(HERE, "ceilings.txt")
MARGIN = 1.05
CONNECTIONS = 50
KEYS = 10_000
VALUE = b"xxx"
PATIENCE_S = 60


# ---- what is asked ---------------------------------------------------------------------------------------------------

def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def redis_get(keys):
    return resp(b"GET", *keys), b"$3\r\nxxx\r\n"


def redis_set(keys):
    return resp(b"SET", *keys, VALUE), b"+OK\r\n"


def redis_mget(keys):
    return resp(b"MGET", *keys), b"*%d\r\n" % len(keys) + b"$3\r\nxxx\r\n" * len(keys)


def redis_mset(keys):
    return resp(b"MSET", *(word for key in keys for word in (key, VALUE))), b"+OK\r\n"


def memcached_get(keys):
    return b"get %s\r\n" % keys[0], b"VALUE %s 0 3\r\nxxx\r\nEND\r\n" % keys[0]


def memcached_set(keys):
    return b"set %s 0 0 3\r\nxxx\r\n" % keys[0], b"STORED\r\n"


@dataclass
class Workload:
    name: str
    pool: str
    ask: Callable      # keys -> request, reply
    rounds: int        # lockstep rounds by which the two runs differ
    pipeline: int = 1  # requests a batch
    keys: int = 1      # of a request
    beside: str = ""   # another workload, of which it may cost
    times: float = 0   # so many times as much


# How the pools differ: in their protocol, and in what is asked about their requests before they go on.
SCRIPTS = {
    "other": 'weir.on_request("flushall", function(req) req:reject("not here") end)\n',
    "prefix": 'weir.on_request(weir.READ, weir.WRITE, function(req) req:prefix("tenant:") end)\n',
}
POOLS = {
    "redis": ("redis", ""),
    "memcached": ("memcached", ""),
    "redis_other": ("redis", "  lua: {file: other.lua}\n"),
    "redis_prefix": ("redis", "  lua: {file: prefix.lua}\n"),
    "memcached_prefix": ("memcached", "  lua: {file: prefix.lua}\n"),
    "redis_routes": ("redis", "  routes: [{prefix: 'key:', pool: redis}, {prefix: 'page:', pool: self}]\n"),
}

WORKLOADS = [
    Workload("redis get", "redis", redis_get, 400),
    Workload("redis set", "redis", redis_set, 400),
    Workload("redis get pipeline 16", "redis", redis_get, 60, pipeline=16),
    Workload("redis get pipeline 64", "redis", redis_get, 20, pipeline=64),
    Workload("redis mget 10", "redis", redis_mget, 80, keys=10),
    Workload("redis mget 100", "redis", redis_mget, 20, keys=100),
    Workload("redis mset 10", "redis", redis_mset, 80, keys=10),
    Workload("redis mset 100", "redis", redis_mset, 20, keys=100),
    Workload("memcached get", "memcached", memcached_get, 400),
    Workload("memcached set", "memcached", memcached_set, 400),
    Workload("get, others hooked", "redis_other", redis_get, 300, beside="redis get", times=1.02),
    Workload("get 16, others hooked", "redis_other", redis_get, 60, pipeline=16, beside="redis get pipeline 16",
             times=1.02),
    Workload("get, key prefix", "redis_prefix", redis_get, 200),
    Workload("get 16, key prefix", "redis_prefix", redis_get, 30, pipeline=16),
    Workload("mget 10, key prefix", "redis_prefix", redis_mget, 60, keys=10),
    Workload("memcached, key prefix", "memcached_prefix", memcached_get, 200),
    Workload("memcached 16, prefix", "memcached_prefix", memcached_get, 30, pipeline=16),
    Workload("get, routed by prefix", "redis_routes", redis_get, 200),
]


def batches(work):
    """For each connection a few batches, to be sent in turn, and their replies: the same in every run."""
    chosen = random.Random(work.name)
    for _ in range(CONNECTIONS):
        several = []
        for _ in range(4):
            pairs = [work.ask([b"key:%012d" % chosen.randrange(KEYS) for _ in range(work.keys)])
                     for _ in range(work.pipeline)]
            several.append((b"".join(p[0] for p in pairs), b"".join(p[1] for p in pairs)))
        yield several


# ---- processes -------------------------------------------------------------------------------------------------------

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def read_exactly(s, wanted):
    got = bytearray()
    while len(got) < len(wanted):
        block = s.recv(min(len(wanted) - len(got), 1 << 20))
        if not block:
            raise RuntimeError("weir closed a connection")
        got += block
    if got != wanted:
        at = next(i for i, (a, b) in enumerate(zip(got, wanted)) if a != b)
        raise RuntimeError(f"wrong reply at byte {at}: expected {wanted[at:at + 40]}, got {bytes(got[at:at + 40])}")


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Processes:
    """All that is started here; it ends with this."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, argv, ports):
        log = open(os.path.join(self.folder, f"{len(self.running)}.log"), "w+", encoding="utf-8", errors="replace")
        process = subprocess.Popen(argv, cwd=self.folder, stdout=log, stderr=log, preexec_fn=end_with_parent)
        self.running.append((process, log))
        deadline = time.monotonic() + PATIENCE_S
        for port in ports:
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    connect(port).close()
                    break
                except OSError:
                    time.sleep(0.02)
            else:
                log.seek(0)
                raise RuntimeError(f"{argv} did not come up:\n{log.read()}")
        return process

    def end(self, process):
        for number in (signal.SIGCONT, signal.SIGTERM):
            process.send_signal(number)
        try:
            return process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def end_all(self):
        for process, log in reversed(self.running):
            if process.poll() is None:
                try:
                    self.end(process)
                except subprocess.TimeoutExpired:
                    pass  # it was killed; why weir did not answer has been said
            log.close()


class Weir:
    """weir, under callgrind or as it is, in front of the servers."""

    def __init__(self, processes, binary, servers, pools, counted):
        self.processes = processes
        self.counted = counted
        self.ports = {pool: free_port() for pool in pools}
        self.out = os.path.join(processes.folder, "callgrind.out")
        for name, text in SCRIPTS.items():
            with open(os.path.join(processes.folder, f"{name}.lua"), "w", encoding="ascii") as f:
                f.write(text)
        conf = os.path.join(processes.folder, "weir.yml")
        with open(conf, "w", encoding="ascii") as f:
            for pool in pools:
                protocol, more = POOLS[pool]
                f.write(f"{pool}:\n  listen: 127.0.0.1:{self.ports[pool]}\n  hash: fnv1a_64\n  distribution: ketama\n"
                        f"  redis: {'true' if protocol == 'redis' else 'false'}\n  preconnect: true\n{more}  servers:\n")
                f.writelines(f"   - 127.0.0.1:{port}:1 s{i}\n" for i, port in enumerate(servers[protocol]))
        argv = [binary, "--workers", "1", "-c", conf, "-s", str(free_port()), "-a", "127.0.0.1", "-v", "0"]
        if counted:
            argv = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.out}", *argv]
        self.process = processes.start(argv, list(self.ports.values()))

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """The instructions of its whole life."""
        code = self.processes.end(self.process)
        if code != 0:
            raise RuntimeError(f"weir ended with {code}")
        if not self.counted:
            return 0
        with open(self.out, encoding="utf-8", errors="replace") as f:
            return int(re.search(r"^(?:totals|summary): (\d+)", f.read(), re.MULTILINE).group(1))


# ---- measuring -------------------------------------------------------------------------------------------------------

def lockstep(weir, port, plan, rounds):
    connections = [connect(port) for _ in plan]
    for turn in range(rounds):
        weir.stop()
        for s, several in zip(connections, plan):
            s.sendall(several[turn % len(several)][0])
        weir.go_on()
        for s, several in zip(connections, plan):
            read_exactly(s, several[turn % len(several)][1])
    for s in connections:
        s.close()


def fill(processes, binary, servers):
    weir = Weir(processes, binary, servers, POOLS, counted=False)
    for pool, (protocol, _) in POOLS.items():
        ask = redis_set if protocol == "redis" else memcached_set
        s = connect(weir.ports[pool])
        for first in range(0, KEYS, 100):
            pairs = [ask([b"key:%012d" % i]) for i in range(first, min(first + 100, KEYS))]
            s.sendall(b"".join(p[0] for p in pairs))
            read_exactly(s, b"".join(p[1] for p in pairs))
        s.close()
    weir.end()


def instructions(processes, binary, servers, work):
    """Of one request."""
    plan = list(batches(work))
    few = max(work.rounds // 10, 4)  # so that buffers have their size in both runs
    counts = []
    for rounds in (few, few + work.rounds):
        # Always these two, and the workload's own: each pool costs a turn something.
        weir = Weir(processes, binary, servers, dict.fromkeys(["redis", "memcached", work.pool]), counted=True)
        lockstep(weir, weir.ports[work.pool], plan, rounds)
        counts.append(weir.end())
    return (counts[1] - counts[0]) / (work.rounds * CONNECTIONS * work.pipeline)


def start_servers(processes):
    servers = {"redis": [free_port(), free_port()], "memcached": [free_port(), free_port()]}
    for port in servers["redis"]:
        processes.start(["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no",
                         "--loglevel", "warning"], [port])
    for port in servers["memcached"]:
        processes.start(["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "1", "-u", "root"], [port])
    return servers


# ---- ceilings --------------------------------------------------------------------------------------------------------

CEILINGS_HEAD = """\
# The most instructions one request of each workload may cost in a release build; tests/performance/instructions.py
# measures and compares. Change a line when a request has become cheaper, so that it stays cheap; after thinking twice,
# also when it had to become dearer. --update writes what is measured x 1.05.
# Counts are of GCC 12 with Debian 12's libraries on a processor with AVX2; another compiler has others.
"""


def read_ceilings():
    ceilings = {}
    if os.path.exists(CEILINGS):
        with open(CEILINGS, encoding="ascii") as f:
            for line in f:
                if line.strip() and not line.startswith("#"):
                    name, count = line.rsplit(None, 1)
                    ceilings[name] = int(count)
    return ceilings


def write_ceilings(ceilings):
    with open(CEILINGS, "w", encoding="ascii") as f:
        f.write(CEILINGS_HEAD)
        f.writelines(f"{work.name:<24}{ceilings[work.name]:>8}\n" for work in WORKLOADS if work.name in ceilings)


def show(work, counts, ceiling):
    count = counts[len(counts) // 2]
    share = f"{count / ceiling:.1%}" if ceiling else "none"
    line = f"{work.name:<24}{count:>13.1f}{ceiling:>9}{share:>8}"
    if len(counts) > 1:
        line += f"   {counts[0]:.1f} to {counts[-1]:.1f}, {counts[-1] / counts[0] - 1:.2%}"
    print(line, flush=True)


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=os.path.join(HERE, "..", "..", "build", "release", "bin", "weir"))
    parser.add_argument("--only", default="", metavar="REGEX", help="workloads whose name matches")
    parser.add_argument("--runs", type=int, default=1, help="measure so many times, print the spread, take the median")
    parser.add_argument("--update", action="store_true", help="write new ceilings")
    return parser.parse_args()


def main():
    o = options()
    for tool in ("valgrind", "redis-server", "memcached"):
        if shutil.which(tool) is None:
            sys.exit(f"no {tool} here; scripts/deps test installs it")
    if not os.access(o.weir, os.X_OK):
        sys.exit(f"no weir at {o.weir}; scripts/build release makes it")
    chosen = [work for work in WORKLOADS if re.search(o.only, work.name)]
    if not chosen:
        sys.exit(f"no workload is named like '{o.only}'; there are: " + ", ".join(work.name for work in WORKLOADS))
    ceilings = read_ceilings()
    measured, above = {}, []
    print(f"{'workload':<24}{'instructions':>13}{'ceiling':>9}{'share':>8}")
    with tempfile.TemporaryDirectory(prefix="weir-instructions-") as folder:
        processes = Processes(folder)
        try:
            servers = start_servers(processes)
            fill(processes, os.path.abspath(o.weir), servers)
            for work in chosen:
                counts = sorted(instructions(processes, os.path.abspath(o.weir), servers, work) for _ in range(o.runs))
                count = measured[work.name] = counts[len(counts) // 2]
                if o.update:
                    ceilings[work.name] = round(count * MARGIN)
                ceiling = ceilings.get(work.name, 0)
                if count > ceiling:
                    above.append(work.name)
                if work.beside in measured and count > measured[work.beside] * work.times:
                    above.append(f"{work.name} ({count / measured[work.beside]:.3f} of {work.beside})")
                show(work, counts, ceiling)
        finally:
            processes.end_all()
    if o.update:
        write_ceilings(ceilings)
    if above:
        sys.exit("above their ceiling in " + os.path.relpath(CEILINGS) + ": " + ", ".join(above))


if __name__ == "__main__":
    main()
