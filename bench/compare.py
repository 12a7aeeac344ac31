#!/usr/bin/env python3
"""Measures Offhook, the bare loop and Express side by side and holds the ratios
against their targets. Started by bench/run.sh, which builds the programs.

Interleaved: every round starts each server anew, on one core, and loads it from
another. What counts is the median of the rounds' ratios; absolute numbers are the
machine's."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import (HERE, MB, Failure, Server, all_descriptors, commit, cores, cpu_us,
                    load_average, memory, on_cores, options_parser, print_checks, save, talk)

URL = "https://example.com/twilio/sms"
IDLE_CONNECTIONS = 10_000


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.programs = self.build / "bench"
        self.server_core, self.load_core = cores()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="offhook-bench-",
                                                 dir=options.dir))
        self.big = None
        self.rounds = {}

    def command(self, name, data):
        if name.startswith("offhook"):
            program = (self.programs / "app" if name == "offhook-app"
                       else self.build / "offhook")
            return [program, "serve", "--listen", "127.0.0.1:0", "--data",
                    data, "--public-url", "https://example.com", "--threads", "1",
                    "--log-level", "warn"]
        program = (["node", HERE / "express" / "server.mjs"] if name == "express"
                   else [self.programs / "bare"])
        return [*program, "--data", data, "--url", URL]

    def load(self, address, *extra):
        """What the load generator says; sampled at the same time: nothing of it."""
        return on_cores({self.load_core}, [
            self.programs / "load", "--connect", address, "--url", URL, *extra],
            stdout=subprocess.PIPE, stdin=subprocess.PIPE)

    def measure(self, name, data):
        """One round of one server."""
        # JavaScript is compiled while it runs: give it the time.
        warmup = 3000 if name == "express" else 1000
        with Server(self.command(name, data), {self.server_core}) as server:
            time.sleep(0.3)
            idle_pss, idle_rss = memory(server.process.pid)
            cpu = cpu_us(server.process.pid)
            load = self.load(server.address, "--connections", self.options.connections,
                             "--seconds", self.options.seconds, "--warmup", warmup)
            pss, rss = [], []
            while load.poll() is None:
                time.sleep(0.25)
                now = memory(server.process.pid)
                pss.append(now[0])
                rss.append(now[1])
            result = json.loads(load.stdout.read() or '{"answered": 0}')
            if load.returncode != 0:
                print(f"bench: {name}: errors under load: {result}\n"
                      + "".join(server.said), file=sys.stderr)
            if result["answered"] == 0:
                raise Failure(f"{name} answered nothing")
            cpu = cpu_us(server.process.pid) - cpu
            return {**result, "cpu_us": cpu / result["answered"],
                    "ready_ms": server.ready_ms, "idle_pss": idle_pss,
                    "idle_rss": idle_rss, "load_pss": max(pss), "load_rss": max(rss)}

    def run_rounds(self):
        names = ["offhook", "offhook-app", "bare"]
        if self.options.express:
            names.append("express")
        if self.big is not None:
            names.append("offhook-big")
        for number in range(self.options.rounds):
            # Nobody always comes after the same neighbour, nor into its disk writes.
            for name in names if number % 2 == 0 else reversed(names):
                os.sync()
                fresh = self.dir / name
                data = self.big if name == "offhook-big" else fresh
                result = self.measure(name, data)
                shutil.rmtree(fresh, ignore_errors=True)
                self.rounds.setdefault(name, []).append(result)
                talk(f"round {number + 1} of {self.options.rounds}: {name}: "
                     f"{result['rps']:,.0f}/s")

    def fill(self):
        """Ten million events, unless the disk is too small."""
        talk(f"loading {self.options.big:,} events")
        data = self.dir / "big"
        status = subprocess.run([self.programs / "fill", "--data", data, "--events",
                                 str(self.options.big)], check=False).returncode
        if status == 0:
            self.big = data
        else:
            print("bench: the part with stored events is skipped", file=sys.stderr)

    def idle_connections(self):
        """Proportional bytes with that many connections open and idle."""
        data = self.dir / "idle"
        with Server(self.command("offhook", data), {self.server_core}) as server:
            load = self.load(server.address, "--connections", IDLE_CONNECTIONS, "--idle")
            if load.stdout.readline() != "idle\n":
                raise Failure("load --idle: " + "".join(server.said))
            time.sleep(4)  # by then the burst is over
            held = memory(server.process.pid)[0]
            load.stdin.close()
            load.wait()
        return held

    def signature(self):
        """Ours against OpenSSL's one-shot HMAC() over the same bytes."""
        program = self.programs / "signature_bench"
        if not program.exists():
            return None
        process = on_cores({self.server_core}, [program], stdout=subprocess.PIPE)
        return least_ratio(process.communicate()[0])


