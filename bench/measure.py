"""One workload: every proxy fresh, warmed up, then in turn, round after round."""
import sys

from processes import Failed, cpu_seconds, memory_kib
from proxies import BASE
from summary import summarize


class Bench:
    """What every measurement works with."""

    def __init__(self, folder, servers, load, proxies, pinning, counter, options):
        self.folder, self.servers, self.load, self.proxies = folder, servers, load, proxies
        self.pinning, self.counter, self.options = pinning, counter, options

    def start(self, proxy, **how):
        proxy.start(self.folder, self.servers, self.pinning, **how)

    def start_all(self, proxies, left_out):
        """Those that start; why the others do not goes into left_out."""
        started = []
        for proxy in proxies:
            try:
                self.start(proxy)
                started.append(proxy)
            except Failed as why:
                left_out[proxy.name] = str(why)
        return started


def one_round(bench, proxy, work, requests):
    before = cpu_seconds(proxy.pid)
    outcome = bench.load.run(work, proxy.ports[work.protocol], requests)
    return {"rps": outcome.rps, "p50_ms": outcome.p50_ms, "p99_ms": outcome.p99_ms,
            "cpu_us": (cpu_seconds(proxy.pid) - before) * 1e6 / requests}


def warm_up(bench, proxy, work, requests):
    """Returns its system calls a request: perf would cost the proxy time in a round that counts."""
    bench.load.run(work, proxy.ports[work.protocol], requests, under=bench.counter.around(proxy.pid))
    count = bench.counter.count()
    return None if count is None else count / requests


def check_hits(work, asked, before, after):
    """A GET that finds nothing is another, cheaper request than the one that is meant."""
    found, missed = (new - old for old, new in zip(before, after))
    if missed or found < asked:
        print(f"note: of {asked} keys the servers found {found} and missed {missed}", file=sys.stderr)


def measure(bench, work):
    """{"rounds", "proxies", "left_out"}: see summary.summarize; left_out says which proxy could not and why."""
    requests = work.scaled(bench.options.scale)
    bench.servers.fill(*work.data)
    left_out, extra = {}, {}
    running = bench.start_all([p for p in bench.proxies if work.protocol in p.protocols], left_out)
    everyone = list(running)

    def drop(proxy, why):
        left_out[proxy.name] = str(why)
        running.remove(proxy)

    try:
        for proxy in list(running):
            try:
                extra[proxy.name] = {"syscalls": warm_up(bench, proxy, work, requests)}
            except Failed as why:
                drop(proxy, why)
        rounds = []
        for _ in range(bench.options.rounds):
            rounds.append({})
            for proxy in list(running):
                before = bench.servers.found_and_missed(work.protocol)
                try:
                    rounds[-1][proxy.name] = one_round(bench, proxy, work, requests)
                except (Failed, OSError) as why:
                    drop(proxy, why)
                    continue
                if work.reads:
                    check_hits(work, requests * work.keys_each, before, bench.servers.found_and_missed(work.protocol))
        for proxy in running:
            extra[proxy.name]["peak_kib"] = memory_kib(proxy.pid)[1]
    finally:
        for proxy in everyone:
            proxy.end()
    names = [proxy.name for proxy in running]
    rounds = [{name: r[name] for name in names} for r in rounds]
    proxies = {name: {**extra[name], **found} for name, found in summarize(rounds, BASE).items()}
    return {"group": work.group, "rounds": rounds, "proxies": proxies, "left_out": left_out}
