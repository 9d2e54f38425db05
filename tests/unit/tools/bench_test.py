#!/usr/bin/env python3
"""bench/run's own parts: what it makes of figures, what it reads from other programs, what it draws and writes."""
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench"))

import chart
import instructions
import load
import machine
import markdown
import measure
import proxies
import servers
import summary
import syscalls
import worker_threads
import workloads
from processes import Failed

SVG = "{http://www.w3.org/2000/svg}"


def figures(cpu, rps=1000.0):
    return {"rps": rps, "p50_ms": 1.0, "p99_ms": 2.0, "cpu_us": cpu}


def measured(group, weir, nutcracker, **more):
    """A workload's result of rounds of CPU a request."""
    rounds = [{"weir": figures(w), "nutcracker": figures(n), **{k: figures(v[i]) for k, v in more.items()}}
              for i, (w, n) in enumerate(zip(weir, nutcracker))]
    return {"group": group, "rounds": rounds, "proxies": summary.summarize(rounds, "nutcracker"), "left_out": {}}


def report(**workloads_):
    return {"machine": {"cpu": "A & B <fast>", "cpus": 2, "memory_gib": 4.0, "kernel": "Linux 6", "date": "2026-01-02",
                        "commit": None, "versions": {"weir": "0.1.0", "nutcracker": "0.5.0"}},
            "options": {"rounds": 3, "scale": 0.5, "pin": False, "workers": 1}, "workloads": workloads_}


class Summary(unittest.TestCase):
    def test_a_ratio_is_of_the_same_round_and_then_the_median(self):
        # The machine was three times slower in the last round; the ratios do not see it.
        found = measured("g", [1.0, 3.0, 9.0], [2.0, 4.0, 12.0])["proxies"]
        self.assertEqual(found["weir"]["ratio"]["cpu_us"], {"median": 0.75, "low": 0.5, "high": 0.75})
        self.assertEqual(found["weir"]["median"]["cpu_us"], 3.0)
        self.assertNotIn("ratio", found["nutcracker"])

    def test_a_round_in_which_the_base_measured_nothing_has_no_ratio(self):
        found = measured("g", [1.0, 2.0], [0.0, 4.0])["proxies"]
        self.assertEqual(found["weir"]["ratio"]["cpu_us"], {"median": 0.5, "low": 0.5, "high": 0.5})

    def test_without_the_base_nobody_has_a_ratio(self):
        found = summary.summarize([{"weir": figures(1.0)}], "nutcracker")
        self.assertEqual(found, {"weir": {"median": figures(1.0)}})

    def test_nothing_measured_is_nothing(self):
        self.assertEqual(summary.summarize([], "nutcracker"), {})
        self.assertEqual(summary.summarize([{}, {}], "nutcracker"), {})

    def test_the_mean_of_twice_and_half_is_one(self):
        self.assertAlmostEqual(summary.geometric_mean([2.0, 0.5]), 1.0)
        both = {"a": measured("g", [2.0], [1.0]), "b": measured("g", [1.0], [2.0])}
        mean, least, most, count = summary.overall(both, "weir")
        self.assertAlmostEqual(mean, 1.0)
        self.assertEqual((least, most, count), (0.5, 2.0, 2))
        self.assertIsNone(summary.overall(both, "haproxy"))


