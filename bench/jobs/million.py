#!/usr/bin/env python3
"""A queue of a million jobs beside webhooks at a steady rate: enqueued, listed, run and
pruned, and what that costs the webhooks, in memory and on disk. Started by bench/run.sh.

The webhooks come in an open loop, a thousand a second, each handled by the app and
answered when it is on disk; a phase's p99 is held against that of the webhooks alone.
Server, its processes and the sender share the machine's cores; the sender goes first
where it may, because Twilio's own machine is another one."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from common import (MB, Failure, all_descriptors, commit, load_average,  # noqa: E402
                    memory, on_cores, options_parser, print_checks, save, talk)
from offhook import TREE, URL, Offhook  # noqa: E402

JOBS = 1_000_000
PATIENCE_S = 900


class Sender:
    """The webhooks: flowing when constructed, ended with the with statement."""

    def __init__(self, bench, server):
        self.process = on_cores(bench.all_cores, [
            bench.programs / "pace", "--connect", server.address, "--url", f"{URL}/sms",
            "--rate", bench.options.rate], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, -20)

    def phase(self):
        """Of the webhooks since the last call."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


class Memory:
    """Proportional bytes of the server and its processes: the most since the last call
    of take()."""

    def __init__(self, pid):
        self.pid, self.most = pid, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def sample(self):
        while not self.over.wait(0.5):
            self.most = max(self.most, memory(self.pid)[0])

    def take(self):
        most, self.most = max(self.most, memory(self.pid)[0]), 0
        return most

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class Bench:
    def __init__(self, options):
        self.options = options
        self.programs = pathlib.Path(options.build).resolve() / "bench"
        self.all_cores = os.sched_getaffinity(0)
        self.dir = tempfile.mkdtemp(prefix="offhook-bench-", dir=options.dir)
        self.offhook = Offhook(self)
        self.phases = []
        self.commands = {}

    def disk(self):
        return sum(file.stat().st_size for file in self.offhook.data.iterdir()
                   if file.is_file())

    @contextlib.contextmanager
    def phase(self, name, sender, held, jobs):
        began = time.monotonic()
        yield
        webhooks = sender.phase()
        seconds = time.monotonic() - began
        self.phases.append({"name": name, "took": seconds, "jobs": jobs, **webhooks,
                            "pss": held.take(), "disk": self.disk()})
        talk(f"{name}: {seconds:.1f} s, p99 {webhooks['p99_us'] / 1000:.2f} ms")

    def timed(self, *words, into=None):
        """Runs a command; how long it took stands in the results."""
        began = time.monotonic()
        self.offhook.run(*words, into=into)
        self.commands["offhook " + " ".join(words)] = time.monotonic() - began

    def list_jobs(self, jobs):
        self.timed("jobs", "stats")
        self.timed("jobs", "list", "--queue", "effect", "--limit", "50")
        everything = pathlib.Path(self.dir, "list")
        self.timed("jobs", "list", "--limit", "0", "--json", into=everything)
        with open(everything, "rb") as lines:
            listed = sum(1 for _ in lines)
        everything.unlink()
        if listed < jobs:
            raise Failure(f"`jobs list` shows {listed} of {jobs} jobs")

    def wait_pruned(self):
        until = time.monotonic() + PATIENCE_S
        while True:
            lines = self.offhook.run("jobs", "stats", "--json").splitlines()
            left = sum(json.loads(line)["done"] for line in lines)
            if left == 0:
                return
            if time.monotonic() > until:
                raise Failure(f"{left} jobs that are done are kept still")
            time.sleep(1)

    def live(self):
        options, offhook, jobs = self.options, self.offhook, self.options.jobs
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(offhook.fresh(
                self.all_cores, True, "--jobs-keep", f"{options.keep}s"))
            held = stack.enter_context(Memory(server.process.pid))
            sender = stack.enter_context(Sender(self, server))
            time.sleep(2)
            sender.phase()
            held.take()
            with self.phase("alone", sender, held, 0):
                time.sleep(options.seconds)
            with self.phase("enqueue", sender, held, jobs):
                took = offhook.fan_out(server, jobs)
            with self.phase("list", sender, held, 0):
                self.list_jobs(jobs)
            with self.phase("run", sender, held, jobs):
                offhook.run("jobs", "resume", "effect")
                offhook.wait_done(server, took + jobs)
            with self.phase("prune", sender, held, 0):
                self.wait_pruned()
            with self.phase("alone again", sender, held, 0):
                time.sleep(options.seconds)
            effects = int(offhook.run("query", "effects", "{}", "--count"))
            if effects != jobs:
                raise Failure(f"{jobs} jobs left {effects} effects")


def alone_us(bench):
    """The webhooks' p99 alone: the mean of before and after. Before, the store is empty
    and its log is not yet moved into the file; after, both are as beside the jobs."""
    return (bench.phases[0]["p99_us"] + bench.phases[-1]["p99_us"]) / 2


def print_table(bench):
    row = "{:12} {:>8} {:>9} {:>9} {:>8} {:>8} {:>7} {:>8} {:>9}"
    alone = alone_us(bench)
    print(row.format("", "seconds", "jobs/s", "webhooks", "p50 ms", "p99 ms", "ratio",
                     "MB", "disk MB"))
    for phase in bench.phases:
        rate = f"{phase['jobs'] / phase['took']:,.0f}" if phase["jobs"] else "-"
        print(row.format(
            phase["name"], f"{phase['took']:.1f}", rate, f"{phase['answered']:,}",
            f"{phase['p50_us'] / 1e3:.2f}", f"{phase['p99_us'] / 1e3:.2f}",
            f"{phase['p99_us'] / alone:.2f}", f"{phase['pss'] / MB:.1f}",
            f"{phase['disk'] / MB:,.0f}"))
    print()
    for command, seconds in bench.commands.items():
        print(f"{command:45} {seconds:8.3f} s")


def checks(bench):
    alone = alone_us(bench)
    rows = [(f"webhooks' p99, {phase['name']} / alone", phase["p99_us"] / alone, "<=", 2)
            for phase in bench.phases[1:-1]]
    lost = sum(phase["refused"] + phase["broken"] for phase in bench.phases)
    return [*rows, ("webhooks not answered", lost, "<=", 0),
            ("server and processes, MB", max(phase["pss"] for phase in bench.phases) / MB,
             "<=", 120)]


def read_options():
    parser = options_parser("bench/run.sh --only=million", __doc__)
    parser.add_argument("--jobs", type=int, default=JOBS,
                        help="how many (1,000,000)")
    parser.add_argument("--rate", type=int, default=1000, help="webhooks a second (1000)")
    parser.add_argument("--seconds", type=int, default=20,
                        help="of webhooks alone, before and after (20)")
    parser.add_argument("--keep", type=int, default=60,
                        help="seconds until a job that is done is pruned (60)")
    parser.add_argument("--quick", action="store_true",
                        help="20,000 jobs: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.jobs, options.seconds, options.keep = 20_000, 3, 5
    options.jobs = options.jobs // TREE * TREE
    return options


def main():
    options = read_options()
    all_descriptors()
    options.load_before = load_average()
    bench = Bench(options)
    try:
        bench.live()
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)
    print(f"commit {commit()}: {options.jobs:,} jobs beside {options.rate:,} webhooks a "
          "second\n")
    rows = checks(bench)
    print_table(bench)
    print_checks(rows)
    save("million", options, rows, {"rounds": bench.phases})
    return 0


if __name__ == "__main__":
    sys.exit(main())
