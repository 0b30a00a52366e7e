//! Imports a CSV of 1,000,000 lines through the real server and command line; prints seconds and the
//! peak resident size of server, client and the server's reader.
//!
//! `cargo bench --bench import`: each under 300 MB. Then the same file again, which must change
//! nothing.

use std::{
    fs,
    io::{BufWriter, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

const CLASSES: usize = 25_000;
const PUPILS: usize = 40;
const KIB_MAX: u64 = 300 * 1024;
const PASSWORD: &str = "correct horse battery";

type Any = Box<dyn std::error::Error>;

fn roster(path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    writeln!(out, "班级,学号,学生姓名,家长电话")?;
    for at in 0..CLASSES * PUPILS {
        writeln!(out, "c{:05},P{at:07},学生{},138{at:08}", at / PUPILS, at % PUPILS)?;
    }
    out.flush()
}

/// Peak resident size of a process so far, KiB; 0 once it has ended.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse().ok()).unwrap_or_default()
}

/// Processes that a process has started and that still run.
fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().filter_map(|n| n.parse::<u32>().ok()));
    }
    found
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tool(dir: &Path, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass"));
    command
        .env("CANVASS_SERVER", format!("http://{address}"))
        .env("CANVASS_TOKEN_FILE", dir.join("token"))
        .current_dir(dir);
    command
}

fn start(dir: &Path, address: &str) -> Result<Server, Any> {
    let server = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["serve", "--db", "sqlite:bench.db", "--listen", address, "--log", "warn"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let server = Server(server);
    let secret = dir.join("admin-secret");
    while !fs::read_to_string(&secret).is_ok_and(|s| s.ends_with('\n')) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut sign_in =
        tool(dir, address).args(["sign-in", "admin"]).stdin(Stdio::piped()).spawn()?;
    let line = format!("{}{PASSWORD}\n", fs::read_to_string(&secret)?);
    sign_in.stdin.take().ok_or("no stdin")?.write_all(line.as_bytes())?;
    sign_in.wait()?;
    tool(dir, address).args(["survey", "new", "big", "--kind", "parents"]).status()?;
    Ok(server)
}

fn main() -> Result<ExitCode, Any> {
    let dir = tempfile::tempdir()?;
    roster(&dir.path().join("big.csv"))?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let server = start(dir.path(), &address)?;
    let mut over = false;
    for round in ["first", "again"] {
        let begin = Instant::now();
        let import = ["import", "big", "big.csv", "--kind", "parents"];
        let mut client = tool(dir.path(), &address).args(import).spawn()?;
        let (mut of_client, mut of_reader) = (0, 0);
        let ended = loop {
            of_client = of_client.max(peak(client.id()));
            let readers = children(server.0.id()).into_iter().map(peak).max().unwrap_or_default();
            of_reader = of_reader.max(readers);
            if let Some(status) = client.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let of_server = peak(server.0.id());
        println!(
            "{round}: {:.1} s; peak MiB: server {}, client {}, reader {}",
            begin.elapsed().as_secs_f64(),
            of_server / 1024,
            of_client / 1024,
            of_reader / 1024
        );
        over |= !ended.success() || [of_server, of_client, of_reader].iter().any(|k| *k > KIB_MAX);
    }
    if over {
        println!("over the limit of {} MiB, or not accepted", KIB_MAX / 1024);
    }
    Ok(if over { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
