"""What the README of python-memcached shows, with its defaults."""
import os
import unittest

import memcache

ADDRESS = f"127.0.0.1:{os.environ['POOL_PORT']}"


class PythonMemcache(unittest.TestCase):
    def setUp(self):
        self.mc = memcache.Client([ADDRESS], debug=1)
        self.addCleanup(self.mc.disconnect_all)
        self.assertTrue(self.mc.flush_all() is None)

    def test_readme(self):
        self.mc.set("some_key", "Some value")
        self.assertEqual("Some value", self.mc.get("some_key"))
        self.mc.set("another_key", 3)
        self.assertTrue(self.mc.delete("another_key"))
        self.mc.set("key", "1")
        self.assertEqual(2, self.mc.incr("key"))
        self.assertEqual(1, self.mc.decr("key"))

    def test_several_keys_and_types(self):
        values = {f"key{i}": [i, str(i), None] for i in range(200)}
        self.assertEqual([], self.mc.set_multi(values))
        self.assertEqual(values, self.mc.get_multi(list(values)))
        self.assertTrue(self.mc.delete_multi(list(values)))

    def test_cas(self):
        other = memcache.Client([ADDRESS], cache_cas=True)
        self.addCleanup(other.disconnect_all)
        other.set("key", "first")
        self.assertEqual("first", other.gets("key"))
        self.assertTrue(other.cas("key", "second"))
        self.assertEqual("second", other.gets("key"))
        self.mc.set("key", "third")
        self.assertFalse(other.cas("key", "fourth"))

    def test_statistics(self):
        (_, stats), = self.mc.get_stats()
        self.assertIn("curr_items", stats)


if __name__ == "__main__":
    unittest.main()
