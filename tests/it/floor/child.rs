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
    key: PathBuf,
    child: Option<Child>,
}

pub fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn spawn(url: &str, key: &std::path::Path, address: SocketAddr, level: &str) -> Child {
    let log =
        fs::File::options().append(true).create(true).open(key.with_file_name("log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["serve", "--db", url, "--listen", &address.to_string(), "--log", level])
        .arg("--key-file")
        .arg(key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
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
        let place = Place::new(kind);
        let key = place.path("canvass.key");
        if kind == Kind::Postgres {
            fs::write(&key, "11".repeat(32)).unwrap();
        }
        let address = free_port();
        let child = spawn(&place.url, &key, address, level);
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
        Server { place, site, key, child: Some(child) }
    }

    /// Kills the process as a power cut would: no warning, nothing finished.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub async fn start(&mut self) {
        self.child = Some(spawn(&self.place.url, &self.key, self.site.address, "warn"));
        answers(self.site.address).await;
    }

    /// Another replica on the same database.
    pub async fn replica(&self) -> (Ended, Site) {
        let address = free_port();
        let child = spawn(&self.place.url, &self.key, address, "warn");
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
