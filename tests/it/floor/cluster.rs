//! A throwaway PostgreSQL cluster for the whole run: started on first use on a socket of its own,
//! stopped when the test process ends, however it ends. A machine without PostgreSQL fails the run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
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
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster();
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    run(
        &cluster.bin,
        "createdb",
        &["-h", &cluster.dir.display().to_string(), "-U", "postgres", &name],
    );
    format!("postgres://postgres@localhost/{name}?host={}", cluster.dir.display())
}

/// What the database says to a statement of its administrator.
pub fn psql(url: &str, statement: &str) -> String {
    let out = Command::new(cluster().bin.join("psql"))
        .args([url, "-Atc", statement])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// The directory of the newest PostgreSQL's programs.
fn programs() -> PathBuf {
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

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Runs a program of PostgreSQL, as the user postgres where this process is root (initdb refuses
/// root).
fn run(bin: &Path, program: &str, args: &[&str]) {
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

fn start() -> Cluster {
    let bin = programs();
    // socket paths end at 107 bytes: keep it short
    let dir = tempfile::Builder::new().prefix("cvpg").tempdir_in("/tmp").unwrap().keep();
    if is_root() {
        let done = Command::new("chown").arg("postgres").arg(&dir).status().unwrap();
        assert!(done.success());
    }
    let data = dir.join("d");
    let (data, home) = (data.display().to_string(), dir.display().to_string());
    run(
        &bin,
        "initdb",
        &["-D", &data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"],
    );
    let options = format!(
        "-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off -c max_connections=400 \
         -c synchronous_standby_names=absent -c synchronous_commit=local"
    );
    let log = format!("{home}/log");
    run(&bin, "pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    stop_with_this_process(&bin, &data, &home);
    Cluster { dir, bin }
}

/// A shell that waits for the end of this process (its pipe closes) and stops the cluster then.
fn stop_with_this_process(bin: &Path, data: &str, home: &str) {
    let stop = format!("{}/pg_ctl -D {data} -m immediate stop", bin.display());
    let stop = if is_root() { format!("runuser -u postgres -- {stop}") } else { stop };
    let script = format!("cat >/dev/null; cd /; {stop} >/dev/null 2>&1; rm -rf {home}");
    let child = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // the pipe must stay open until this process ends
    std::mem::forget(child);
}
