"""What a client that asks for 100,000 keys at once does to the others: the p99 of plain GETs with and without it."""
import os
import select
import statistics
import subprocess
import sys

from load import HERE
from processes import Failed
from summary import spread
from workloads import KEYS, Workload

CLIENTS = 20
PATIENCE = 20  # seconds for the first of the large requests; a proxy that takes longer cannot
GETS = Workload("neighbours", "GET 3 B", 20_000, "redis", "get", clients=CLIENTS)
BESIDE = 0.1  # of the requests: beside it each may wait for a whole MGET, and all should be done in seconds


class MgetLoop:
    """The client with the large requests, running for as long as the block."""

    def __init__(self, port):
        self.port = port

    def __enter__(self):
        argv = [sys.executable, os.path.join(HERE, "mget_loop.py"), str(self.port), str(KEYS)]
        self.popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      text=True)
        try:
            if not select.select([self.popen.stdout], [], [], PATIENCE)[0]:
                raise Failed(f"one MGET of {KEYS:,} keys takes it more than {PATIENCE} s")
            self.first = self.popen.stdout.readline()
            if not self.first:
                raise Failed(self.popen.stderr.read().strip()[-200:])
        except BaseException:
            self.popen.kill()
            self.popen.communicate()
            raise
        return self

    def __exit__(self, *_):
        self.died = self.popen.poll() is not None
        self.popen.terminate()
        output, self.errors = self.popen.communicate()
        self.times_ms = [float(line) for line in (self.first + output).splitlines()]


def one_round(bench, proxy, requests):
    port = proxy.ports["redis"]
    quiet = bench.load.run(GETS, port, requests)
    with MgetLoop(port) as loop:
        beside = bench.load.run(GETS, port, max(int(requests * BESIDE), 400), patience=60)
    if loop.died:
        raise Failed(loop.errors.strip()[-200:])
    return {"quiet_p99_ms": quiet.p99_ms, "beside_p99_ms": beside.p99_ms, "ratio": beside.p99_ms / quiet.p99_ms,
            "quiet_rps": quiet.rps, "beside_rps": beside.rps, "mget_ms": statistics.median(loop.times_ms)}


def summarize(rounds):
    """{proxy: {figure: spread}}"""
    return {name: {figure: spread([r[name][figure] for r in rounds]) for figure in rounds[0][name]}
            for name in (rounds[0] if rounds else ())}


def measure(bench):
    bench.servers.fill(*GETS.data)
    left_out, rounds = {}, []
    everyone = bench.start_all([p for p in bench.proxies if "redis" in p.protocols], left_out)
    running = list(everyone)
    requests = GETS.scaled(bench.options.scale)
    try:
        for count in range(-1, bench.options.rounds):  # the first is the warm-up
            found = {}
            for proxy in list(running):
                try:
                    found[proxy.name] = one_round(bench, proxy, requests)
                except Failed as why:
                    left_out[proxy.name] = str(why)
                    running.remove(proxy)
            if count >= 0:
                rounds.append(found)
    finally:
        for proxy in everyone:
            proxy.end()
    names = [proxy.name for proxy in running]
    rounds = [{name: r[name] for name in names} for r in rounds]
    return {"rounds": rounds, "proxies": summarize(rounds), "left_out": left_out}
