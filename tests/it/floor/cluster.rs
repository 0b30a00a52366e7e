//! A throwaway PostgreSQL cluster for the whole run: started on first use on a socket of its own,
//! stopped when the test process ends, however it ends. A machine without PostgreSQL fails the run.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

struct Cluster {
    dir: PathBuf,
    bin: PathBuf,
}

/// A new, empty database; its address.
pub fn fresh_database() -> String {
    let name = fresh_name();
    format!("postgres://postgres@localhost/{name}?host={}", cluster().dir.display())
}

/// A new, empty database: the socket that leads to it, and its name.
pub fn fresh_socket() -> (PathBuf, String) {
    (cluster().dir.join(".s.PGSQL.5432"), fresh_name())
}

fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster();
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    run(
        &cluster.bin,
        "createdb",
        &["-h", &cluster.dir.display().to_string(), "-U", "postgres", &name],
    );
    name
}

/// Runs one of PostgreSQL's client programs; it must succeed.
pub fn tool(program: &str, args: &[&str]) {
    let out = Command::new(cluster().bin.join(program)).args(args).output().unwrap();
    assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
}

/// What the database says to a statement of its administrator.
pub fn psql(url: &str, statement: &str) -> String {
    let out = Command::new(programs().join("psql"))
        .args([url, "-Atc", statement])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// What the connections are doing, where they do something.
pub fn busy() -> String {
    let url = format!("postgres://postgres@localhost/postgres?host={}", cluster().dir.display());
    psql(
        &url,
        "select pid, datname, state, wait_event_type, wait_event, age(now(), xact_start), age(now(), state_change), \
         pg_blocking_pids(pid), left(query, 90) from pg_stat_activity where datname is not null",
    )
}

/// What the server has logged, a line beginning with the database it is about.
pub fn log() -> String {
    fs::read_to_string(cluster().dir.join("log")).unwrap()
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// The directory of the newest PostgreSQL's programs.
pub fn programs() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .map(|dirs| {
            dirs.flatten()
                .filter_map(|d| Some((d.file_name().to_str()?.parse().ok()?, d.path().join("bin"))))
                .filter(|(_, bin)| bin.join("initdb").exists())
                .collect()
        })
        .unwrap_or_default();
    found.sort();
    let (_, bin) = found.pop().expect(
        "PostgreSQL is missing: run `make test`, which installs it, or `apt-get install postgresql`",
    );
    bin
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Runs a program of PostgreSQL, as the user postgres where this process is root (initdb refuses
/// root).
pub fn run(bin: &Path, program: &str, args: &[&str]) {
    let path = bin.join(program);
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    let out = command.args(args).current_dir("/").stdin(Stdio::null()).output().unwrap();
    assert!(
        out.status.success(),
        "{program} failed: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

/// A directory for clusters and their sockets.
pub fn home() -> PathBuf {
    // socket paths end at 107 bytes: keep it short
    let dir = tempfile::Builder::new().prefix("cvpg").tempdir_in("/tmp").unwrap().keep();
    if is_root() {
        let done = Command::new("chown").arg("postgres").arg(&dir).status().unwrap();
        assert!(done.success());
    }
    dir
}

fn start() -> Cluster {
    let bin = programs();
    let dir = home();
    let data = dir.join("d");
    let (data, home) = (data.display().to_string(), dir.display().to_string());
    run(
        &bin,
        "initdb",
        &["-D", &data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"],
    );
    let options = format!(
        "-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off -c max_connections=400 \
         -c synchronous_standby_names=absent -c synchronous_commit=local -c log_line_prefix='%d '"
    );
    let log = format!("{home}/log");
    run(&bin, "pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    // the pipe must stay open until this process ends
    std::mem::forget(stopped_with_this_process(&bin, &home));
    Cluster { dir, bin }
}

/// A shell that waits until its pipe closes, with this process at the latest, and stops every cluster
/// below a directory then.
pub fn stopped_with_this_process(bin: &Path, home: &str) -> Child {
    let stop = format!("{}/pg_ctl -D $(dirname $d) -m immediate stop", bin.display());
    let stop = if is_root() { format!("runuser -u postgres -- {stop}") } else { stop };
    let script = format!(
        "cat >/dev/null; cd /; for d in {home}/*/postmaster.pid; do {stop} >/dev/null 2>&1; done; \
         rm -rf {home}"
    );
    Command::new("sh")
        .args(["-c", &script])
        // a signal to the whole group of the tests (a terminal's, that of timeout) is not for it
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
