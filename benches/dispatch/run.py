#!/usr/bin/env python3
"""Dispatch beside hand-written SQL on one PostgreSQL server, and SQLite beside itself with batches of one.

A cycle is a pull and a submit of 20 answers. Everything runs in turn, round after round, on a server with
fsync on; only the ratios of one run mean anything. Needs PostgreSQL's programs (pgbench among them), starts
a throwaway cluster and stops it. Prints a line a measurement and the medians; --json FILE keeps them.

    cargo build --release && benches/dispatch/run.py
"""
import argparse, json, os, pathlib, pwd, re, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "correct horse battery"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cluster:
    """A throwaway PostgreSQL that syncs what it commits."""

    SETTINGS = ["fsync=on", "synchronous_commit=on", "shared_buffers=512MB", "max_wal_size=4GB",
                "checkpoint_timeout=30min", "max_connections=300", "listen_addresses="]

    def __init__(self, where):
        bins = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        if not bins:
            sys.exit("PostgreSQL is missing: apt-get install postgresql")
        self.bin = bins[-1]
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="cvb", dir=where))
        self.as_postgres = []
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.as_postgres = ["runuser", "-u", "postgres", "--"]
        self.run("initdb", "-D", f"{self.dir}/d", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C")
        options = " ".join(f"-c {s}" for s in self.SETTINGS + [f"unix_socket_directories={self.dir}"])
        self.run("pg_ctl", "-D", f"{self.dir}/d", "-w", "-l", f"{self.dir}/log", "-o", options, "start")

    def run(self, program, *args, **more):
        command = [*self.as_postgres, str(self.bin / program), *args]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/", **more).stdout

    def sql(self, db, text):
        return self.run("psql", "-h", str(self.dir), "-U", "postgres", "-d", db, "-v", "ON_ERROR_STOP=1", "-Atc", text)

    def url(self, db):
        return f"postgres://postgres@localhost/{db}?host={self.dir}"

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.dir}/d", "-m", "fast", "-w", "stop")
        shutil.rmtree(self.dir)


class Peer:
    """pgbench on the hand-written schema."""

    def __init__(self, cluster):
        self.cluster = cluster
        cluster.sql("postgres", "create database peer")
        text = (HERE / "peer.sql").read_text()
        cluster.run("psql", "-h", str(cluster.dir), "-U", "postgres", "-d", "peer", "-q", "-v", "ON_ERROR_STOP=1",
                    "-f", "-", input=text)

    def cycles(self, clients, seconds):
        script = (HERE / "cycle.sql").read_text()
        path = self.cluster.dir / "cycle.sql"
        path.write_text(script)
        path.chmod(0o644)
        said = self.cluster.run("pgbench", "-h", str(self.cluster.dir), "-U", "postgres", "-n", "-M", "prepared",
                                "-f", str(path), "-c", str(clients), "-j", "2", "-T", str(seconds), "peer")
        return float(re.search(r"tps = ([\d.]+)", said)[1])


class Canvass:
    """A server and its administrator."""

    def __init__(self, program, url, home, *more):
        self.program, self.home = program, home
        self.port = free_port()
        key = home / "key"
        if not key.exists():
            key.write_text("11" * 32)
        command = [program, "serve", "--db", url, "--key-file", key, "--listen", f"127.0.0.1:{self.port}",
                   "--log", "warn", *more]
        self.server = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL)
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            if self.server.poll() is not None:
                sys.exit("the server ended")
            time.sleep(0.02)
        secret = home / "admin-secret"
        if not (home / "token").exists():
            while not (secret.exists() and secret.read_text().endswith("\n")):
                time.sleep(0.05)
            self.tool("sign-in", "admin", input=f"{secret.read_text().strip()}\n{PASSWORD}\n")

    def tool(self, *args, **more):
        env = os.environ | {"CANVASS_SERVER": f"http://127.0.0.1:{self.port}", "CANVASS_TOKEN_FILE": str(self.home / "token")}
        done = subprocess.run([self.program, *map(str, args)], env=env, capture_output=True, text=True, **more)
        if done.returncode != 0:
            sys.exit(f"canvass {' '.join(map(str, args))}: {done.stdout}\n{done.stderr}")
        return done.stdout

    def drill(self, *args):
        return json.loads(self.tool("--json", "drill", "--mix", "interview", "--keep", "--pid", self.server.pid, *args))

    def survey(self, cases):
        """A practice survey in the field."""
        report = self.drill("--cases", cases, "--seconds", 1, "--warm-up", 0, "--interviewers", 1)
        return report["survey"]

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait()


