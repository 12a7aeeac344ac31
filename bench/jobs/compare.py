#!/usr/bin/env python3
"""Measures Offhook's jobs beside Graphile Worker on PostgreSQL: how fast they are
enqueued, how fast they run, and how soon one starts when there is nothing else to do.
Started by bench/run.sh; README.md beside this file says what is compared with what."""

import os
import pathlib
import shutil
import statistics
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from common import (Failure, all_descriptors, commit, cores, load_average,  # noqa: E402
                    options_parser, print_checks, save, talk)
from graphile import Cluster, Graphile  # noqa: E402
from offhook import BATCH, TREE, Offhook  # noqa: E402

SETTLE = 20  # first jobs of the latency part that do not count


def share(values, part):
    values = sorted(values)
    return values[int((len(values) - 1) * part)]


class Bench:
    def __init__(self, options):
        self.options = options
        self.programs = pathlib.Path(options.build).resolve() / "bench"
        self.server_core, self.load_core = cores()
        self.all_cores = os.sched_getaffinity(0)
        self.dir = tempfile.mkdtemp(prefix="offhook-bench-", dir=options.dir)
        self.rounds = {}

    def measure(self, side):
        """One round of one side."""
        side.renew()
        one, batch = side.enqueue("one", 1), side.enqueue("batch", BATCH)
        drained = side.drain(self.options.jobs)
        samples = side.latency(self.options.samples + SETTLE)[SETTLE:]
        whole = [begun - asked for asked, _, begun in samples]
        after = [begun - stored for _, stored, begun in samples]
        return {"one": one, "batch": batch, "run": drained,
                "start_p50_us": share(whole, 0.5), "start_p99_us": share(whole, 0.99),
                "after_p50_us": share(after, 0.5), "after_p99_us": share(after, 0.99)}

    def run_rounds(self, cluster):
        sides = {"offhook": Offhook(self), "graphile": Graphile(self, cluster)}
        for number in range(self.options.rounds):
            for name in sides if number % 2 == 0 else reversed(sides):
                os.sync()
                result = self.measure(sides[name])
                self.rounds.setdefault(name, []).append(result)
                talk(f"round {number + 1} of {self.options.rounds}: {name}: {result}")

    def median(self, name, figure):
        return statistics.median(result[figure] for result in self.rounds[name])

    def ratio(self, figure):
        return statistics.median(
            ours[figure] / theirs[figure] for ours, theirs in
            zip(self.rounds["offhook"], self.rounds["graphile"]))


TITLES = {"offhook": "Offhook", "graphile": "Graphile Worker"}


def print_table(bench):
    row = "{:16} {:>12} {:>12} {:>10} {:>20} {:>20}"
    print(row.format("", "enqueue/s", f"by {BATCH}/s", "run/s", "start ms p50, p99",
                     "after commit p50, p99"))
    for name in bench.rounds:
        def of(figure):
            return bench.median(name, figure)
        print(row.format(
            TITLES[name], f"{of('one'):,.0f}", f"{of('batch'):,.0f}",
            f"{of('run'):,.0f}",
            f"{of('start_p50_us') / 1e3:.2f}, {of('start_p99_us') / 1e3:.2f}",
            f"{of('after_p50_us') / 1e3:.2f}, {of('after_p99_us') / 1e3:.2f}"))


def checks(bench):
    return [
        ("enqueue one, Offhook / Graphile", bench.ratio("one"), ">=", 1),
        (f"enqueue {BATCH}, Offhook / Graphile", bench.ratio("batch"), ">=", 1),
        ("run, Offhook / Graphile", bench.ratio("run"), ">=", 1),
        ("start p50, Offhook / Graphile", bench.ratio("start_p50_us"), "<=", 1),
        ("start p99, Offhook / Graphile", bench.ratio("start_p99_us"), "<=", 1),
        ("start after the commit, p50 ms",
         bench.median("offhook", "after_p50_us") / 1e3, "<=", 1),
    ]


def read_options():
    parser = options_parser("bench/run.sh --only=jobs", __doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5,
                        help="of enqueuing, each way, a round (5)")
    parser.add_argument("--connections", type=int, default=64,
                        help="of the clients that enqueue (64)")
    parser.add_argument("--jobs", type=int, default=50_000,
                        help="that are run, a round (50000)")
    parser.add_argument("--samples", type=int, default=200,
                        help="of starts, a round (200)")
    parser.add_argument("--quick", action="store_true",
                        help="1 round of 2 s and 10,000 jobs: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.jobs = 1, 2, TREE
    options.jobs = options.jobs // TREE * TREE
    return options


def main():
    options = read_options()
    all_descriptors()
    options.load_before = load_average()
    bench = Bench(options)
    try:
        with Cluster(options.dir) as cluster:
            bench.run_rounds(cluster)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)
    print(f"commit {commit()}: jobs, {options.rounds} rounds, {options.jobs:,} run in "
          f"each, {options.connections} clients; medians\n")
    rows = checks(bench)
    print_table(bench)
    print_checks(rows)
    save("jobs", options, rows, {"rounds": bench.rounds})
    return 0


if __name__ == "__main__":
    sys.exit(main())
