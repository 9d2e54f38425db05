"""libmemcached's tools and its memccapable, in both dialects."""
import os
import subprocess
import tempfile
import unittest

PORT = os.environ["POOL_PORT"]
SERVERS = f"--servers=127.0.0.1:{PORT}"


def run(*argv, cwd=None):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, cwd=cwd)
    return done.returncode, (done.stdout + done.stderr).strip()


class Tools:
    """Told twice, in the ascii and in the binary dialect."""

    dialect = ()

    def tool(self, name, *args, cwd=None):
        return run(name, SERVERS, *self.dialect, *args, cwd=cwd)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.assertEqual(0, self.tool("memcflush")[0])
        for i in range(10):
            with open(os.path.join(self.folder.name, f"file{i}"), "w", encoding="ascii") as f:
                f.write(f"contents {i}")
        files = [f"file{i}" for i in range(10)]
        self.assertEqual((0, ""), self.tool("memccp", *files, cwd=self.folder.name))

    def test_copies_and_shows(self):
        self.assertEqual((0, "contents 3"), self.tool("memccat", "file3"))
        self.assertEqual((0, [f"contents {i}" for i in range(10)]), self.lines("memccat", *[f"file{i}" for i in range(10)]))

    def lines(self, *args):
        code, out = self.tool(*args)
        return code, out.split("\n")

    def test_looks_for_and_removes(self):
        self.assertEqual(0, self.tool("memcexist", "file1")[0])
        self.assertEqual(0, self.tool("memcrm", "file1")[0])
        self.assertNotEqual(0, self.tool("memcexist", "file1")[0])
        self.assertNotEqual(0, self.tool("memccat", "file1")[0])

    def test_touches(self):
        self.assertEqual(0, self.tool("memctouch", "--expire=100", "file2")[0])
        self.assertEqual((0, "contents 2"), self.tool("memccat", "file2"))

    def test_reads_statistics(self):
        code, out = self.tool("memcstat")
        self.assertEqual(0, code, out)
        self.assertIn("curr_items", out)

    def test_flushes(self):
        self.assertEqual(0, self.tool("memcflush")[0])
        self.assertNotEqual(0, self.tool("memccat", "file0")[0])

    def test_load(self):
        for test in ("set", "get", "mget"):
            code, out = self.tool("memcslap", f"--test={test}", "--concurrency=5", "--execute-number=100",
                                  "--initial-load=100")
            self.assertEqual(0, code, out)


class Ascii(Tools, unittest.TestCase):
    def test_pings(self):  # memcping --binary does not work with memcached itself
        self.assertEqual(0, self.tool("memcping")[0])


class Binary(Tools, unittest.TestCase):
    dialect = ("--binary",)


class Capable(unittest.TestCase):
    """memccapable asks for every command of a dialect, and says [pass] or [FAIL] of each."""

    def capable(self, dialect):
        code, out = run("memccapable", "-h", "127.0.0.1", "-p", PORT, dialect)
        self.assertEqual((0, []), (code, [line for line in out.split("\n") if "[pass]" not in line and "[" in line]), out)
        self.assertIn("[pass]", out)

    def test_ascii(self):
        self.capable("-a")

    def test_binary(self):
        self.capable("-b")


if __name__ == "__main__":
    unittest.main()
