#!/usr/bin/env python3
"""tools/check_includes.py finds what it is there to find, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "check_includes.py"


def run_on(files):
    """Exit code and output of the tool on a tree of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, TOOL, folder], stdout=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout


class CheckIncludes(unittest.TestCase):
    def assert_clean(self, files):
        self.assertEqual(run_on(files), (0, ""))

    def assert_found(self, files, place, words):
        code, output = run_on(files)
        self.assertEqual(code, 1)
        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertTrue(output.startswith(place + ": "), output)
        self.assertIn(words, output)

    def test_a_layer_may_include_itself_and_lower_ones(self):
        self.assert_clean(
            {
                "core/config/a.cc": '#include "core/config/a.h"\n#include "core/base/log.h"\n#include <weir/weir.h>\n',
                "core/net/b.cc": '#include <boost/asio.hpp>\n#include <vector>\n#include "core/message/m.h"\n',
            }
        )

    def test_a_layer_must_not_include_a_higher_one(self):
        self.assert_found({"core/base/a.h": '#pragma once\n#include "core/net/n.h"\n'}, "core/base/a.h:2", "core/base must")

    def test_admin_must_not_see_clients(self):
        self.assert_clean({"core/admin/a.cc": '#include "core/upstream/u.h"\n#include "core/route/r.h"\n'})
        self.assert_found({"core/admin/a.cc": '#include "core/client/c.h"\n'}, "core/admin/a.cc:1", "upstream, route")

    def test_the_core_writes_includes_from_the_root(self):
        self.assert_found({"core/base/a.cc": '#include "log.h"\n'}, "core/base/a.cc:1", "from the root")
        self.assert_found({"core/base/a.cc": '#include "plugins/x/x.h"\n'}, "core/base/a.cc:1", "from the root")

    def test_an_unknown_layer_is_no_layer(self):
        self.assert_found({"core/misc/a.cc": "\n"}, "core/misc/a.cc:1", "no layer")

    def test_the_core_names_no_protocol(self):
        self.assert_found({"core/base/a.cc": 'int a;\nauto *s = "redis_auth";\n'}, "core/base/a.cc:2", "redis")
        self.assert_found({"core/base/a.cc": "struct MemcacheThing {};\n"}, "core/base/a.cc:1", "Memcache")

    def test_comments_may_name_protocols_and_includes(self):
        self.assert_clean(
            {
                "core/base/a.cc": '// redis does so\n/* memcached\n#include "core/app/x.h" */\n'
                "int redistribute = 1'000; char c = '\"'; // resp \"\nint responses = 2; auto t = R\"(// x)\";\n"
            }
        )

    def test_a_string_does_not_hide_what_follows(self):
        self.assert_found({"core/base/a.cc": 'auto *a = "//"; int redis;\n'}, "core/base/a.cc:1", "redis")

    def test_a_plugin_sees_the_sdk_its_folder_and_the_standard_library(self):
        self.assert_clean(
            {
                "plugins/x/a.cc": '#include "a.h"\n#include "plugins/x/a.h"\n#include <weir/weir.h>\n#include <string.h>\n'
                "#include <string_view>\n",
                "plugins/x/a.h": "// redis\nint redis;\n",
                "plugins/lua/l.cc": "#include <lua.hpp>\n",
            }
        )

    def test_a_plugin_must_not_see_the_core_or_another_plugin(self):
        core = {"core/base/log.h": "", "plugins/y/y.h": ""}
        place = "plugins/x/a.cc:1"
        for header in ('"core/base/log.h"', '"../../core/base/log.h"', '"plugins/y/y.h"', '"../y/y.h"', '"missing.h"'):
            self.assert_found({**core, "plugins/x/a.cc": f"#include {header}\n"}, place, "must not include")
        for header in ("<core/base/log.h>", "<boost/asio.hpp>", "<lua.hpp>", "<sys/socket.h>"):
            self.assert_found({**core, "plugins/x/a.cc": f"#include {header}\n"}, place, "must not include")

    def test_the_sdk_is_plain_c_and_sees_itself(self):
        self.assert_clean({"sdk/include/weir/a.h": '#include "b.h"\n#include <stdint.h>\n', "sdk/include/weir/b.h": ""})
        for header in ('"core/base/log.h"', "<vector>", "<cstdint>", '"missing.h"'):
            self.assert_found({"sdk/include/weir/a.h": f"#include {header}\n"}, "sdk/include/weir/a.h:1", "the SDK must not")

    def test_an_empty_tree_is_a_mistake(self):
        code, output = run_on({"README.md": ""})
        self.assertEqual(code, 1)
        self.assertIn("no sources", output)


if __name__ == "__main__":
    unittest.main()
