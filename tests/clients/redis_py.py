"""What the README of redis-py shows, with its defaults."""
import os
import queue
import unittest

import redis

PORT = int(os.environ["POOL_PORT"])


def connected(**more):
    return redis.Redis(host="127.0.0.1", port=PORT, **more)


class RedisPy(unittest.TestCase):
    def setUp(self):
        self.r = connected()
        self.addCleanup(self.r.close)
        self.r.flushall()

    def test_getting_started(self):
        self.assertTrue(self.r.ping())
        self.assertTrue(self.r.set("foo", "bar"))
        self.assertEqual(b"bar", self.r.get("foo"))
        self.assertIsNone(self.r.get("nothing"))
        self.assertEqual("bar", connected(decode_responses=True).get("foo"))

    def test_bytes_and_large_values(self):
        value = os.urandom(3 << 20)
        self.r.set("large", value)
        self.assertEqual(value, self.r.get("large"))

    def test_several_keys(self):
        values = {f"key{i}": str(i) for i in range(200)}
        self.assertTrue(self.r.mset(values))
        self.assertEqual([v.encode() for v in values.values()], self.r.mget(list(values)))
        self.assertEqual(200, self.r.exists(*values))
        self.assertEqual(200, self.r.dbsize())
        self.assertEqual(200, len(self.r.keys("key*")))
        self.assertEqual(200, self.r.delete(*values))

    def test_pipelines(self):
        with self.r.pipeline(transaction=False) as pipe:
            for i in range(1000):
                pipe.set(f"p{i}", i)
            pipe.get("p999")
            replies = pipe.execute()
        self.assertEqual([True] * 1000 + [b"999"], replies)
        with self.r.pipeline(transaction=False) as pipe:
            replies = pipe.set("word", "x").incr("word").get("word").execute(raise_on_error=False)
        self.assertIsInstance(replies[1], redis.ResponseError)
        self.assertEqual((True, b"x"), (replies[0], replies[2]))

    def test_transactions(self):
        with self.r.pipeline() as pipe:  # MULTI and EXEC are its default
            self.assertEqual([True, 1, b"1"], pipe.set("{t}a", 0).incr("{t}a").get("{t}a").execute())

    def test_watch(self):
        self.r.set("{t}counter", 1)
        other = connected()
        with self.r.pipeline() as pipe:
            pipe.watch("{t}counter")
            now = int(pipe.get("{t}counter"))
            other.incr("{t}counter")
            pipe.multi()
            pipe.set("{t}counter", now + 1)
            self.assertRaises(redis.WatchError, pipe.execute)
        self.assertEqual(b"2", self.r.get("{t}counter"))

    def test_transaction_helper(self):
        self.r.set("{t}counter", 5)

        def step(pipe):
            now = int(pipe.get("{t}counter"))
            pipe.multi()
            pipe.set("{t}counter", now + 1)

        self.assertEqual([True], self.r.transaction(step, "{t}counter"))
        self.assertEqual(b"6", self.r.get("{t}counter"))

    def test_publish_and_subscribe(self):
        p = self.r.pubsub()
        self.addCleanup(p.close)
        p.subscribe("my-first-channel", "my-second-channel")
        p.psubscribe("my-*")
        kinds = [self.message(p)["type"] for _ in range(3)]
        self.assertEqual(["subscribe", "subscribe", "psubscribe"], kinds)
        self.r.publish("my-first-channel", "some data")
        got = sorted((self.message(p) for _ in range(2)), key=lambda m: m["type"])
        self.assertEqual([("message", b"some data"), ("pmessage", b"some data")], [(m["type"], m["data"]) for m in got])
        p.unsubscribe()
        p.punsubscribe()
        self.assertEqual(["unsubscribe", "unsubscribe", "punsubscribe"], [self.message(p)["type"] for _ in range(3)])

    def test_subscriber_thread(self):
        heard = queue.Queue()
        p = self.r.pubsub()
        self.addCleanup(p.close)
        p.subscribe(**{"my-channel": heard.put})
        self.assertEqual("subscribe", self.message(p)["type"])
        thread = p.run_in_thread(sleep_time=0.01)
        self.r.publish("my-channel", "hello")
        self.assertEqual(b"hello", heard.get(timeout=30)["data"])
        thread.stop()
        thread.join()

    def message(self, p):
        found = p.get_message(timeout=30)
        self.assertIsNotNone(found, "no message came")
        return found

    def test_lua_scripts(self):
        multiply = self.r.register_script("""
            local value = redis.call('GET', KEYS[1])
            value = tonumber(value)
            return value * ARGV[1]""")
        self.r.set("foo", 2)
        self.assertEqual(10, multiply(keys=["foo"], args=[5]))
        with self.r.pipeline(transaction=False) as pipe:
            pipe.set("bar", 7)
            multiply(keys=["bar"], args=[3], client=pipe)
            self.assertEqual([True, 21], pipe.execute())
        self.r.script_flush()
        self.assertEqual(10, multiply(keys=["foo"], args=[5]))  # NOSCRIPT, and it loads it again

    def test_scan_iterators(self):
        wanted = {f"scan:{i}".encode() for i in range(300)}
        for key in wanted:
            self.r.set(key, "x")
        self.assertEqual(wanted, set(self.r.scan_iter("scan:*", count=20)))
        self.r.hset("hash", mapping={"a": 1, "b": 2})
        self.assertEqual({b"a": b"1", b"b": b"2"}, dict(self.r.hscan_iter("hash")))

    def test_blocking_pop(self):
        popper = connected()
        self.assertIsNone(popper.blpop("queue", timeout=0.05))
        self.r.rpush("queue", "job")
        self.assertEqual((b"queue", b"job"), popper.blpop("queue", timeout=30))

    def test_locks(self):
        with self.r.lock("{l}lock", timeout=30):
            self.assertFalse(connected().lock("{l}lock", blocking=False).acquire())
        self.assertTrue(connected().lock("{l}lock", blocking=False, timeout=30).acquire())

    def test_structures(self):
        self.r.zadd("z", {"a": 1.5, "b": 2})
        self.assertEqual([(b"a", 1.5), (b"b", 2.0)], self.r.zrange("z", 0, -1, withscores=True))
        entry = self.r.xadd("stream", {"name": "value"})
        self.assertEqual([[b"stream", [(entry, {b"name": b"value"})]]], self.r.xread({"stream": "0"}))
        self.r.geoadd("geo", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"))
        self.assertAlmostEqual(166274.1516, self.r.geodist("geo", "Palermo", "Catania"), 3)

    def test_connection_settings(self):
        named = connected(client_name="weir-test", health_check_interval=1)
        self.assertEqual("weir-test", named.client_getname())
        self.assertIn("redis_version", self.r.info())
        self.assertIsInstance(self.r.client_id(), int)


if __name__ == "__main__":
    unittest.main()
