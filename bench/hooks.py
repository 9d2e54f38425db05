"""--hooks: what scripts cost a request: none at all, one that hooks other commands, one that puts a prefix before keys;
and beside them memcached's own proxy with the same two routes, when there is one."""
import os
import sys
from dataclasses import replace

from measure import check_hits, one_round
from processes import Failed
from proxies import Proxy, Weir, twemproxy_config
from summary import summarize
from workloads import Workload

PREFIX = b"tenant:"
NONE, OTHER, KEYS = "no script", "other commands hooked", "key prefix"
MEMCACHED, MEMCACHED_KEYS = "memcached's proxy", "memcached's proxy, key prefix"
SCRIPTS = {
    OTHER: 'weir.on_request(weir.ADMIN, function(req) req:reject("not here") end)\n',
    KEYS: f'weir.on_request(weir.READ, weir.WRITE, function(req) req:prefix("{PREFIX.decode()}") end)\n',
}
# Versions since 1.6.23 make functions of routes; before, a route was one.
MEMCACHED_ROUTE = """\
function mcp_config_pools()
  return mcp.pool({{ {backends} }})
end
function mcp_config_routes(pool)
  local function rewrite(r) {rewrite} end
  if not mcp.funcgen_new then
    mcp.attach(mcp.CMD_ANY_STORAGE, function(r) rewrite(r) return pool(r) end)
    return
  end
  local route = mcp.funcgen_new()
  local servers = route:new_handle(pool)
  route:ready({{ n = "bench", f = function(ctx)
    return function(r) rewrite(r) return ctx:enqueue_and_wait(r, servers) end
  end }})
  mcp.attach(mcp.CMD_ANY_STORAGE, route)
end
"""

SET = Workload("hooks", "SET 3 B", 60_000, "redis", "set")
GET = replace(SET, name="GET 3 B", command="get")
MEMCACHED_GET = replace(GET, name="get 3 B", protocol="memcached")
CASES = {
    "Redis SET 3 B": SET,
    "Redis GET 3 B": GET,
    "Redis SET 3 B, 16 deep": replace(SET, requests=400_000, pipeline=16),
    "Redis GET 3 B, 16 deep": replace(GET, requests=400_000, pipeline=16),
    "memcached get 3 B": MEMCACHED_GET,
    "memcached get 3 B, 16 deep": replace(MEMCACHED_GET, requests=300_000, pipeline=16),
}


class Scripted(Weir):
    """weir with one of the scripts; without one it is as ever."""

    def start(self, folder, servers, pinning, under=(), patience=10):
        self.script = os.path.join(folder, self.name.replace(" ", "-") + ".lua")
        with open(self.script, "w", encoding="ascii") as f:
            f.write(SCRIPTS.get(self.name, ""))
        super().start(folder, servers, pinning, under, patience)

    def config(self, servers):
        more = f"  lua: {{file: '{self.script}'}}\n" if self.name in SCRIPTS else ""
        return twemproxy_config(self.ports["redis"], self.ports["memcached"], servers, more)


class MemcachedProxy(Proxy):
    protocols = ("memcached",)
    version_option = "--version"

    def config(self, servers):
        backends = ", ".join(f'mcp.backend("s{i}", "127.0.0.1", {p})' for i, p in enumerate(servers.memcached))
        rewrite = f'r:token(2, "{PREFIX.decode()}" .. r:key())' if self.name == MEMCACHED_KEYS else ""
        return MEMCACHED_ROUTE.format(backends=backends, rewrite=rewrite)

    def arguments(self, conf):
        self.ports["redis"] = self.ports["memcached"]  # where it is waited for
        user = ["-u", "root"] if os.geteuid() == 0 else []
        return ["-l", "127.0.0.1", "-p", str(self.ports["memcached"]), "-U", "0", "-t", "1", "-c", "4096", *user, "-o",
                f"proxy_config={conf}"]


def proxies(o):
    yield from (Scripted(name, o.weir) for name in (NONE, OTHER, KEYS))
    if o.memcached_proxy:
        yield from (MemcachedProxy(name, o.memcached_proxy) for name in (MEMCACHED, MEMCACHED_KEYS))
    else:
        print("without memcached's own proxy, which Debian's memcached lacks: --memcached-proxy PATH names one",
              file=sys.stderr)


def asked_of(work, proxy):
    """The same for all, but that the one does not give clients their own keys back."""
    return replace(work, added=len(PREFIX)) if proxy.name == MEMCACHED_KEYS and work.reads else work


def one_case(bench, work, chosen):
    requests = work.scaled(bench.options.scale)
    bench.servers.fill(*work.data, (b"", PREFIX))
    left_out, rounds = {}, []
    everyone = bench.start_all([p for p in chosen if work.protocol in p.protocols], left_out)
    running = list(everyone)
    try:
        for count in range(-1, bench.options.rounds):  # the first is the warm-up
            found = {}
            for proxy in list(running):
                before = bench.servers.found_and_missed(work.protocol)
                try:
                    found[proxy.name] = one_round(bench, proxy, asked_of(work, proxy), requests)
                except (Failed, OSError) as why:
                    left_out[proxy.name] = str(why)
                    running.remove(proxy)
                    continue
                if work.reads:
                    check_hits(work, requests, before, bench.servers.found_and_missed(work.protocol))
            if count >= 0:
                rounds.append(found)
    finally:
        for proxy in everyone:
            proxy.end()
    names = [proxy.name for proxy in running]
    return {"proxies": summarize([{name: r[name] for name in names} for r in rounds], NONE), "left_out": left_out,
            "rounds": rounds}


def measure(bench, o, show):
    """{"Redis SET 3 B": {"rounds", "proxies": see summary.summarize, "left_out"}}; ratios are to no script."""
    chosen, results = list(proxies(o)), {}
    for title, work in CASES.items():
        results[title] = one_case(bench, work, chosen)
        show(title, results[title])
    return results
