"""--workers 1,2: what a second worker costs a request, and whether the clients are spread over the workers."""
import re
import statistics
from dataclasses import replace

from measure import check_hits
from processes import cpu_seconds_by_thread
from proxies import Weir
from summary import summarize
from workloads import Workload

GET = Workload("workers", "GET 3 B", 60_000, "redis", "get")
DEEP = replace(GET, name="GET 3 B, 16 deep", requests=400_000, pipeline=16)
# What is asked of a proxy with so many workers. With as many clients for two workers as for one each worker has half of
# them, and less to do whenever it wakes; the third is what a worker costs that has as much to do as it had alone.
CASES = {
    "GET 3 B, 8 clients": lambda count: replace(GET, clients=8),
    "GET 3 B, 50 clients": lambda count: GET,
    "GET 3 B, 25 clients a worker": lambda count: replace(GET, clients=25 * count),
    "GET 3 B, 16 deep, 50 clients": lambda count: DEEP,
}


def thread_cpu(before, after):
    """{thread's name: seconds between two looks}, the worker threads by name and all others together."""
    spent = {}
    for task, (name, seconds) in after.items():
        name = name if re.fullmatch(r"weir-\d+", name) else "others"
        spent[name] = spent.get(name, 0) + seconds - before.get(task, (name, 0))[1]
    return spent


def one_round(bench, proxy, work, requests):
    before, hits = cpu_seconds_by_thread(proxy.pid), bench.servers.found_and_missed("redis")
    outcome = bench.load.run(work, proxy.ports["redis"], requests)
    spent = thread_cpu(before, cpu_seconds_by_thread(proxy.pid))
    check_hits(work, requests, hits, bench.servers.found_and_missed("redis"))
    total = sum(spent.values())
    return {"rps": outcome.rps, "p50_ms": outcome.p50_ms, "p99_ms": outcome.p99_ms, "cpu_us": total * 1e6 / requests,
            "shares": {name: seconds / total for name, seconds in spent.items()}}


def measure(bench, binary, counts):
    """{"GET 3 B, 8 clients": {"rounds", "proxies": {"1 worker": {..., "shares"}}}}; ratios are to the first count."""
    bench.servers.fill(*GET.data)
    names = [f"{count} worker{'s' * (count != 1)}" for count in counts]
    results = {}
    for title, asked in CASES.items():
        works = {name: asked(count) for name, count in zip(names, counts)}
        requests = works[names[0]].scaled(bench.options.scale)
        proxies = [Weir(name, binary, count) for name, count in zip(names, counts)]
        try:
            for proxy in proxies:
                bench.start(proxy)
                bench.load.run(works[proxy.name], proxy.ports["redis"], max(requests // 10, 1000))
            rounds = [{p.name: one_round(bench, p, works[p.name], requests) for p in proxies}
                      for _ in range(bench.options.rounds)]
        finally:
            for proxy in proxies:
                proxy.end()
        found = summarize(rounds, names[0])
        for name, row in found.items():
            threads = sorted({thread for r in rounds for thread in r[name]["shares"]}, key=lambda t: (t == "others", t))
            row["shares"] = {t: statistics.median(r[name]["shares"].get(t, 0) for r in rounds) for t in threads}
        results[title] = {"rounds": rounds, "proxies": found}
    return results
