//! The demo: the same seed gives the same files, on both databases, and independent programs accept
//! them.

use crate::floor::{
    Kind, PASSWORD, Place, Site,
    child::{Ended, free_port},
    school::Seat,
};
use canvass::demo::{Exports, recount};
use canvass_proto::v1;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
};

fn run(out: &Path, db: Option<&str>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass"));
    command.args([
        "demo",
        "--classes",
        "3",
        "--teachers",
        "3",
        "--interviewers",
        "3",
        "--seed",
        "7",
    ]);
    command.arg("--out").arg(out);
    if let Some(db) = db {
        command.args(["--db", db]);
    }
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Every file but the database, by its hash.
fn files(dir: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, out);
            } else if !path.to_string_lossy().contains("demo.db") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                out.insert(name, hex::encode(Sha256::digest(fs::read(&path).unwrap())));
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(dir, dir, &mut out);
    out
}

fn python(script: &str, args: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(script);
    let out = Command::new("python3").arg(script).args(args).output().unwrap();
    let said =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
}

#[test]
fn the_same_seed_gives_the_same_files_on_both_databases() {
    let place = Place::new(Kind::Postgres);
    let (a, b, c) = (place.path("a"), place.path("b"), place.path("c"));
    run(&a, None);
    run(&b, None);
    run(&c, Some(&place.url));
    let first = files(&a);
    for name in [
        "rosters/parents.xlsx",
        "rosters/contacts.xlsx",
        "draw-parents/sample.csv",
        "draw-contacts/frame.csv",
        "scores-parents.csv",
        "scores-contacts.xlsx",
        "interviews-parents.csv",
        "attempts-contacts.csv",
        "client-log.jsonl",
    ] {
        assert!(first.contains_key(name), "{name} is missing: {:?}", first.keys());
    }
    assert_eq!(first, files(&b), "the same seed");
    assert_eq!(first, files(&c), "the other database");
    for name in ["parents", "contacts"] {
        python("verify_draw.py", &[&a.join(format!("draw-{name}"))]);
        let interviews = a.join(format!("interviews-{name}.csv"));
        python("reanalyse.py", &[&interviews, &a.join(format!("scores-{name}.csv"))]);
    }
    let scores = fs::read_to_string(a.join("scores-parents.csv")).unwrap();
    assert!(scores.contains(",false,"), "both surveys are closed: not interim");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_left_behind_takes_one_time_secrets_only() {
    let place = Place::new(Kind::Sqlite);
    let dir = place.path("served");
    run(&dir, None);
    fs::write(dir.join("mine.txt"), "kept").unwrap();
    let address = free_port();
    let small = ["--classes", "2", "--teachers", "1", "--interviewers", "2", "--seed", "7"];
    let child = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["demo", "--serve", "--listen", &address.to_string()])
        .args(small)
        .arg("--out")
        .arg(&dir)
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Ended(child);
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.0.stdout.take().unwrap()));
    let mut said = Vec::new();
    for line in lines {
        let line = line.unwrap();
        let last = line.contains("stop it with");
        said.push(line);
        if last {
            break;
        }
    }
    assert_eq!(fs::read_to_string(dir.join("mine.txt")).unwrap(), "kept", "not the demo's");
    let secret = |name: &str| {
        let line = said.iter().find(|l| l.trim().starts_with(name)).expect(name);
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let mut site = Site { address, admin: String::new() };
    let seeded = Sha256::digest("canvass demo|7|password|admin");
    let old = v1::SignInRequest {
        name: "admin".into(),
        secret: hex::encode(&seeded[..8]),
        new_password: String::new(),
    };
    let refused = site.access().await.sign_in(old).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated, "the seed opens nothing");
    site.admin = site.sign_in("admin", &secret("admin"), PASSWORD).await;
    let token = site.sign_in("interviewer01", &secret("interviewer01"), PASSWORD).await;
    let survey_id = 3;
    let mut seat = Seat { client: site.interviewing().await, token, survey_id };
    let case = seat.pull().await;
    seat.dial(case.lease.unwrap(), v1::Outcome::Busy).await.unwrap();
    let again = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["demo", "--out"])
        .arg(&dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(2), "it is being served");
    assert!(dir.join("demo.db").exists() && dir.join("canvass.key").exists());
    let pid = child.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

