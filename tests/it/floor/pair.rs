//! A PostgreSQL primary and its synchronous standby, clusters of their own that are thrown away; and
//! the address that leads to whichever of them is to be used, as a virtual IP does. Processes are killed
//! here, not machines: they may do without fsync.

use super::{
    child::gone,
    cluster::{home, programs, run, stopped_with_this_process},
};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

/// The clusters, numbered as they are made; each has a directory and a socket of its own.
pub struct Pair {
    home: PathBuf,
    bin: PathBuf,
    /// The one that takes writes.
    pub primary: u32,
    /// The newest that was made.
    newest: u32,
    stopper: Child,
}

impl Pair {
    /// A primary alone, with an empty database.
    pub fn alone() -> Pair {
        let (home, bin) = (home(), programs());
        let stopper = stopped_with_this_process(&bin, &home.display().to_string());
        let pair = Pair { home, bin, primary: 0, newest: 0, stopper };
        let data = pair.data(0);
        let encoding = ["-E", "UTF8", "--locale=C", "--no-sync", "-A", "trust", "-U", "postgres"];
        run(&pair.bin, "initdb", &[&["-D", &data][..], &encoding].concat());
        pair.start(0);
        let made = pair.sql(0, "postgres", "create database canvass");
        assert!(made.status.success(), "{made:?}");
        pair
    }

    fn data(&self, node: u32) -> String {
        self.home.join(format!("n{node}")).display().to_string()
    }

    const fn port(node: u32) -> u32 {
        5432 + node
    }

    /// The socket of a cluster.
    pub fn socket(&self, node: u32) -> PathBuf {
        self.home.join(format!(".s.PGSQL.{}", Pair::port(node)))
    }

    /// The address of a cluster itself, whatever the virtual one leads to.
    pub fn url(&self, node: u32) -> String {
        let (port, home) = (Pair::port(node), self.home.display());
        format!("postgres://postgres@localhost:{port}/canvass?host={home}")
    }

    pub fn start(&self, node: u32) {
        let (home, port) = (self.home.display(), Pair::port(node));
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{home}' -c port={port} \
             -c shared_buffers=32MB -c fsync=off -c synchronous_commit=on -c wal_retrieve_retry_interval=500ms"
        );
        let log = format!("{home}/log{node}");
        let data = self.data(node);
        run(&self.bin, "pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Ends a cluster as a power cut would: it recovers when it starts again.
    pub fn stop(&self, node: u32) {
        run(&self.bin, "pg_ctl", &["-D", &self.data(node), "-m", "immediate", "stop"]);
    }

    fn psql(&self, node: u32, database: &str, statement: &str) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command.arg("-h").arg(&self.home).args(["-p", &Pair::port(node).to_string()]);
        command.args(["-U", "postgres", "-d", database, "-XAtc", statement]).stdin(Stdio::null());
        command
    }

    fn sql(&self, node: u32, database: &str, statement: &str) -> Output {
        self.psql(node, database, statement).output().unwrap()
    }

    fn ask(&self, node: u32, statement: &str) -> String {
        let out = self.sql(node, "canvass", statement);
        assert!(out.status.success(), "{statement}: {out:?}");
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    fn wait_for_standby(&self, node: u32, name: &str) {
        self.ask(node, &format!("alter system set synchronous_standby_names = '{name}'"));
        self.ask(node, "select pg_reload_conf()");
    }

    /// Makes a standby of the primary, which from then on waits for it at every commit.
    pub fn join(&mut self) {
        self.newest += 1;
        let (node, from) = (self.newest, Pair::port(self.primary).to_string());
        let origin = format!(
            "host={} port={from} user=postgres application_name=n{node}",
            self.home.display()
        );
        let data = self.data(node);
        let copy = ["-D", &data, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &origin];
        run(&self.bin, "pg_basebackup", &copy);
        self.start(node);
        self.wait_for_standby(self.primary, &format!("n{node}"));
        let joined = "select application_name from pg_stat_replication where sync_state = 'sync'";
        let began = Instant::now();
        while self.ask(self.primary, joined) != format!("n{node}") {
            assert!(began.elapsed() < Duration::from_secs(60), "the standby does not follow");
            std::thread::sleep(Duration::from_millis(20));
        }
        // with this commit the standby has everything that was committed before it
        self.ask(self.primary, "select pg_logical_emit_message(true, 'test', 'joined')");
    }

    /// The standby becomes the primary; it waits for nobody until a new one has joined.
    pub fn promote(&mut self) {
        let node = self.newest;
        self.wait_for_standby(node, "");
        run(&self.bin, "pg_ctl", &["-D", &self.data(node), "-w", "promote"]);
        self.primary = node;
    }

    /// kill -9 of every process of a cluster.
    pub fn kill(&self, node: u32) {
        let pid = fs::read_to_string(Path::new(&self.data(node)).join("postmaster.pid")).unwrap();
        let postmaster = pid.lines().next().unwrap().to_owned();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &postmaster]).output();
        let children = String::from_utf8(children.unwrap().stdout).unwrap();
        let mut all: Vec<&str> = children.split_whitespace().collect();
        all.insert(0, &postmaster);
        // one that has ended meanwhile is reported, and does not matter
        Command::new("kill").arg("-9").args(&all).stderr(Stdio::null()).status().unwrap();
        all.into_iter().for_each(gone);
    }

    /// Whether a commit at a cluster is acknowledged within some time.
    pub fn commits(&self, node: u32, within: Duration) -> bool {
        let write = "select pg_logical_emit_message(true, 'test', 'fence')";
        let mut child = self.psql(node, "canvass", write).stdout(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while began.elapsed() < within {
            if let Some(status) = child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        false
    }

    /// Stops a cluster for good.
    pub fn discard(&self, node: u32) {
        self.stop(node);
        let mut remove = Command::new("rm");
        assert!(remove.arg("-rf").arg(self.data(node)).status().unwrap().success());
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // its pipe closes, and it stops what runs
        drop(self.stopper.stdin.take());
        self.stopper.wait().ok();
    }
}

/// Where the address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Leads {
    To(PathBuf),
    /// To a machine that is gone: nothing is said, on old connections and on new ones.
    Nowhere,
}

/// An address that leads to one cluster, and later to another.
pub struct Address {
    pub at: SocketAddr,
    leads: Arc<watch::Sender<Leads>>,
}

impl Address {
    pub async fn new(socket: PathBuf) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let leads = Arc::new(watch::Sender::new(Leads::To(socket)));
        let watched = leads.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, watched.subscribe()));
            }
        });
        Address { at, leads }
    }

    /// The machine behind it goes without a word: nobody is told that a connection has ended.
    pub fn vanish(&self) {
        self.leads.send_replace(Leads::Nowhere);
    }

    pub fn lead_to(&self, socket: PathBuf) {
        self.leads.send_replace(Leads::To(socket));
    }
}

async fn carry(mut client: TcpStream, mut leads: watch::Receiver<Leads>) {
    let to = leads.borrow_and_update().clone();
    if let Leads::To(socket) = to {
        let Ok(mut server) = UnixStream::connect(socket).await else { return };
        let gone = leads.wait_for(|leads| *leads == Leads::Nowhere);
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = gone => {}
        }
    }
    // held open, and silent, for as long as the client likes; what it sends is lost
    let mut lost = [0; 4096];
    loop {
        use tokio::io::AsyncReadExt;
        match client.read(&mut lost).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
