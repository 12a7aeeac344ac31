"""Graphile Worker on a PostgreSQL cluster of its own."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from common import Failure, on_cores
from offhook import BATCH

HERE = pathlib.Path(__file__).resolve().parent


class Cluster:
    """A PostgreSQL cluster of its own, gone after the with statement. Its own user must
    be able to go into the directory."""

    def __init__(self, where):
        self.dir = tempfile.mkdtemp(prefix="offhook-postgres-", dir=where)
        try:
            self.bin = pathlib.Path(self.script("bin"))
            self.url = self.script("start", self.dir)
        except Failure:
            shutil.rmtree(self.dir, ignore_errors=True)
            raise
        self.pid = int(pathlib.Path(self.dir, "data", "postmaster.pid")
                       .read_text().split()[0])

    @staticmethod
    def script(*words):
        done = subprocess.run([HERE / "postgres.sh", *words], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        return done.stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.script("stop", self.dir)
        shutil.rmtree(self.dir, ignore_errors=True)

    def sql(self, *statements):
        """Each in a transaction of its own; the lines of what they give."""
        words = [word for statement in statements for word in ("-c", statement)]
        done = subprocess.run([self.bin / "psql", self.url, "-XAtq", "-v",
                               "ON_ERROR_STOP=1", *words],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure("psql: " + done.stderr)
        return done.stdout.split()

    def node(self, *words):
        done = subprocess.run(["node", HERE / "graphile.mjs", *words],
                              capture_output=True, text=True, check=False,
                              env={**os.environ, "NODE_ENV": "production",
                                   "DATABASE_URL": self.url})
        if done.returncode != 0:
            raise Failure("graphile.mjs: " + done.stderr)
        return done.stdout

    def run_on(self, where):
        """Connections made from now on are served there."""
        os.sched_setaffinity(self.pid, where)


# What a transaction of the peer's does, as pgbench has it: SIDs differ, as everywhere.
SID = "'SM' || lpad(to_hex(:n::bigint), 32, '0')"
SCRIPTS = {
    "one": f"""\\set n random(1, 9000000000000000000)
select from graphile_worker.add_job('effect', json_build_object('messageSid', {SID}));
""",
    "batch": f"""\\set n random(1, 9000000000000000000)
select from graphile_worker.add_jobs(array(select row('effect',
    json_build_object('messageSid', {SID.replace(':n::bigint', ':n::bigint - i')}),
    null, null, null, null, null, null)::graphile_worker.job_spec
    from generate_series(1, {BATCH}) i));
""",
}


class Graphile:
    def __init__(self, bench, cluster):
        self.bench, self.cluster = bench, cluster

    def enqueue(self, what, jobs):
        """Jobs a second, with as many clients as connections."""
        script = pathlib.Path(self.bench.dir, what + ".sql")
        script.write_text(SCRIPTS[what])
        self.cluster.run_on({self.bench.server_core})
        process = on_cores({self.bench.load_core}, [
            self.cluster.bin / "pgbench", self.cluster.url, "--no-vacuum",
            "--protocol=prepared", f"--client={self.bench.options.connections}",
            f"--time={self.bench.options.seconds}", f"--file={script}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, complained = process.communicate()
        rate = re.search(r"tps = ([0-9.]+)", said)
        if process.returncode != 0 or rate is None:
            raise Failure("pgbench: " + complained)
        return float(rate[1]) * jobs

    def empty(self):
        self.cluster.sql("TRUNCATE graphile_worker._private_jobs, effects")

    def drain(self, jobs):
        self.empty()
        self.cluster.sql(
            "SELECT count(*) FROM graphile_worker.add_jobs(array(SELECT row('effect', "
            "json_build_object('messageSid', 'SM' || lpad(to_hex(i), 32, '0')), null, "
            "null, null, null, null, null)::graphile_worker.job_spec "
            f"FROM generate_series(1, {jobs}) i))",
            "VACUUM ANALYZE graphile_worker._private_jobs", "CHECKPOINT")
        self.cluster.run_on(self.bench.all_cores)
        self.cluster.node("drain")
        row, = self.cluster.sql("SELECT count(*), min(at), max(at) FROM effects")
        count, first, last = map(int, row.split("|"))
        if count != jobs:
            raise Failure(f"Graphile Worker ran {count} of {jobs} jobs")
        return jobs * 1e6 / (last - first)

    def latency(self, jobs):
        self.empty()
        """Of each: when it was asked for, stored and begun, in microseconds."""
        samples = json.loads(self.cluster.node("latency", str(jobs)))
        return [(s["asked"], s["stored"], s["begun"]) for s in samples]

    def renew(self):
        self.cluster.sql("DROP SCHEMA IF EXISTS graphile_worker CASCADE",
                         "DROP TABLE IF EXISTS effects")
        self.cluster.node("install")
