"""The proxies: how each is configured to do the same work, and how it is started."""
import os
import subprocess

from processes import Process, free_port

BASE = "nutcracker"  # ratios are to this one
HAPROXY_NOTE = ("haproxy runs in mode tcp: it joins each client to one server in turn and understands no request. It "
                "shards nothing, splits nothing and shares no server connection: what moving the bytes costs, and "
                "no peer in what it does.")


def twemproxy_config(redis_port, memcached_port, servers, more=""):
    """The form that nutcracker reads and weir too. `more`: lines for each pool."""
    text = ""
    for pool, port, protocol in (("r", redis_port, "redis"), ("m", memcached_port, "memcached")):
        text += (f"{pool}:\n  listen: 127.0.0.1:{port}\n  hash: murmur\n  distribution: ketama\n"
                 f"  redis: {'true' if protocol == 'redis' else 'false'}\n  preconnect: true\n  backlog: 4096\n"
                 f"{more}  servers:\n")
        text += "".join(f"   - 127.0.0.1:{p}:1 s{i}\n" for i, p in enumerate(servers.ports(protocol)))
    return text


def haproxy_config(redis_port, memcached_port, servers, connections):
    text = (f"global\n  nbthread 1\n  maxconn {connections}\n"
            "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 10m\n  timeout server 10m\n")
    for protocol, port in (("redis", redis_port), ("memcached", memcached_port)):
        text += f"listen {protocol}\n  bind 127.0.0.1:{port} backlog 4096\n  balance roundrobin\n"
        text += "".join(f"  server s{i} 127.0.0.1:{p}\n" for i, p in enumerate(servers.ports(protocol)))
    return text


def predixy_config(port, servers):
    """Each server a group of its own, the keys spread over the groups; no log of requests, as with the others."""
    groups = "".join(f"    Group s{i} {{\n        + 127.0.0.1:{p}\n    }}\n" for i, p in enumerate(servers.redis))
    silent = "".join(f"Log{level}Sample 0\n" for level in ("Verb", "Debug", "Info", "Notice"))
    return (f"Name bench\nBind 127.0.0.1:{port}\nWorkerThreads 1\nClientTimeout 0\n{silent}"
            "StandaloneServerPool {\n    Databases 1\n    Hash crc16\n    Distribution modula\n"
            f"    RefreshMethod fixed\n{groups}}}\n")


class Proxy:
    """A proxy that can be started as often as one likes; each start is a fresh process on fresh ports."""

    protocols = ("redis", "memcached")

    def __init__(self, name, binary):
        self.name, self.binary = name, os.path.abspath(binary)
        self.process = None

    def start(self, folder, servers, pinning, under=(), patience=10):
        self.ports = {"redis": free_port(), "memcached": free_port()}
        conf = os.path.join(folder, f"{self.name}.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(self.config(servers))
        argv = [*under, self.binary, *self.arguments(conf)]
        self.process = Process(argv, self.ports["redis"], folder, pinning.apply_to_proxy, patience)

    def end(self, patience=10):
        if self.process:
            self.process.end(patience)

    @property
    def pid(self):
        return self.process.pid

    def version(self):
        """The line in which it says what it is."""
        done = subprocess.run([self.binary, self.version_option], capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0].removeprefix("This is ")


class Twemproxy(Proxy):
    version_option = "-V"

    def config(self, servers):
        return twemproxy_config(self.ports["redis"], self.ports["memcached"], servers)

    def arguments(self, conf):
        return ["-c", conf, "-s", str(free_port()), "-a", "127.0.0.1", "-v", "0"]


class Weir(Twemproxy):
    def __init__(self, name, binary, workers=1):
        super().__init__(name, binary)
        self.workers = workers

    def arguments(self, conf):
        return [*super().arguments(conf), "--workers", str(self.workers)]


class Haproxy(Proxy):
    version_option = "-v"

    def __init__(self, name, binary, file_limit):
        super().__init__(name, binary)
        self.connections = min(12_000, file_limit // 2 - 100)  # two descriptors each

    def config(self, servers):
        return haproxy_config(self.ports["redis"], self.ports["memcached"], servers, self.connections)

    def arguments(self, conf):
        return ["-db", "-f", conf]


class Predixy(Proxy):
    protocols = ("redis",)
    version_option = "-v"

    def config(self, servers):
        return predixy_config(self.ports["redis"], servers)

    def arguments(self, conf):
        return [conf]
