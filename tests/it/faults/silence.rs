//! A line that dies in the middle of a message leaves a transaction open at the database, which waits for
//! the rest: what it holds is given back, and everybody gets on.

use crate::floor::{
    Place,
    child::Server,
    cluster, id,
    school::{Plan, Seat},
};
use canvass_proto::v1::pull_assignment_response::Result as P;
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// A message of PostgreSQL's protocol: its kind (none at the start), its length, its content.
fn message(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 4).unwrap().to_be_bytes();
    [kind, &length, content].concat()
}

/// A connection that calls itself as the server's own do.
struct Raw(UnixStream);

impl Raw {
    fn open(socket: &std::path::Path, database: &str, name: &str) -> Raw {
        let mut line = UnixStream::connect(socket).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let words = ["user", "postgres", "database", database, "application_name", name];
        let words: Vec<u8> =
            words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        let version = 196_608_u32.to_be_bytes();
        line.write_all(&message(b"", &[&version[..], &words, b"\0"].concat())).unwrap();
        let mut raw = Raw(line);
        raw.ready();
        raw
    }

    /// Reads up to the word that the database waits for the next message.
    fn ready(&mut self) {
        loop {
            let mut head = [0; 5];
            self.0.read_exact(&mut head).unwrap();
            let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
            let mut content = vec![0; length - 4];
            self.0.read_exact(&mut content).unwrap();
            assert_ne!(head[0], b'E', "{}", String::from_utf8_lossy(&content));
            if head[0] == b'Z' {
                return;
            }
        }
    }

    fn query(&mut self, text: &str) {
        self.0.write_all(&message(b"Q", &[text.as_bytes(), b"\0"].concat())).unwrap();
        self.ready();
    }

    /// Begins a statement of the kind that is bound and executed later, and never goes on.
    fn break_off(&mut self) {
        self.0.write_all(&message(b"P", b"\0select 1\0\0\0")).unwrap();
    }
}

/// How long others wait for what a silent connection of this name holds.
async fn held_up(name: &str) -> Duration {
    let (socket, database) = cluster::fresh_socket();
    let dir = tempfile::Builder::new().prefix("cv").tempdir().unwrap();
    let home = socket.parent().unwrap().display().to_string();
    let url = format!("postgres://postgres@localhost/{database}?host={home}");
    let server = Server::at(Place { url, dir }, "warn", Vec::new()).await;
    let survey_id = server
        .site
        .fielded(&Plan { classes: vec![("1-1", 40)], whole_day: true, ..Plan::default() })
        .await;
    let mut seat: Seat = server.site.seat("here", survey_id).await;
    let mut raw = Raw::open(&socket, &database, name);
    raw.query(&format!("begin; select 1 from survey where survey_id = {survey_id} for update"));
    raw.break_off();
    let began = Instant::now();
    let request = id();
    loop {
        match seat.pull_with(&request).await {
            Ok(reply) => {
                assert!(matches!(reply.result, Some(P::Assignment(_))), "{reply:?}");
                return began.elapsed();
            }
            Err(status) => {
                let long = began.elapsed() > Duration::from_secs(90);
                assert!(!long, "nobody gets on: {status}\n{}", cluster::busy());
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_connection_holds_that_fell_silent_in_a_message_is_given_back() {
    println!("given back after {:?}", held_up("canvass batch").await);
}
