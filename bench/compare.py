#!/usr/bin/env python3
"""Measures Offhook, the bare loop and the peers side by side and holds the ratios
against their targets. Started by bench/run.sh, which builds the programs.

Interleaved: every round starts each server anew, on one core, and loads it from
another. What counts is the median of the rounds' ratios; absolute numbers are the
machine's."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import report
from common import (HERE, MB, Failure, Server, all_descriptors, commit, cores,
                    load_average, memory, on_cores, options_parser, print_checks, save,
                    talk)
from proof import Proof
from rounds import SHAPES, Rounds
from servers import servers

IDLE_CONNECTIONS = 10_000


def fill(rounds, options):
    """Ten million events, unless the disk is too small."""
    talk(f"loading {options.big:,} events")
    data = rounds.dir / "big"
    status = subprocess.run([rounds.programs / "fill", "--data", data, "--events",
                             str(options.big)], check=False).returncode
    if status == 0:
        rounds.big = data
    else:
        print("bench: the part with stored events is skipped", file=sys.stderr)


def idle_connections(rounds):
    """Proportional bytes with that many connections open and idle."""
    command = rounds.kinds["offhook"].command(rounds.dir / "idle")
    with Server(command, {rounds.server_core}) as server:
        load = rounds.start_load(server.address, "--connections", IDLE_CONNECTIONS,
                                 "--idle")
        if load.stdout.readline() != "idle\n":
            raise Failure("load --idle: " + "".join(server.said))
        time.sleep(4)  # by then the burst is over
        held = memory(server.process.pid)[0]
        load.stdin.close()
        load.wait()
    return held


def signature(rounds):
    """Ours against OpenSSL's one-shot HMAC() over the same bytes: of the sorts of
    webhook, the one that fares worst."""
    program = rounds.programs / "signature_bench"
    process = on_cores({rounds.server_core}, [program], stdout=subprocess.PIPE)
    lines = process.communicate()[0].splitlines()
    return min((json.loads(line)["ratio"] for line in lines if line.startswith("{")),
               default=None)


def words(text):
    return text.split(",")


def read_options():
    parser = options_parser("bench/run.sh", __doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of load, each (2)")
    parser.add_argument("--shapes", type=words, default=list(SHAPES), metavar="A,B",
                        help="of " + ", ".join(SHAPES) + " (all)")
    parser.add_argument("--states", type=words, default=["fresh", "wrapped"],
                        metavar="A,B", help="of fresh, wrapped (both; fresh always)")
    parser.add_argument("--servers", type=words, metavar="A,B",
                        help="of offhook, offhook-app, bare, rust, fastify, go, express\n"
                             "(all; offhook always)")
    parser.add_argument("--big", type=int, default=10_000_000, metavar="N",
                        help="events in the filled store (10000000: about 14 GB of\n"
                             "disk and some minutes); 0: leave this part out")
    parser.add_argument("--quick", action="store_true",
                        help="2 rounds of 1 s, 64 connections and a connection a webhook,\n"
                             "no wrapped log, no filled store: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.big = 2, 1, 0
        options.shapes, options.states = ["64", "churn"], ["fresh"]
    if not set(options.shapes) <= set(SHAPES):
        parser.error("--shapes: there are " + ", ".join(SHAPES))
    return options


def measured_kinds(options, build):
    """Those asked for that are here; a peer that is not was named by peers.sh."""
    kinds = {name: kind for name, kind in servers(build).items()
             if options.servers is None or name in ["offhook", *options.servers]}
    return {name: kind for name, kind in kinds.items() if kind.here()}


def run_all(options, build, folder):
    """What is saved: figures only."""
    kinds = measured_kinds(options, build)
    rounds = Rounds(options, kinds, build / "bench", folder, cores())
    for name, kind in kinds.items():
        Proof(name, kind, folder / name, {rounds.server_core}).run()
        talk(f"{name}: does the same work")
    if options.big > 0:
        fill(rounds, options)
    rounds.run()
    return {
        "rounds": rounds.results,
        "titles": {name: kind.title for name, kind in kinds.items()},
        "about": {name: kind.about for name, kind in kinds.items()},
        "peers": [name for name, kind in kinds.items() if kind.peer],
        "figures": {"signature": signature(rounds),
                    "idle_connections_mb": idle_connections(rounds) / MB,
                    "program_mb": (build / "offhook").stat().st_size / MB}}


def main():
    options = read_options()
    all_descriptors()
    options.load_before = load_average()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="offhook-bench-", dir=options.dir))
    try:
        saved = run_all(options, pathlib.Path(options.build).resolve(), folder)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    run = report.Run(saved)
    print(f"commit {commit()}: {options.rounds} rounds of {options.seconds} s; medians "
          "[least-most]")
    report.print_tables(run)
    rows = report.checks(run)
    print_checks(rows)
    save("latest", options, rows, saved)
    print(f"\nThe figure and the tables of the documents: {HERE}/figure.py")
    return 0


if __name__ == "__main__":
    sys.exit(main())
