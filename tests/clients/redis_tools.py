"""redis-cli and redis-benchmark, as a user calls them."""
import os
import subprocess
import tempfile
import unittest

PORT = os.environ["POOL_PORT"]


def cli(*args, stdin=None):
    """What it prints, which is the raw form where there is no terminal."""
    done = subprocess.run(["redis-cli", "-p", PORT, *args], input=stdin, capture_output=True, text=True, timeout=120)
    return (done.stdout + done.stderr).strip()


class RedisCli(unittest.TestCase):
    def test_one_command(self):
        self.assertEqual("PONG", cli("PING"))
        self.assertEqual("OK", cli("SET", "foo", "bar"))
        self.assertEqual("bar", cli("GET", "foo"))
        self.assertEqual('"bar"', cli("--no-raw", "GET", "foo"))
        self.assertEqual("OK", cli("-x", "SET", "foo", stdin="value from stdin"))
        self.assertEqual("value from stdin", cli("GET", "foo"))

    def test_commands_from_a_file(self):
        out = cli(stdin="SET a 1\nINCR a\nHSET h f v\nHGETALL h\nPING\n")
        self.assertEqual(["OK", "2", "1", "f", "v", "PONG"], out.split("\n"))

    def test_transaction(self):
        out = cli(stdin="MULTI\nSET {t}a 1\nINCR {t}a\nEXEC\n")
        self.assertEqual(["OK", "QUEUED", "QUEUED", "OK", "2"], out.split("\n"))

    def test_resp3(self):
        self.assertEqual('1# "f" => "v"', cli("-3", "--no-raw", stdin="DEL h3\nHSET h3 f v\nHGETALL h3\n").split("\n")[-1])

    def test_database_zero(self):
        self.assertEqual("PONG", cli("-n", "0", "PING"))

    def test_repeating_and_output_forms(self):
        self.assertEqual(["1", "2", "3"], cli("-r", "3", "INCR", "repeated").split("\n"))
        cli("RPUSH", "list", "a", "b")
        self.assertEqual('"a","b"', cli("--csv", "LRANGE", "list", "0", "-1"))

    def test_scripts(self):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:
            f.write("return redis.call('SET', KEYS[1], ARGV[1])")
            f.flush()
            self.assertEqual("OK", cli("--eval", f.name, "location:hastings:temp", ",", "23"))

    def test_mass_insertion(self):
        lines = "".join(f"SET mass{i} {i}\r\n" for i in range(2000))
        self.assertIn("errors: 0, replies: 2000", cli("--pipe", stdin=lines))
        self.assertEqual("1999", cli("GET", "mass1999"))

    def test_scanning(self):
        for i in range(20):
            cli("SET", f"scan:{i}", "x")
        self.assertEqual({f"scan:{i}" for i in range(20)}, set(cli("--scan", "--pattern", "scan:*").split("\n")))
        self.assertIn("Biggest string", cli("--bigkeys"))

    def test_subscription(self):
        process = subprocess.Popen(["redis-cli", "-p", PORT, "SUBSCRIBE", "news"], stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(["subscribe", "news", "1"], [process.stdout.readline().strip() for _ in range(3)])
            cli("PUBLISH", "news", "hello")
            self.assertEqual(["message", "news", "hello"], [process.stdout.readline().strip() for _ in range(3)])
        finally:
            process.kill()
            process.communicate()


class RedisBenchmark(unittest.TestCase):
    def bench(self, *args):
        done = subprocess.run(["redis-benchmark", "-p", PORT, "-q", "-n", "2000", "-c", "10", *args],
                              capture_output=True, text=True, timeout=240)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertNotRegex(done.stdout + done.stderr, "(?i)error from server|^error")
        return done.stdout

    def test_its_whole_list(self):
        out = self.bench()
        for name in ("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET",
                     "SPOP", "ZADD", "ZPOPMIN", "LRANGE_100", "MSET"):
            self.assertIn(name, out)

    def test_pipelined_and_random(self):
        self.assertIn("SET", self.bench("-P", "16", "-r", "10000", "-d", "1000", "-t", "set,get"))

    def test_a_command_of_its_own(self):
        self.assertIn("lpush mylist", self.bench("-r", "10000", "lpush", "mylist", "__rand_int__"))


if __name__ == "__main__":
    unittest.main()
