//! Backups that are restored: whole, checked, and with nobody's lease of before.

use crate::floor::{
    KINDS, Kind,
    child::Server,
    cluster,
    school::{Plan, Seat},
};
use canvass_proto::v1::ReceiptStatus;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn canvass(args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_canvass")).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code(), said)
}

fn plan() -> Plan {
    Plan {
        whole_day: true,
        classes: vec![("1-1", 60)],
        rate: "1.0",
        lo: 10,
        hi: 60,
        ..Plan::default()
    }
}

/// The same desktop after its server has begun again.
async fn again(server: &Server, seat: &Seat) -> Seat {
    Seat { client: server.site.interviewing().await, ..seat.clone() }
}

/// Takes a backup; answers what restores it into the database of the server.
fn back_up(server: &Server, kind: Kind) -> String {
    let file = server.place.path("backup").display().to_string();
    match kind {
        Kind::Sqlite => {
            let (code, said) = canvass(&["backup", &file, "--db", &server.place.url]);
            assert_eq!(code, Some(0), "{said}");
            let (code, said) = canvass(&["backup", &file, "--db", &server.place.url]);
            assert!(code == Some(2) && said.contains("never overwrites"), "{said}");
        }
        Kind::Postgres => cluster::tool("pg_dump", &["-Fc", "-f", &file, &server.place.url]),
    }
    file
}

fn restore(server: &Server, kind: Kind, file: &str) -> (Option<i32>, String) {
    match kind {
        Kind::Sqlite => canvass(&["restore", file, "--db", &server.place.url, "--replace"]),
        Kind::Postgres => {
            let clean = ["--clean", "--if-exists", "-d", &server.place.url, file];
            cluster::tool("pg_restore", &clean);
            canvass(&["restore", "--db", &server.place.url])
        }
    }
}

async fn comes_back(kind: Kind) {
    let mut server = Server::new(kind).await;
    let survey_id = server.site.fielded(&plan()).await;
    let mut seat = server.site.seat("a", survey_id).await;
    let mut other = server.site.seat("b", survey_id).await;
    let done = seat.pull().await;
    assert_eq!(seat.submit(&done, 9, 8).await.status(), ReceiptStatus::Counted);
    let before = seat.pull().await;
    // the server works while it is copied
    let mut busy = other.clone();
    let work = tokio::spawn(async move {
        for _ in 0..12 {
            let case = busy.pull().await;
            busy.submit(&case, 5, 6).await;
        }
    });
    let file = tokio::task::block_in_place(|| back_up(&server, kind));
    work.await.unwrap();
    let after = other.pull().await;

    // not under a server that works
    if kind == Kind::Sqlite {
        let (code, said) = restore(&server, kind, &file);
        assert!(code == Some(2) && said.contains("another server"), "{said}");
    } else {
        let (code, said) = canvass(&["restore", "--db", &server.place.url]);
        assert!(code == Some(2) && said.contains("stop all of them"), "{said}");
    }
    server.kill();
    if kind == Kind::Postgres {
        // its connections are gone a moment later
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    let (code, said) = restore(&server, kind, &file);
    assert_eq!(code, Some(0), "{said}");
    server.start().await;

    // what was before the copy is there; whoever goes on with a lease of before is kept aside
    let mut seat = again(&server, &seat).await;
    let late = seat.submit(&before, 9, 9).await;
    assert_eq!(late.status(), ReceiptStatus::Quarantined, "{kind:?}");
    let mut other = again(&server, &other).await;
    let late = other.submit(&after, 9, 9).await;
    assert_eq!(late.status(), ReceiptStatus::Quarantined, "{kind:?}: granted after the copy");
    let held = seat.held().await;
    assert_eq!(held.len(), 1, "{kind:?}: the case is still theirs, under a new lease");
    let lease = held[0].lease.unwrap();
    assert!(lease.incarnation > before.lease.unwrap().incarnation);
    assert_eq!(seat.submit(&held[0], 7, 7).await.status(), ReceiptStatus::Counted);
    let p = server.site.progress(survey_id).await.total.unwrap();
    assert!(p.valid >= 2, "{kind:?}: {p:?}");
    if kind == Kind::Sqlite {
        let kept = fs::read_dir(server.place.dir.path()).unwrap();
        let names = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(names.into_iter().any(|name| name.starts_with("canvass.db.before-")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_database_knows_what_it_knew_and_no_lease_of_before() {
    for kind in KINDS {
        comes_back(kind).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_or_foreign_file_is_not_restored() {
    let mut server = Server::new(Kind::Sqlite).await;
    server.site.fielded(&plan()).await;
    let file = back_up(&server, Kind::Sqlite);
    server.kill();
    let database = Path::new(server.place.url.strip_prefix("sqlite:").unwrap()).to_owned();
    let was = fs::read(&database).unwrap();
    let sound = fs::read(&file).unwrap();
    let mut torn = sound.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 4096].fill(0x55);
    for (name, bytes) in [("torn", &torn[..]), ("half", &sound[..middle]), ("text", b"no database")]
    {
        let path = server.place.path(name);
        fs::write(&path, bytes).unwrap();
        let path = path.display().to_string();
        let (code, said) = canvass(&["restore", &path, "--db", &server.place.url, "--replace"]);
        assert_eq!(code, Some(2), "{name}: {said}");
    }
    assert_eq!(fs::read(&database).unwrap(), was, "nothing was touched");
    let (code, said) = canvass(&["restore", &file, "--db", &server.place.url]);
    assert!(code == Some(2) && said.contains("--replace"), "{said}");
}
