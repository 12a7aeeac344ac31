"""One measurement: a server in some state of its store, under some load."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time

from common import Failure, Server, cpu_us, memory, on_cores, talk
from servers import URL

# How webhooks come in: the options of load.
SHAPES = {"64": ["--connections", 64], "8": ["--connections", 8],
          "1": ["--connections", 1], "churn": ["--connections", 64, "--churn"]}

# The store before it is measured: new; one whose log has begun anew, so that its syncs
# no longer make a file longer; one with millions of events.
STATES = ("fresh", "wrapped", "filled")
WRAP_SECONDS_MAX = 60


def wraps(data):
    """How often the log has begun anew; SQLite counts it in the log's header."""
    for log in pathlib.Path(data).glob("*.db-wal"):
        with open(log, "rb") as file:
            header = file.read(16)
        if len(header) == 16:
            return struct.unpack(">I", header[12:])[0]
    return 0


class Rounds:
    def __init__(self, options, kinds, programs, folder, cores):
        self.options = options
        self.kinds = kinds
        self.programs = programs
        self.dir = folder
        self.server_core, self.load_core = cores
        self.big = None  # the directory with stored events
        self.results = {}  # "fresh/64": {"offhook": [a result a round]}

    def start_load(self, address, *extra):
        return on_cores({self.load_core}, [
            self.programs / "load", "--connect", address, "--url", URL, *extra],
            stdout=subprocess.PIPE, stdin=subprocess.PIPE)

    def load(self, server, *extra, each=None):
        """What load says; each is called now and then meanwhile."""
        load = self.start_load(server.address, *extra)
        while load.poll() is None:
            time.sleep(0.1)
            if each is not None:
                each()
        result = json.loads(load.stdout.read() or '{"answered": 0}')
        if load.returncode != 0:
            print(f"bench: errors under load: {result}\n" + "".join(server.said),
                  file=sys.stderr)
        if result["answered"] == 0:
            raise Failure("nothing was answered:\n" + "".join(server.said))
        return result

    def warm_up(self, server, kind, state, shape, data):
        if state == "wrapped":
            for _ in range(WRAP_SECONDS_MAX):
                if wraps(data) > 0:
                    break
                self.load(server, "--connections", 64, "--seconds", 1, "--warmup", 0)
        self.load(server, *SHAPES[shape], "--seconds", 0, "--warmup", kind.warmup)

    def measure(self, name, state, shape, data):
        kind = self.kinds[name]
        with Server(kind.command(data), {self.server_core}) as server:
            pid = server.process.pid
            time.sleep(0.3)
            idle = memory(pid)[0]
            self.warm_up(server, kind, state, shape, data)
            held = []
            before, cpu = wraps(data), cpu_us(pid)
            result = self.load(server, *SHAPES[shape], "--seconds", self.options.seconds,
                               "--warmup", 0, each=lambda: held.append(memory(pid)[0]))
            cpu = cpu_us(pid) - cpu
            return {**result, "cpu_us": cpu / result["answered"],
                    "ready_ms": server.ready_ms, "idle_pss": idle,
                    "load_pss": max(held, default=idle),
                    "wraps_before": before, "wraps_after": wraps(data)}

    def cells(self):
        """What is measured: (state, shape, names). A peer's log wraps after its first
        4 MB, in its warm-up; the strongest stands beside Offhook's wrapped log."""
        kinds = self.kinds
        for shape in self.options.shapes:
            yield "fresh", shape, list(kinds)
        for shape in self.options.shapes if "wrapped" in self.options.states else []:
            yield "wrapped", shape, [name for name in kinds if name == "rust"
                                     or not kinds[name].peer]
        if self.big is not None:
            yield "filled", self.options.shapes[0], [
                name for name in ("offhook", "offhook-app") if name in kinds]

    def run(self):
        for number in range(self.options.rounds):
            for state, shape, names in self.cells():
                # Nobody always comes after the same neighbour, nor into its disk writes.
                for name in names if number % 2 == 0 else reversed(names):
                    self.run_one(number, state, shape, name)

    def run_one(self, number, state, shape, name):
        os.sync()
        fresh = self.dir / name
        data = self.big if state == "filled" else fresh
        result = self.measure(name, state, shape, data)
        shutil.rmtree(fresh, ignore_errors=True)
        cell = self.results.setdefault(f"{state}/{shape}", {})
        cell.setdefault(name, []).append(result)
        talk(f"round {number + 1} of {self.options.rounds}: {state}, {shape}: {name}: "
             f"{result['rps']:,.0f}/s")
