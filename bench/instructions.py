"""--instructions: user instructions a request, counted under callgrind.

Exact where times are not, and blind to what the kernel does.
A proxy runs twice, with n and with 3 n requests; the difference leaves out what starting and stopping cost.
"""
import re
import shutil
import sys

from processes import Failed
from proxies import BASE

VALGRIND = ("--tool=callgrind", "--callgrind-out-file=/dev/null")


def parse_callgrind(text):
    found = re.search(r"Collected\s*:\s*(\d+)", text)
    if not found:
        raise Failed("callgrind said nothing of what it counted")
    return int(found[1])


def suitable(work):
    """Instructions say little where bytes are copied or connections wait in the kernel."""
    return work.value <= 1024 and work.clients == 50


def counted(bench, proxy, work, requests):
    valgrind = shutil.which("valgrind")
    try:
        bench.start(proxy, under=(valgrind, *VALGRIND), patience=60)
        bench.load.run(work, proxy.ports[work.protocol], requests)
    finally:
        proxy.end(patience=60)
    return parse_callgrind(proxy.process.output())


def requests_of(work, scale):
    """n: some thousands; a proxy under callgrind is fifty times slower."""
    return max(work.scaled(scale) // 40, 2 * work.clients * work.pipeline, 200)


def measure(bench, works, show):
    """{workload: {"proxies": {name: {"instructions", "ratio"}}, "left_out"}}; show() sees each as it is done."""
    if not shutil.which("valgrind"):
        print("no instructions counted: valgrind is not installed", file=sys.stderr)
        return {}
    results = {}
    for title, work in works:
        if not suitable(work):
            continue
        bench.servers.fill(*work.data)
        n = requests_of(work, bench.options.scale)
        found, left_out = {}, {}
        for proxy in [p for p in bench.proxies if work.protocol in p.protocols]:
            try:
                once, thrice = (counted(bench, proxy, work, k) for k in (n, 3 * n))
                found[proxy.name] = {"instructions": (thrice - once) / (2 * n)}
            except Failed as why:
                left_out[proxy.name] = str(why)
        for name, row in found.items():
            if BASE in found and name != BASE:
                row["ratio"] = row["instructions"] / found[BASE]["instructions"]
        results[title] = {"proxies": found, "left_out": left_out}
        show(title, results[title])
    return results
