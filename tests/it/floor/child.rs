//! The real program as a child process: started, killed, paused, started again on the same port.

use super::{Kind, PASSWORD, Place, Site};
use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A process that ends with the test, also with one that fails.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A server process on a database of its own.
pub struct Server {
    pub place: Place,
    pub site: Site,
    /// What the program is started by, if not by itself: words before its own.
    pub under: Vec<String>,
    key: PathBuf,
    child: Option<Child>,
}

pub fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn spawn(
    under: &[String],
    url: &str,
    key: &std::path::Path,
    address: SocketAddr,
    level: &str,
) -> Child {
    let log =
        fs::File::options().append(true).create(true).open(key.with_file_name("log")).unwrap();
    let program = env!("CARGO_BIN_EXE_canvass").to_owned();
    let words: Vec<&String> = under.iter().chain([&program]).collect();
    Command::new(words[0])
        .args(&words[1..])
        .args(["serve", "--db", url, "--listen", &address.to_string(), "--log", level])
        .arg("--key-file")
        .arg(key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Waits until a process that was killed has ended: until then its sockets and locks are taken.
pub fn gone(pid: &str) {
    // without anybody to bury it a dead process stays as a zombie; the first thread is one already
    // while the others, which hold the sockets as well, have yet to end
    let dead = || {
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
        let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        stat.contains(") Z ") && threads <= 1
    };
    while !dead() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

async fn answers(address: SocketAddr) {
    for _ in 0..400 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no server at {address}");
}

impl Server {
    pub async fn new(kind: Kind) -> Server {
        Server::logging(kind, "warn").await
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.place.path("log")).unwrap()
    }

    pub async fn logging(kind: Kind, level: &str) -> Server {
        Server::at(Place::new(kind), level, Vec::new()).await
    }

    /// On a database that is there already, and empty.
    pub async fn at(place: Place, level: &str, under: Vec<String>) -> Server {
        let key = place.path("canvass.key");
        if place.url.starts_with("postgres") {
            fs::write(&key, "11".repeat(32)).unwrap();
        }
        let address = free_port();
        let child = spawn(&under, &place.url, &key, address, level);
        answers(address).await;
        let mut site = Site { address, admin: String::new() };
        // the port is taken before the database is ready
        let secret = loop {
            match fs::read_to_string(place.path("admin-secret")) {
                Ok(secret) if secret.ends_with('\n') => break secret,
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        site.admin = site.sign_in("admin", secret.trim(), PASSWORD).await;
        Server { place, site, under, key, child: Some(child) }
    }

    /// Kills the process as a power cut would: no warning, nothing finished.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // one that is traced is the child of its tracer, and would outlive it
            let mut ps = Command::new("ps");
            let traced = ps.args(["-o", "pid=", "--ppid", &child.id().to_string()]).output();
            let traced = String::from_utf8(traced.unwrap().stdout).unwrap();
            for pid in traced.split_whitespace() {
                Command::new("kill").args(["-9", pid]).stderr(Stdio::null()).status().unwrap();
            }
            traced.split_whitespace().for_each(gone);
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub async fn start(&mut self) {
        assert!(self.try_start().await, "it ended: {}", self.log());
    }

    /// Whether it came up, and did not end before.
    pub async fn try_start(&mut self) -> bool {
        let (under, url) = (&self.under, &self.place.url);
        let child = spawn(under, url, &self.key, self.site.address, "warn");
        let child = self.child.insert(child);
        for _ in 0..1200 {
            if tokio::net::TcpStream::connect(self.site.address).await.is_ok() {
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no server at {}", self.site.address);
    }

    /// The exit code, if it has ended by itself.
    pub fn has_ended(&mut self) -> Option<Option<i32>> {
        let ended = self.child.as_mut().unwrap().try_wait().unwrap();
        ended.map(|status| status.code())
    }

    /// Another replica on the same database.
    pub async fn replica(&self) -> (Ended, Site) {
        self.replica_on(&self.place.url).await
    }

    /// Another replica, on a database that has this one's past.
    pub async fn replica_on(&self, url: &str) -> (Ended, Site) {
        let address = free_port();
        let child = spawn(&[], url, &self.key, address, "warn");
        answers(address).await;
        (Ended(child), Site { address, admin: self.site.admin.clone() })
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits up to 15 s for the process to end by itself; its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        for _ in 0..600 {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("the server goes on");
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let done = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
