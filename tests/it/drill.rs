//! The drill as an operator runs it: a real server, the program itself, its history judged by a program
//! that shares no code with it.

use crate::floor::{KINDS, Kind, child::Server};
use serde_json::Value;
use std::{fs, path::PathBuf, process::Command};

fn tool(
    server: &Server,
    args: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>,
) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(args)
        .env("CANVASS_SERVER", format!("http://{}", server.site.address))
        .env("CANVASS_TOKEN", &server.site.admin)
        .current_dir(server.place.path(""))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

fn judged(server: &Server, survey: &str) -> String {
    for what in ["interviews", "attempts"] {
        let file = format!("{what}.csv");
        let (code, _, why) = tool(server, ["export", survey, what, "--exact", "--out", &file]);
        assert_eq!(code, Some(0), "{why}");
    }
    let judge = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/check_history.py");
    let files = ["history.jsonl", "interviews.csv", "attempts.csv"].map(|f| server.place.path(f));
    let out = Command::new("python3").arg(judge).args(files).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{said}");
    said
}

#[tokio::test]
async fn a_drill_counts_what_the_server_counts() {
    for kind in KINDS {
        let server = Server::new(kind).await;
        let whole = "drill --interviewers 6 --seconds 2 --warm-up 0 --cases 3000 \
                     --history history.jsonl --html drill.html --json";
        let (code, out, why) = tool(&server, whole.split(' '));
        assert_eq!(code, Some(0), "{kind:?}: {why}");
        let report: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(report["sound"], true, "{report}");
        assert_eq!(report["errors"].as_object().unwrap().len(), 0, "{report}");
        for call in ["cycle", "pull", "start", "save", "extend", "submit", "attempt"] {
            let times = &report["calls"][call];
            assert!(times["n"].as_u64() > Some(0), "{call}: {report}");
            assert!(times["p50_ms"].as_f64() <= times["p999_ms"].as_f64(), "{call}: {report}");
        }
        let interviews = report["interviews"]["COUNTED"].as_i64().unwrap();
        assert_eq!(report["counted"].as_i64(), Some(interviews));
        let said = judged(&server, report["survey"].as_str().unwrap());
        assert!(said.starts_with("sound: ") && said.contains(&format!("{interviews} interviews")));
        let page = fs::read_to_string(server.place.path("drill.html")).unwrap();
        assert_eq!(page.matches("<svg").count(), 2, "two drawings");
    }
}

#[tokio::test]
async fn a_drill_keeps_a_pace_with_the_interviewers_it_has() {
    for kind in KINDS {
        let server = Server::new(kind).await;
        let few = "drill --interviewers 3 --seconds 1 --warm-up 0 --cases 900";
        assert_eq!(tool(&server, few.split(' ')).0, Some(0));
        // the same interviewers again, at a pace of their own
        let paced = "drill --interviewers 6 --seconds 2 --warm-up 0 --cases 1000 \
                     --rate 20 --mix interview=1 --pull-next --json";
        let (code, out, why) = tool(&server, paced.split(' '));
        assert_eq!(code, Some(0), "{kind:?}: {why}");
        let report: Value = serde_json::from_str(&out).unwrap();
        let cycles = report["cycles_per_s"].as_f64().unwrap();
        assert!((5.0..40.0).contains(&cycles), "it keeps the pace: {cycles}");
    }
}

#[tokio::test]
async fn a_drill_that_misses_its_limit_fails_and_says_by_how_much() {
    let server = Server::new(Kind::Sqlite).await;
    let small = "drill --interviewers 2 --seconds 1 --warm-up 0 --cases 500";
    let with = |more: &str| tool(&server, small.split(' ').chain(more.split(' ')));
    let (code, _, why) = with("--min-cycles 1000000");
    assert!(code == Some(1) && why.contains("1000000 were asked for"), "{why}");
    let (code, _, why) = with("--mix interviewed=1");
    assert!(code == Some(2) && why.contains("interviewed is none of"), "{why}");
    let (code, _, why) = with("--mix busy=0");
    assert!(code == Some(2) && why.contains("a weight above 0"), "{why}");
    let out = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["--lang", "zh-CN", "drill", "--token-file", "none", "--rate", "0"])
        .env("CANVASS_SERVER", format!("http://{}", server.site.address))
        .current_dir(server.place.path(""))
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(2) && why.contains("速率"), "{why}");
}