/// Judged by both: the demo's own recount, and the script that shares no code with it.
fn faults(dir: &Path, log: &str, interviews: &str, attempts: &str) -> (usize, bool) {
    let mut reader = csv::Reader::from_path(dir.join("scores-parents.csv")).unwrap();
    let at = |name: &str, headers: &csv::StringRecord| {
        // the file begins with a byte order mark
        headers.iter().position(|h| h.trim_start_matches('\u{feff}') == name).unwrap()
    };
    let headers = reader.headers().unwrap().clone();
    let (target, n) = (at("target", &headers), at("n", &headers));
    let scores: Vec<v1::ScoreRow> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let (target, n) = (row[target].to_owned(), row[n].parse().unwrap());
            v1::ScoreRow { target, n, ..Default::default() }
        })
        .collect();
    let exports = Exports {
        interviews: interviews.as_bytes(),
        attempts: attempts.as_bytes(),
        scores: &scores,
        progress: &v1::Progress::default(),
    };
    let own = recount(1, log, &exports).unwrap().len();
    let planted = dir.join("planted");
    fs::create_dir_all(&planted).unwrap();
    for (name, text) in [("log", log), ("interviews", interviews), ("attempts", attempts)] {
        fs::write(planted.join(name), text).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_history.py");
    let mut judge = Command::new("python3");
    judge.arg(script).args(["log", "interviews", "attempts", "1"]).current_dir(&planted);
    let judged = judge.output().unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    let code = judged.status.code();
    assert!(matches!(code, Some(0 | 1)), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    (own, code == Some(0))
}

#[test]
fn the_recount_finds_what_is_planted() {
    let place = Place::new(Kind::Sqlite);
    let dir = place.path("planted-demo");
    run(&dir, None);
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let log = read("client-log.jsonl");
    let (interviews, attempts) = (read("interviews-parents.csv"), read("attempts-parents.csv"));
    assert_eq!(faults(&dir, &log, &interviews, &attempts), (0, true), "as it is");

    let spoken = interviews.lines().find(|line| line.contains(",1.1,true,false,")).unwrap();
    let lost = interviews.replacen(&format!("{spoken}\n"), "", 1);
    let twice = interviews.replacen(spoken, &format!("{spoken}\n{spoken}"), 1);
    let dial = attempts.lines().find(|line| line.contains(",no_answer,")).unwrap();
    let undialled = attempts.replacen(&format!("{dial}\n"), "", 1);
    let redialled = attempts.replacen(dial, &format!("{dial}\n{dial}"), 1);
    let other = attempts.replacen(",no_answer,", ",busy,", 1);
    let uncounted = log.replacen("\"op\":\"submit\"", "\"op\":\"forgotten\"", 1);
    let answer = log.lines().find(|l| l.contains("\"op\":\"submit\"")).unwrap();
    let claimed = answer.replacen("\"overall.overall\":", "\"overall.overall\":1", 1);
    let claimed = log.replacen(answer, &claimed, 1);
    let plants = [
        ("a lost interview", &log, &lost, &attempts),
        ("a doubled interview", &log, &twice, &attempts),
        ("a lost dial", &log, &interviews, &undialled),
        ("a doubled dial", &log, &interviews, &redialled),
        ("another outcome", &log, &interviews, &other),
        ("an interview nobody handed in", &uncounted, &interviews, &attempts),
        ("another answer", &claimed, &interviews, &attempts),
    ];
    for (what, log, interviews, attempts) in plants {
        let (own, sound) = faults(&dir, log, interviews, attempts);
        assert!(own > 0, "the recount does not see {what}");
        assert!(!sound, "the script does not see {what}");
    }
}