def least_ratio(text):
    """Of the sorts of webhook, the one that fares worst."""
    ratios = [json.loads(line)["ratio"] for line in text.splitlines()
              if line.startswith("{")]
    return min(ratios, default=None)


def median(rounds, name, figure):
    return statistics.median(result[figure] for result in rounds[name])


def spread(rounds, name, figure, scale, digits):
    values = [result[figure] / scale for result in rounds[name]]
    return (f"{statistics.median(values):,.{digits}f} "
            f"[{min(values):,.{digits}f}-{max(values):,.{digits}f}]")


TITLES = {"offhook": "Offhook", "bare": "bare loop", "express": "Express",
          "offhook-app": "user's C app", "offhook-big": "Offhook, filled"}


def print_table(rounds):
    row = "{:16} {:>26} {:>19} {:>19} {:>7} {:>8} {:>8} {:>9}"
    print(row.format("", "webhooks/s", "p50 ms", "p99 ms", "CPU us", "idle MB",
                     "load MB", "ready ms"))
    for name in rounds:
        print(row.format(
            TITLES[name], spread(rounds, name, "rps", 1, 0),
            spread(rounds, name, "p50_us", 1000, 2),
            spread(rounds, name, "p99_us", 1000, 2),
            f"{median(rounds, name, 'cpu_us'):.1f}",
            f"{median(rounds, name, 'idle_pss') / MB:.1f}",
            f"{median(rounds, name, 'load_pss') / MB:.1f}",
            f"{median(rounds, name, 'ready_ms'):.0f}"))


def checks(bench, idle, signature, program):
    """(what, measured, '>=' or '<=', target); the targets are the design's."""
    rounds = bench.rounds

    def ratio(name, other, figure):
        if name not in rounds or other not in rounds:
            return None
        return statistics.median(one[figure] / two[figure] for one, two in
                                 zip(rounds[name], rounds[other]))

    def own(name, figure, scale):
        return median(rounds, name, figure) / scale if name in rounds else None

    return [
        ("rate, Offhook / bare loop", ratio("offhook", "bare", "rps"), ">=", 0.8),
        ("p99, Offhook / bare loop", ratio("offhook", "bare", "p99_us"), "<=", 1.2),
        ("rate, user's C app / built-in app",
         ratio("offhook-app", "offhook", "rps"), ">=", 0.7),
        ("rate, Offhook / Express", ratio("offhook", "express", "rps"), ">=", 20),
        ("rate, filled / empty store", ratio("offhook-big", "offhook", "rps"), ">=", 0.8),
        ("signature check / HMAC(), rate", signature, ">=", 0.8),
        ("idle, MB", own("offhook", "idle_pss", MB), "<=", 15),
        ("at load, MB", own("offhook", "load_pss", MB), "<=", 120),
        ("filled, at load, MB", own("offhook-big", "load_pss", MB), "<=", 120),
        ("ready after, ms", own("offhook", "ready_ms", 1), "<=", 50),
        ("filled, ready after, ms", own("offhook-big", "ready_ms", 1), "<=", 50),
        ("program, MB", program / MB, "<=", 2),
        (f"{IDLE_CONNECTIONS:,} idle connections, MB", idle / MB, "<=", 100),
    ]


def read_options():
    parser = options_parser("bench/run.sh", __doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of load, a round (5)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--no-express", dest="express", action="store_false")
    parser.add_argument("--big", type=int, default=10_000_000, metavar="N",
                        help="events in the filled store (10000000: about 14 GB of\n"
                             "disk and some minutes); 0: leave this part out")
    parser.add_argument("--quick", action="store_true",
                        help="2 rounds of 2 s, no filled store: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.big = 2, 2, 0
    return options


def main():
    options = read_options()
    all_descriptors()
    options.load_before = load_average()
    bench = Bench(options)
    try:
        if options.big > 0:
            bench.fill()
        bench.run_rounds()
        rows = checks(bench, bench.idle_connections(), bench.signature(),
                      (bench.build / "offhook").stat().st_size)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)
    print(f"commit {commit()}: {options.rounds} rounds of {options.seconds} s, "
          f"{options.connections} connections; medians [least-most]\n")
    print_table(bench.rounds)
    print_checks(rows)
    save("latest", options, bench.rounds, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