class WhatOthersPrint(unittest.TestCase):
    def test_redis_benchmark_by_the_names_in_its_header(self):
        head = '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms"\n'
        found = load.parse_redis_benchmark(head + '"SET","50000.25","0.6","0.1","0.5","1.1","1.75"\n')
        self.assertEqual(found, load.Outcome(50000.25, 0.5, 1.75))
        # A command of its own is printed with all its words, commas and quotes and all.
        found = load.parse_redis_benchmark(head + '"MSET key:__rand_int__ ""x,y""","7.5","1","1","2","3","4"\n')
        self.assertEqual(found, load.Outcome(7.5, 2.0, 4.0))

    def test_redis_benchmark_without_a_result(self):
        for text in ("", "Could not connect\n", '"test","rps","p50_latency_ms","p99_latency_ms"\n',
                     '"test","rps"\n"GET","5"\n',
                     '"test","rps","p50_latency_ms","p99_latency_ms"\n"GET","a","b","c"\n'):
            with self.assertRaises(Failed, msg=text):
                load.parse_redis_benchmark(text)

    def test_mc_load(self):
        self.assertEqual(load.parse_mc_load("81234 0.512 1.024\n"), load.Outcome(81234.0, 0.512, 1.024))
        for text in ("", "81234 0.5\n", "usage: mc_load\n", "1 2 3 4\n"):
            with self.assertRaises(Failed, msg=text):
                load.parse_mc_load(text)

    def test_perf(self):
        self.assertEqual(syscalls.parse_perf("# started\n\n12345,,raw_syscalls:sys_enter,99,100.00,,\n"), 12345)
        self.assertIsNone(syscalls.parse_perf("<not counted>,,raw_syscalls:sys_enter,0,100.00,,\n"))

    def test_callgrind(self):
        self.assertEqual(instructions.parse_callgrind("==7== Events    : Ir\n==7== Collected : 4321\n"), 4321)
        with self.assertRaises(Failed):
            instructions.parse_callgrind("==7== could not start\n")

    def test_versions(self):
        for line, version in (("weir-0.1.0", "0.1.0"), ("HAProxy version 2.6.12-1+deb12u4 2026/10", "2.6.12-1+deb12u4"),
                              ("Redis server v=7.0.15 sha=0", "7.0.15"), ("unknown", "unknown")):
            self.assertEqual(machine.number_in(line), version)

    def test_threads_are_told_apart_by_name(self):
        before = {"1": ("weir", 1.0), "2": ("weir-0", 1.0), "3": ("weir-1", 2.0)}
        after = {"1": ("weir", 1.5), "2": ("weir-0", 4.0), "3": ("weir-1", 3.0), "4": ("weir-log", 0.25)}
        self.assertEqual(worker_threads.thread_cpu(before, after), {"others": 0.75, "weir-0": 3.0, "weir-1": 1.0})


class WhatIsRun(unittest.TestCase):
    def test_every_workload_has_a_title_of_its_own(self):
        titles = [workloads.title(work) for work in workloads.workloads()]
        self.assertEqual(len(titles), len(set(titles)))

    def test_quick_is_a_part_and_only_has_the_last_word(self):
        everything, quick = list(workloads.selected(False, "")), list(workloads.selected(True, ""))
        self.assertLess(len(quick), len(everything))
        self.assertTrue(set(quick) < set(everything))
        chosen = [workloads.title(work) for work in workloads.selected(True, "redis .* 1 mib")]
        self.assertEqual(chosen, ["Redis SET 1 MiB", "Redis GET 1 MiB"])

    def test_a_pipeline_is_filled_however_small_the_scale(self):
        for work in workloads.workloads():
            self.assertGreaterEqual(work.scaled(1e-9), 2 * work.clients * work.pipeline)

    def test_the_load_asks_for_the_keys_that_are_there(self):
        self.assertEqual(servers.key(7), b"key:000000000007")  # as redis-benchmark writes key:__rand_int__
        generator = load.Load.__new__(load.Load)
        generator.redis_benchmark, generator.mc_load = "redis-benchmark", "mc_load"
        for work in workloads.workloads():
            command = generator.command(work, 1, 100)
            self.assertIn(str(work.keys), command)
            self.assertLess(max(map(len, command)), 4096)  # a value of 1 MiB must not become an argument
            self.assertTrue(work.command != "mget" or command.count("key:__rand_int__") == work.keys_each)

    def test_a_miss_is_told(self):
        work = next(workloads.workloads())
        with tempfile.TemporaryFile("w+") as out:
            old, sys.stderr = sys.stderr, out
            try:
                measure.check_hits(work, 100, (50, 1), (150, 1))
                self.assertEqual(out.tell(), 0)
                measure.check_hits(work, 100, (50, 1), (149, 2))
            finally:
                sys.stderr = old
            out.seek(0)
            self.assertIn("found 99 and missed 1", out.read())


class Configurations(unittest.TestCase):
    class Two:
        redis, memcached = [7001, 7002], [7011, 7012]

        def ports(self, protocol):
            return self.redis if protocol == "redis" else self.memcached

    def test_every_proxy_gets_both_servers_of_each_protocol_it_speaks(self):
        texts = [proxies.twemproxy_config(1, 2, self.Two()), proxies.haproxy_config(1, 2, self.Two(), 99),
                 proxies.predixy_config(1, self.Two())]
        for text in texts:
            for port in self.Two.redis:
                self.assertIn(f"127.0.0.1:{port}", text)
        for text in texts[:2]:
            for port in self.Two.memcached:
                self.assertIn(f"127.0.0.1:{port}", text)

    def test_haproxy_moves_bytes_only(self):
        text = proxies.haproxy_config(1, 2, self.Two(), 99)
        self.assertIn("mode tcp", text)
        self.assertEqual(text.count("balance roundrobin"), 2)

    def test_predixy_has_a_group_for_each_server_and_balanced_braces(self):
        text = proxies.predixy_config(1, self.Two())
        self.assertEqual(text.count("Group "), 2)
        self.assertEqual(text.count("{"), text.count("}"))


