"""What is measured: the table of workloads."""
import re
from dataclasses import dataclass

KEYS = 100_000  # of 3 byte values; larger ones have fewer, so that the servers stay small
KEYS_OF_1K = 10_000


@dataclass(frozen=True)
class Workload:
    group: str
    name: str
    requests: int  # of one round, at --scale 1
    protocol: str  # "redis" or "memcached"
    command: str  # "set", "get", "mset" or "mget"
    value: int = 3
    keys: int = KEYS  # how many there are
    keys_each: int = 1  # in one request
    pipeline: int = 1
    clients: int = 50
    quick: bool = False  # part of --quick
    added: int = 0  # bytes before the key in replies of memcached, when a proxy does not take its prefix off again

    @property
    def reads(self):
        return self.command in ("get", "mget")

    @property
    def data(self):
        """What must lie on the servers before it runs."""
        return self.protocol, self.keys, self.value

    def scaled(self, scale):
        """Never fewer than two for each client and place in the pipeline, or nothing would be pipelined."""
        return max(int(self.requests * scale), 2 * self.clients * self.pipeline, 100)


def _both(group, names, requests, protocol, quick=(), **more):
    for command in ("set", "get"):
        yield Workload(group, f"{command if protocol == 'memcached' else command.upper()} {names}", requests, protocol,
                       command, quick=command in quick, **more)


def _redis():
    small = "Redis, 50 connections"
    yield from _both(small, "3 B", 60_000, "redis", ("set", "get"))
    yield from _both(small, "1 KiB", 60_000, "redis", ("get",), value=1024, keys=KEYS_OF_1K)
    pipelined = "Redis, 50 connections, pipelined"
    yield from _both(pipelined, "3 B, 16 deep", 400_000, "redis", ("get",), pipeline=16)
    yield from _both(pipelined, "3 B, 64 deep", 600_000, "redis", ("get",), pipeline=64)
    for keys, requests in ((10, 40_000), (100, 8_000)):
        for command in ("mset", "mget"):
            yield Workload("Redis, many keys over two servers", f"{command.upper()} of {keys}", requests, "redis",
                           command, keys_each=keys, quick=(command, keys) in (("mset", 10), ("mget", 100)))
    for clients in (500, 5000):
        yield Workload("Redis, many connections", f"GET 3 B, {clients} connections", 60_000, "redis", "get",
                       clients=clients, quick=clients == 500)
    large = "Redis, large values"
    yield from _both(large, "64 KiB", 8_000, "redis", ("get",), value=64 << 10, keys=200)
    yield from _both(large, "1 MiB", 500, "redis", value=1 << 20, keys=20)


def _memcached():
    group = "memcached, 50 connections"
    for size, label, keys in ((3, "3 B", KEYS), (1024, "1 KiB", KEYS_OF_1K)):
        quick = ("set", "get") if size == 3 else ()
        yield from _both(group, label, 60_000, "memcached", quick, value=size, keys=keys)
        yield from _both(group, f"{label}, 16 deep", 300_000, "memcached", value=size, keys=keys, pipeline=16)
    yield Workload(group, "get of 10 keys", 40_000, "memcached", "get", keys_each=10)


def workloads():
    yield from _redis()
    yield from _memcached()


def title(work):
    """The workload's name, on its own."""
    return f"memcached {work.name}" if work.protocol == "memcached" else f"Redis {work.name}"


NEIGHBOURS = "neighbours of a 100,000-key MGET"


def selected(quick, only):
    """Those that are asked for: --only has its say over all of them, --quick chooses by itself."""
    for work in workloads():
        if re.search(only, title(work), re.IGNORECASE) if only else work.quick or not quick:
            yield work


def neighbours_selected(only):
    return bool(re.search(only, NEIGHBOURS, re.IGNORECASE))
