"""The load: redis-benchmark for Redis, bench/mc_load for memcached; how they are started and what they print."""
import csv
import io
import os
import shutil
import subprocess
from dataclasses import dataclass

from processes import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 120  # seconds; a round takes a few


@dataclass(frozen=True)
class Outcome:
    rps: float
    p50_ms: float
    p99_ms: float


def parse_redis_benchmark(text):
    """The last row of its CSV, by the names in the header. The first column is the command, with all its words."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    heads = [i for i, row in enumerate(rows) if "rps" in row]
    if not heads or heads[-1] == len(rows) - 1:
        raise Failed("redis-benchmark printed no result")
    found = dict(zip(rows[heads[-1]], rows[-1]))
    try:
        return Outcome(float(found["rps"]), float(found["p50_latency_ms"]), float(found["p99_latency_ms"]))
    except (KeyError, ValueError):
        raise Failed(f"redis-benchmark printed no result but: {','.join(rows[-1])[:200]}") from None


def parse_mc_load(text):
    """ "requests_per_second p50_ms p99_ms" """
    try:
        return Outcome(*(float(word) for word in text.split()))
    except (TypeError, ValueError):
        raise Failed(f"mc_load printed no result but: {text[:200]!r}") from None


def build_mc_load(folder):
    built = os.path.join(HERE, "..", "build", "release", "bench", "mc_load")
    if os.access(built, os.X_OK):
        return os.path.abspath(built)
    target = os.path.join(folder, "mc_load")
    compiler = os.environ.get("CXX", "c++")
    subprocess.run([compiler, "-std=c++20", "-O2", os.path.join(HERE, "mc_load.cc"), "-o", target], check=True)
    return target


class Load:
    def __init__(self, folder):
        self.redis_benchmark = shutil.which("redis-benchmark")
        if not self.redis_benchmark:
            raise Failed("redis-benchmark is not installed; scripts/deps bench installs what a run needs")
        self.mc_load = build_mc_load(folder)

    def command(self, work, port, requests):
        if work.protocol == "memcached":
            return [self.mc_load, *map(str, (port, work.clients, work.pipeline, requests, work.value, work.keys,
                                             work.command, work.keys_each, work.added))]
        argv = [self.redis_benchmark, "-p", port, "-c", work.clients, "-n", requests, "-P", work.pipeline, "-r",
                work.keys, "--csv", "--precision", 3]
        one = {"mset": ["key:__rand_int__", "x" * work.value], "mget": ["key:__rand_int__"]}.get(work.command)
        # Its own SET takes a size, where a value of 1 MiB would not fit into an argument.
        argv += [work.command.upper(), *one * work.keys_each] if one else ["-t", work.command, "-d", work.value]
        return [str(word) for word in argv]

    def run(self, work, port, requests, under=(), patience=PATIENCE):
        """`under`: a command that runs the load as its own child."""
        try:
            done = subprocess.run([*under, *self.command(work, port, requests)], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False, timeout=patience)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {patience} s") from None
        if done.returncode != 0:
            raise Failed((done.stderr.strip().splitlines() or [f"the load ended with {done.returncode}"])[-1][:200])
        return parse_mc_load(done.stdout) if work.protocol == "memcached" else parse_redis_benchmark(done.stdout)