class Chart(unittest.TestCase):
    def setUp(self):
        self.report = report(**{
            "GET <3 B> & more": measured("one", [1.0, 1.0], [2.0, 2.0], haproxy=[2.5, 2.5]),
            "far off": measured("two", [9.0, 9.0], [1.0, 1.0])})

    def test_it_is_xml_with_a_bar_for_each_ratio(self):
        root = xml.fromstring(chart.chart(self.report))
        self.assertEqual(root.tag, SVG + "svg")
        bars = {(r.get("class"), float(r.get("width")))
                for r in root.iter(SVG + "rect") if r.get("x") == str(chart.LEFT)}
        room = chart.WIDTH - chart.LEFT - chart.RIGHT
        self.assertEqual(bars, {("proxy0", room * 0.5 / chart.MOST), ("proxy1", room * 1.25 / chart.MOST),
                                ("proxy0", float(room))})

    def test_names_and_numbers_are_in_it(self):
        texts = [t.text for t in xml.fromstring(chart.chart(self.report)).iter(SVG + "text")]
        for text in ("one", "two", "GET <3 B> & more", "0.50", "1.25", "9.00 (cut off)", "nutcracker = 1"):
            self.assertIn(text, texts)

    def test_nothing_is_drawn_below_its_end(self):
        root = xml.fromstring(chart.chart(self.report))
        height = float(root.get("height"))
        for element in root.iter():
            self.assertLess(float(element.get("y", 0)), height)

    def test_it_is_dark_where_the_reader_is(self):
        style = xml.fromstring(chart.chart(self.report)).find(SVG + "style").text
        self.assertIn("prefers-color-scheme: dark", style)
        self.assertEqual(style.count("{"), style.count("}"))

    def test_without_ratios_there_is_none(self):
        self.assertIsNone(chart.chart(report()))


class Markdown(unittest.TestCase):
    def setUp(self):
        self.report = report(**{"GET 3 B": measured("one", [1.0, 2.0], [2.0, 2.0])})

    def test_only_what_stands_between_the_markers_is_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            page = os.path.join(folder, "page.md")
            for _ in range(2):  # again over itself
                if not os.path.exists(page):
                    pathlib.Path(page).write_text(f"before\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n")
                markdown.write(page, self.report, os.path.join(folder, "pictures", "chart.svg"))
                text = pathlib.Path(page).read_text()
                self.assertTrue(text.startswith(f"before\n{markdown.BEGIN}\n"))
                self.assertTrue(text.endswith(f"{markdown.END}\nafter\n"))
                self.assertNotIn("old", text)
                self.assertEqual(text.count("| GET 3 B | 0.75 (0.50–1.00) |"), 1)
                self.assertIn("(pictures/chart.svg)", text)

    def test_half_a_pair_of_markers_is_a_mistake(self):
        for text in (markdown.BEGIN, f"{markdown.END} {markdown.BEGIN}", ""):
            with self.assertRaises(ValueError):
                markdown.put_between(text, "new")

    def test_rows_have_as_many_cells_as_the_head(self):
        self.report["workloads"]["odd"] = measured("one", [1.0], [0.0])  # no ratio can be given
        for table in markdown.document(self.report).split("\n\n"):
            if table.startswith("| "):
                self.assertEqual(len({line.count("|") for line in table.splitlines()}), 1, table)

    def test_who_was_left_out_is_said(self):
        self.report["workloads"]["GET 3 B"]["left_out"]["predixy"] = "not done after 120 s"
        self.assertIn("- predixy is missing from GET 3 B: not done after 120 s", markdown.document(self.report))


class PageOnPerformance(unittest.TestCase):
    def test_it_has_the_markers(self):
        page = pathlib.Path(__file__).resolve().parents[3] / "docs" / "performance.md"
        text = page.read_text(encoding="utf-8")
        self.assertEqual((text.count(markdown.BEGIN), text.count(markdown.END)), (1, 1))
        markdown.put_between(text, "new")


if __name__ == "__main__":
    unittest.main()