KEPT = []


def note(what, value, **more):
    KEPT.append({"what": what, "value": value} | more)
    print(f"{what:<46} {value:10.1f}  {' '.join(f'{k}={v}' for k, v in more.items())}", flush=True)


def median(what):
    return statistics.median(one["value"] for one in KEPT if one["what"] == what)


def on_postgres(args):
    cluster = Cluster(args.dir)
    home = pathlib.Path(tempfile.mkdtemp(prefix="cvb", dir=args.dir))
    try:
        peer = Peer(cluster)
        cluster.sql("postgres", "create database canvass")
        canvass = Canvass(args.program, cluster.url("canvass"), home)
        began = time.time()
        survey = canvass.survey(args.cases)
        note("seconds to put the cases in the field", time.time() - began, cases=args.cases)
        cluster.sql("canvass", "analyze")
        seconds = args.seconds
        for round_no in range(1, args.rounds + 1):
            best = 0
            for clients in args.clients:
                tps = peer.cycles(clients, seconds)
                note(f"pgbench, {clients} clients", tps, round=round_no)
                best = max(best, tps)
            for seats in (64, 128):
                done = canvass.drill("--survey", survey, "--interviewers", seats, "--seconds", seconds)
                told(done)
                note(f"canvass, {seats} interviewers", done["cycles_per_s"], round=round_no, **parts(done))
                note(f"ratio, {seats} interviewers", done["cycles_per_s"] / best, round=round_no)
                if seats == 64:
                    half = done["cycles_per_s"] / 2
            done = canvass.drill("--survey", survey, "--interviewers", 64, "--seconds", seconds, "--rate", f"{half:.0f}")
            told(done)
            note("p99 of a pull at half of that, ms", done["calls"]["pull"]["p99_ms"], round=round_no, **parts(done))
        for what in ("ratio, 64 interviewers", "ratio, 128 interviewers", "p99 of a pull at half of that, ms"):
            print(f"median: {what}: {median(what):.2f}")
        canvass.stop()
    finally:
        cluster.stop()
        shutil.rmtree(home)


def parts(done):
    server = done.get("server") or {}
    return {"pull_p50": done["calls"]["pull"]["p50_ms"], "pull_p99": done["calls"]["pull"]["p99_ms"],
            "submit_p50": done["calls"]["submit"]["p50_ms"], "cores": round(server.get("cores", 0), 2)}


def told(done):
    if not done["sound"] or done["unknown"] or done["empty"]:
        sys.exit(f"this measured nothing: {json.dumps(done)[:2000]}")


def on_sqlite(args):
    home = pathlib.Path(tempfile.mkdtemp(prefix="cvb", dir=args.dir))
    url = f"sqlite:{home}/bench.db"
    try:
        canvass = Canvass(args.program, url, home)
        survey = canvass.survey(args.sqlite_cases)
        canvass.stop()
        for round_no in range(1, args.rounds + 1):
            for most in (64, 1):
                canvass = Canvass(args.program, url, home, "--batch-max", str(most))
                done = canvass.drill("--survey", survey, "--interviewers", 64, "--seconds", args.seconds)
                told(done)
                note(f"SQLite, batches of at most {most}", done["cycles_per_s"], round=round_no, **parts(done))
                canvass.stop()
        ratio = median("SQLite, batches of at most 64") / median("SQLite, batches of at most 1")
        print(f"median: SQLite, batches beside batches of one: {ratio:.2f}")
    finally:
        shutil.rmtree(home)


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--program", default=str(HERE.parents[1] / "target/release/canvass"))
    asked.add_argument("--dir", default=None, help="where the databases go: a disk, not memory")
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--sqlite-cases", type=int, default=200_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=int, default=15)
    asked.add_argument("--clients", type=lambda text: [int(n) for n in text.split(",")], default=[8, 16, 32, 64])
    asked.add_argument("--only", choices=["postgres", "sqlite"])
    asked.add_argument("--json")
    args = asked.parse_args()
    if args.only != "sqlite":
        on_postgres(args)
    if args.only != "postgres":
        on_sqlite(args)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(KEPT, indent=1))


if __name__ == "__main__":
    main()
