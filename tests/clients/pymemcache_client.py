"""What the guide of pymemcache shows, with its defaults."""
import json
import os
import unittest

from pymemcache.client.base import Client, PooledClient
from pymemcache.client.hash import HashClient
from pymemcache.client.retrying import RetryingClient
from pymemcache.exceptions import MemcacheUnexpectedCloseError

ADDRESS = ("127.0.0.1", int(os.environ["POOL_PORT"]))


class JsonSerde:
    def serialize(self, _key, value):
        return (value, 1) if isinstance(value, str) else (json.dumps(value), 2)

    def deserialize(self, _key, value, flags):
        return value.decode() if flags == 1 else json.loads(value)


class Pymemcache(unittest.TestCase):
    def setUp(self):
        self.client = Client(ADDRESS)
        self.addCleanup(self.client.close)
        self.client.flush_all(noreply=False)

    def test_basic_usage(self):
        self.client.set("some_key", "some_value")
        self.assertEqual(b"some_value", self.client.get("some_key"))
        self.assertIsNone(self.client.get("nothing"))

    def test_all_of_the_ascii_protocol(self):
        c = self.client
        self.assertTrue(c.add("a", "1", noreply=False))
        self.assertFalse(c.add("a", "2", noreply=False))
        self.assertTrue(c.replace("a", "5", noreply=False))
        self.assertEqual(7, c.incr("a", 2))
        self.assertEqual(4, c.decr("a", 3))
        self.assertTrue(c.append("a", "x", noreply=False))
        self.assertTrue(c.prepend("a", "y", noreply=False))
        self.assertEqual(b"y4x", c.get("a"))
        self.assertTrue(c.touch("a", 100, noreply=False))
        value, cas = c.gets("a")
        self.assertTrue(c.cas("a", b"new", cas, noreply=False))
        self.assertFalse(c.cas("a", b"newer", cas, noreply=False))
        self.assertTrue(c.delete("a", noreply=False))
        self.assertFalse(c.delete("a", noreply=False))

    def test_several_keys(self):
        values = {f"key{i}": str(i).encode() for i in range(300)}
        self.assertEqual([], self.client.set_many(values, noreply=False))
        self.assertEqual(values, self.client.get_many(list(values)))
        self.assertEqual(300, len(self.client.gets_many(list(values))))
        self.assertTrue(self.client.delete_many(list(values), noreply=False))
        self.assertEqual({}, self.client.get_many(list(values)))

    def test_serialisation(self):
        client = Client(ADDRESS, serde=JsonSerde())
        self.addCleanup(client.close)
        client.set("key", {"a": "b", "c": "d"})
        self.assertEqual({"a": "b", "c": "d"}, client.get("key"))

    def test_other_kinds_of_clients(self):
        for client in (PooledClient(ADDRESS, max_pool_size=4), HashClient([ADDRESS]),
                       RetryingClient(Client(ADDRESS), attempts=3, retry_for=[MemcacheUnexpectedCloseError])):
            self.addCleanup(client.close)
            client.set("some_key", "some value")
            self.assertEqual(b"some value", client.get("some_key"))

    def test_version_and_statistics(self):
        self.assertRegex(self.client.version(), rb"^\d+\.\d+")
        self.assertIn(b"curr_items", self.client.stats())


if __name__ == "__main__":
    unittest.main()
