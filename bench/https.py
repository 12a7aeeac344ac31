"""HTTPS beside plain HTTP: signed, distinct messages on kept connections, and handshakes a
second beside nginx's (when nginx and wrk are here). One core for the server, one for its
load; interleaved, medians of the rounds' ratios. Started by bench/run.sh --only=https."""

import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import (Failure, Server, cores, cpu_us, load_average, on_cores,
                    options_parser, print_checks)

SEND = ["--fresh", "--parallel", 16]
NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl;
ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
ssl_protocols TLSv1.2 TLSv1.3;
location / {{ return 404 "there is no route of this path\\n"; }} }} }}
"""


class SecureServer(Server):
    def wait_for(self, words):
        return super().wait_for(words.replace("listening on http:", "listening on https:"))


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)


def serve(program, folder, secure, core):
    command = [program, "serve", "--listen", "127.0.0.1:0", "--threads", 1, "--data",
               folder / ("secure" if secure else "plain"), "--log-format", "text"]
    if secure:
        command += ["--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem"]
    return (SecureServer if secure else Server)(command, {core})


def messages(program, folder, secure, options, where):
    """(webhooks a second, CPU us a webhook)"""
    with serve(program, folder, secure, where[0]) as server:
        cpu, began = cpu_us(server.process.pid), time.monotonic()
        send = on_cores({where[1]}, [program, "send", "sms", *SEND, "--repeat",
                                     options.messages, "--data",
                                     folder / ("secure" if secure else "plain")],
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if send.wait() != 0:
            raise Failure("send: not every webhook was answered")
        took = time.monotonic() - began
        return (options.messages / took,
                (cpu_us(server.process.pid) - cpu) / options.messages)


def handshakes(address, options, core):
    """Connections a second, each for one request; sessions are resumed, as clients do."""
    load = on_cores({core}, ["wrk", "-t1", "-c64", f"-d{options.seconds}s", "-H",
                             "Connection: close", f"https://{address}/none"],
                    stdout=subprocess.PIPE)
    found = re.search(r"Requests/sec:\s+([\d.]+)", load.communicate()[0])
    if not found:
        raise Failure("wrk said no rate")
    return float(found.group(1))


def of_nginx(folder, options, where):
    port = 20000 + int(time.time()) % 20000
    conf = folder / "nginx.conf"
    conf.write_text(NGINX.format(folder=folder, port=port))
    process = on_cores({where[0]}, ["nginx", "-c", conf])
    try:
        time.sleep(0.5)
        return handshakes(f"127.0.0.1:{port}", options, where[1])
    finally:
        process.terminate()
        process.wait()


def main():
    parser = options_parser("bench/run.sh --only=https", __doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of handshakes, each (3)")
    parser.add_argument("--messages", type=int, default=30000, help="each (30000)")
    parser.add_argument("--quick", action="store_true", help="one short round")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.messages = 1, 1, 2000
    load_average()
    program = pathlib.Path(options.build).resolve() / "offhook"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="offhook-bench-", dir=options.dir))
    nginx = shutil.which("nginx") and shutil.which("wrk")
    where, rate, cpu, shakes = cores(), [], [], []
    try:
        certificate(folder)
        for _ in range(options.rounds):
            plain = messages(program, folder, False, options, where)
            secure = messages(program, folder, True, options, where)
            rate.append(secure[0] / plain[0])
            cpu.append(secure[1] / plain[1])
            print(f"https {secure[0]:,.0f} webhooks/s, {secure[1]:.1f} us CPU; "
                  f"http {plain[0]:,.0f}, {plain[1]:.1f}")
            if nginx:
                theirs = of_nginx(folder, options, where)
                with serve(program, folder, True, where[0]) as server:
                    ours = handshakes(server.address, options, where[1])
                shakes.append(ours / theirs)
                print(f"handshakes: {ours:,.0f}/s, nginx {theirs:,.0f}/s")
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_checks([
        ("kept connections: rate, https / http", statistics.median(rate), ">=", 0.75),
        ("CPU, https / http", statistics.median(cpu), "<=", 1.3),
        ("handshakes a second, Offhook / nginx",
         statistics.median(shakes) if shakes else None, ">=", 0.8)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
