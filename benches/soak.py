#!/usr/bin/env python3
"""An hour at half load with faults: nothing may be lost, and the server's memory may not grow.

Measures the peak first, then keeps half of it up, drill after drill, each of which checks that the server's count is
what its clients were told. Every minute something goes wrong: the server is stopped for two seconds, some interviewers sign
in elsewhere and vanish in the middle of their calls, PostgreSQL ends every connection. Exit code 1 when a drill was not sound or memory
grew by more than --slope MB an hour after the warm-up (a line through all samples, least squares).

    cargo build --release && benches/soak.py              SQLite
    benches/soak.py --db postgres --minutes 60            on a throwaway PostgreSQL
"""
import argparse, itertools, os, pathlib, shutil, signal, subprocess, sys, tempfile, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "dispatch"))
import run


class Memory(threading.Thread):
    """The resident memory of a process, every few seconds."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.samples, self.began = pid, [], time.time()

    def run(self):
        while True:
            try:
                status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
            except OSError:
                return
            kib = int(status.split("VmRSS:")[1].split()[0])
            self.samples.append((time.time() - self.began, kib / 1024))
            time.sleep(2)

    def slope(self, after):
        """MiB an hour after so many seconds."""
        points = [(t, m) for t, m in self.samples if t >= after]
        if len(points) < 30:
            sys.exit(f"{len(points)} samples after the warm-up: this proves nothing")
        n = len(points)
        mean_t, mean_m = sum(t for t, _ in points) / n, sum(m for _, m in points) / n
        return 3600 * sum((t - mean_t) * (m - mean_m) for t, m in points) / sum((t - mean_t) ** 2 for t, _ in points)


def pause(canvass, cluster, survey):
    canvass.server.send_signal(signal.SIGSTOP)
    time.sleep(2)
    canvass.server.send_signal(signal.SIGCONT)


def vanish(canvass, cluster, survey):
    # sixteen of the interviewers sign in elsewhere too, which ends the tokens they worked with
    env = os.environ | {"CANVASS_SERVER": f"http://127.0.0.1:{canvass.port}", "CANVASS_TOKEN_FILE": str(canvass.home / "token")}
    drill = subprocess.Popen([canvass.program, "drill", "--survey", survey, "--keep", "--interviewers", "16",
                              "--seconds", "30"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(6)
    drill.kill()
    drill.wait()


def cut(canvass, cluster, survey):
    if cluster is None:
        return pause(canvass, cluster, survey)
    cluster.sql("canvass", "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                "where datname = 'canvass' and pid <> pg_backend_pid()")


def why(done):
    return " ".join(f"{k}={done[k]}" for k in done if k in ("sound", "unknown", "empty", "errors", "faults", "differs"))


def soak(args, canvass, cluster):
    peak = canvass.drill("--interviewers", 64, "--cases", 60_000, "--seconds", 15)["cycles_per_s"]
    half = peak / 2
    cases = int(half * (args.minutes * 60 + 120) * 1.1)
    survey, victim = canvass.survey(cases), canvass.survey(100_000)
    memory = Memory(canvass.server.pid)
    memory.start()
    print(f"peak {peak:.0f} cycles/s, half of it for {args.minutes} min, {cases} cases", flush=True)
    faults, bad = itertools.cycle([pause, vanish, cut]), 0
    until = time.time() + args.minutes * 60
    while time.time() < until:
        fault = next(faults)
        later = threading.Timer(20, fault, (canvass, cluster, victim))
        later.start()
        done = canvass.drill("--survey", survey, "--interviewers", 64, "--rate", f"{half:.0f}", "--seconds", 50)
        later.join()
        sound = done["sound"] and not done["unknown"]
        bad += not sound
        print(f"{(time.time() - memory.began) / 60:5.1f} min  {fault.__name__:<7} {done['cycles_per_s']:7.1f} cycles/s  "
              f"p99 of a cycle {done['calls']['cycle']['p99_ms']:8.1f} ms  {memory.samples[-1][1]:6.1f} MiB  "
              f"{'sound' if sound else 'NOT SOUND: ' + why(done)}", flush=True)
    slope = memory.slope(args.warm_up * 60)
    print(f"memory: {slope:+.2f} MiB an hour after {args.warm_up} min; drills that were not sound: {bad}")
    return 1 if bad or slope > args.slope else 0


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--program", default=str(pathlib.Path(__file__).resolve().parents[1] / "target/release/canvass"))
    asked.add_argument("--dir", default=None, help="where the databases go: a disk, not memory")
    asked.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--warm-up", type=float, default=10)
    asked.add_argument("--slope", type=float, default=1.0, help="MiB an hour")
    args = asked.parse_args()
    home = pathlib.Path(tempfile.mkdtemp(prefix="cvb", dir=args.dir))
    cluster = canvass = None
    try:
        url = f"sqlite:{home}/soak.db"
        if args.db == "postgres":
            cluster = run.Cluster(args.dir)
            cluster.sql("postgres", "create database canvass")
            url = cluster.url("canvass")
        canvass = run.Canvass(args.program, url, home)
        code = soak(args, canvass, cluster)
    finally:
        if canvass:
            canvass.stop()
        if cluster:
            cluster.stop()
        shutil.rmtree(home)
    sys.exit(code)


main()
