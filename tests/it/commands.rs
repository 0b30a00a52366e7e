//! The built binary against a real `canvass serve`: the way of a survey from an empty database to
//! its scores, typed as an administrator would.

use crate::floor::{Kind, PASSWORD, Place, id, with};
use canvass_proto::v1::{self, interviewing_service_client::InterviewingServiceClient};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

const BINARY: &str = env!("CARGO_BIN_EXE_canvass");

/// A server in a place of its own, and what its clients need.
struct Served {
    place: Place,
    child: Child,
    address: String,
}

/// How a command ended.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Served {
    fn new() -> Served {
        let place = Place::new(Kind::Sqlite);
        let mut child = Command::new(BINARY)
            .args(["serve", "--db", &place.url, "--listen", "127.0.0.1:0", "--log-format", "json"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = log.next().expect("the server says where it listens").unwrap();
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = event["fields"]["address"].as_str() {
                break format!("http://{address}");
            }
        };
        // a full pipe would stop the server
        std::thread::spawn(move || log.for_each(drop));
        Served { place, child, address }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(args)
            .current_dir(self.place.dir.path())
            .env_remove("CANVASS_TOKEN")
            .env_remove("CANVASS_LANG")
            .env("CANVASS_SERVER", &self.address)
            .env("CANVASS_TOKEN_FILE", self.place.path("token"));
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        ended(output)
    }

    /// Runs what must succeed; its output.
    fn done(&self, args: &[&str]) -> String {
        let Ended { code, out, err } = self.run(args);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        // no bars where nobody looks at a terminal
        assert_eq!(err, "", "{args:?}");
        out
    }

    fn json(&self, args: &[&str]) -> Value {
        let out = self.done(&[args, &["--json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{args:?}: {e}: {out}"))
    }

    /// Runs what must fail with this code; what it said.
    fn fails(&self, args: &[&str], code: i32) -> String {
        let ended = self.run(args);
        assert_eq!(ended.code, code, "{args:?}: {}{}", ended.out, ended.err);
        assert!(ended.err.starts_with("canvass: ") || code == 2, "{}", ended.err);
        ended.err
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.place.path(name), text).unwrap();
    }

    fn sign_in(&self) {
        let secret = fs::read_to_string(self.place.path("admin-secret")).unwrap();
        let mut child = self
            .command(&["sign-in", "admin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = format!("{}\n{PASSWORD}\n", secret.trim());
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let ended = ended(child.wait_with_output().unwrap());
        assert_eq!(ended.code, 0, "{}", ended.err);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn ended(output: std::process::Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Two classes of fifteen; line 7 has a number that is none.
fn roster() -> String {
    let mut lines = vec!["class,name,phone".to_owned()];
    for at in 0..30 {
        lines.push(format!("3-{},Pupil {at},138001380{at:02}", 1 + at / 15));
    }
    lines.insert(6, "3-1,Pupil 99,12345".to_owned());
    lines.join("\n") + "\n"
}

fn publishes(served: &Served) {
    served.done(&["scheme", "init", "--kind", "parents", "--out", "scheme.yaml"]);
    let open = served.fails(&["scheme", "publish", "spring", "scheme.yaml"], 2);
    assert!(open.contains("scheme.yaml: A1: setting A1 is empty"), "{open}");
    assert!(open.lines().count() == 3 && open.contains("A5:"), "{open}");
    // never over somebody's decisions
    served.fails(&["scheme", "init", "--kind", "parents", "--out", "scheme.yaml"], 1);

    served.write("bad.yaml", "name: x\nA1: : 3\n");
    let bad = served.fails(&["scheme", "publish", "spring", "bad.yaml"], 2);
    assert!(bad.contains("line 2, column"), "{bad}");

    let scheme = crate::scheme::decided(canvass::rules::questionnaire::Kind::Parents);
    served.write("scheme.yaml", &scheme);
    let done = served.json(&["scheme", "publish", "spring", "scheme.yaml"]);
    let version = canvass::rules::scheme::Scheme::parse(&scheme).unwrap().version();
    assert_eq!(done["version"], version);

    served.done(&["questionnaire", "init", "--kind", "parents", "--out", "questions.yaml"]);
    let done = served.done(&["questionnaire", "publish", "1", "questions.yaml"]);
    assert!(done.contains("is published, version "), "{done}");
}

fn imports(served: &Served) {
    served.write("roster.csv", &roster());
    let import = ["import", "spring", "roster.csv", "--kind", "parents", "--rejected", "mend.csv"];
    let report = served.json(&import);
    let counts = ["accepted", "rejected", "problem_count"].map(|name| report[name].as_i64());
    assert_eq!(counts, [30, 1, 1].map(Some), "{report}");
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["column"], &problem["code"]),
        (&7.into(), &"C".into(), &"phone_short".into())
    );

    let mend = fs::read_to_string(served.place.path("mend.csv")).unwrap();
    assert!(mend.contains("3-1,Pupil 99,12345"), "{mend}");
    served.write("mend.csv", &mend.replace("12345", "13800138099"));
    let text = served.done(&["import", "spring", "mend.csv", "--kind", "parents"]);
    assert!(text.contains("accepted 1, unchanged 0, rejected 0"), "{text}");

    served.fails(&["import", "spring", "absent.csv", "--kind", "parents"], 2);
    let twice =
        ["import", "spring", "roster.csv", "--kind", "parents", "--map", "a=B", "--map", "a=C"];
    assert!(served.fails(&twice, 2).contains("twice"));
}

fn draws(served: &Served) {
    let plan = served.json(&["plan", "spring", "--seats", "2", "--minutes-per-evening", "60"]);
    assert_eq!(
        (&plan["n"], &plan["dials"], &plan["evenings"]),
        (&20.into(), &60.into(), &2.into())
    );
    assert!(served.done(&["plan", "spring"]).contains("assumed: "));

    let frozen = served.json(&["freeze", "spring"]);
    assert_eq!((&frozen["units"], &frozen["strata"]), (&31.into(), &2.into()));

    let draw = ["draw", "spring", "--source"];
    // a bad source costs nothing: the design is not fixed for its sake
    served.fails(&[&draw[..], &["dice:12"]].concat(), 2);
    assert_eq!(served.json(&["survey", "show", "spring"])["state"], "frozen");
    served.fails(&["draw", "spring"], 2);
    let drawn = served.json(&[&draw[..], &["dice:31415263524316254361"]].concat());
    assert_eq!((&drawn["state"], &drawn["cases"]), (&"drawn".into(), &31.into()));

    let dir = served.place.path("draw-spring");
    let verified = served.done(&["verify", "draw-spring"]);
    assert!(verified.contains("31 cases of 31 units in 2 strata"), "{verified}");
    served.done(&["export", "spring", "draw", "--out", "again"]);
    for name in ["frame.csv", "design.json", "seed.txt", "sample.csv"] {
        assert_eq!(fs::read(dir.join(name)).unwrap(), fs::read(again(served, name)).unwrap());
    }
    change_line(&again(served, "sample.csv"), 3);
    let differs = served.fails(&["verify", "again"], 1);
    assert!(differs.contains("sample.csv") && differs.contains("line 3"), "{differs}");
    served.fails(&["verify", "nowhere"], 1);
    assert_eq!(served.json(&["draws", "spring"]).as_array().map(Vec::len), Some(1));
}

fn again(served: &Served, name: &str) -> std::path::PathBuf {
    served.place.path("again").join(name)
}

/// Turns the role of one row.
fn change_line(path: &Path, line: usize) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[line - 1] = lines[line - 1].replace("main", "reserve");
    let changed = lines.join("\n") + "\n";
    assert_ne!(changed, text);
    fs::write(path, changed).unwrap();
}

fn watches(served: &Served) {
    served.fails(&["survey", "state", "spring", "closed"], 1);
    served.done(&["survey", "state", "spring", "fielding"]);
    let progress = served.json(&["progress", "spring", "--all"]);
    assert_eq!(progress["state"], "fielding");
    let total = &progress["total"];
    assert_eq!((&total["target"], &total["drawn"]), (&20.into(), &31.into()), "{total}");
    assert_eq!(progress["cells"].as_array().map(Vec::len), Some(2));
    let one = served.json(&["progress", "spring", "--stratum", "3-2"]);
    assert_eq!(one["cells"][0]["stratum"], "3-2");
    assert!(served.done(&["progress", "spring", "--all"]).contains("0/10"));

    let cases = served.json(&["cases", "spring", "--state", "fresh", "--stratum", "3-1"]);
    assert_eq!(cases.as_array().map(Vec::len), Some(10));
    assert_eq!(served.json(&["case", "spring", "1"])["case_no"], 1);
    served.fails(&["case", "spring", "999"], 1);
    served.done(&["release", "spring", "3-1", "--reason", "numbers do not work"]);
    assert_eq!(served.json(&["quarantine", "list", "spring"]), Value::Array(Vec::new()));
    served.fails(&["quarantine", "accept", "spring", "1", "--reason", "none is there"], 1);
    revokes(served);

    served.done(&["export", "spring", "scores", "--exact", "--out", "scores.csv"]);
    let scores = fs::read_to_string(served.place.path("scores.csv")).unwrap();
    assert!(scores.lines().count() == 3 && scores.contains("withheld"), "{scores}");
    for what in ["scores", "interviews", "attempts"] {
        served.done(&["export", "spring", what, "--format", "xlsx", "--out", "book.xlsx"]);
        assert!(fs::read(served.place.path("book.xlsx")).unwrap().starts_with(b"PK"));
    }
    let out = served.done(&["export", "spring", "scores", "--exact", "--out", "-"]);
    assert_eq!(out, scores);
    served.fails(
        &["export", "spring", "scores", "--exact", "--format", "xlsx", "--out", "x.xlsx"],
        2,
    );
}

/// An answer to every question of the example.
fn answers() -> Vec<v1::Answer> {
    use canvass::rules::questionnaire::{Form, Kind, Questionnaire, example};
    let questions = Questionnaire::parse(example(Kind::Parents)).unwrap();
    let answer = |item: &canvass::rules::questionnaire::Item| {
        let value = match &item.form {
            Form::Scale => v1::answer::Value::Score(8),
            Form::Options(options) => v1::answer::Value::Option(options[0].code.clone()),
        };
        v1::Answer { item: item.id.clone(), value: Some(value) }
    };
    questions.items().map(|(_, item)| answer(item)).collect()
}

/// A seat takes a case, loses it to a supervisor, and sends its interview all the same.
fn revokes(served: &Served) {
    let token = fs::read_to_string(served.place.path("token")).unwrap();
    let token = token.trim();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut seat, held) = runtime.block_on(async {
        let mut seat = InterviewingServiceClient::connect(served.address.clone()).await.unwrap();
        let request =
            v1::PullAssignmentRequest { survey_id: 1, request_id: id(), wait_ms: Some(0) };
        let pulled = seat.pull_assignment(with(token, request)).await.unwrap().into_inner();
        let Some(v1::pull_assignment_response::Result::Assignment(held)) = pulled.result else {
            panic!("nothing to do: {pulled:?}")
        };
        (seat, held)
    });
    let case = held.lease.unwrap().case_no;
    let number = case.to_string();
    assert_eq!(served.json(&["seats", "spring"])[0]["case_no"], case);
    assert!(served.done(&["case", "spring", &number]).contains("held by user 1"));
    served.fails(&["revoke", "spring", &number, "--reason", ""], 2);
    served.done(&["revoke", "spring", &number, "--reason", "the seat lost power"]);
    served.fails(&["revoke", "spring", &number, "--reason", "again"], 1);

    runtime.block_on(async {
        let rating = v1::Rating { target_no: held.targets[0].target_no, answers: answers() };
        let request = v1::SubmitInterviewRequest {
            survey_id: 1,
            lease: held.lease,
            request_id: id(),
            ratings: vec![rating],
            ..Default::default()
        };
        seat.submit_interview(with(token, request)).await.unwrap();
    });
    let late = served.json(&["quarantine", "list", "spring"]);
    assert_eq!((&late[0]["case_no"], &late[0]["kind"]), (&case.into(), &"interview".into()));
    assert!(served.done(&["quarantine", "list", "spring"]).contains("teaching_care=8"));
    assert!(served.done(&["progress", "spring"]).contains("1 in quarantine"));
    let accepted =
        served.json(&["quarantine", "accept", "spring", "1", "--reason", "it was in time"]);
    assert_eq!(accepted["status"], "counted");
    served.fails(&["quarantine", "discard", "spring", "1", "--reason", "too late"], 1);
    let history = served.json(&["case", "spring", &number]);
    assert_eq!(history["interviews"][0]["ratings"][0]["answers"]["teaching_care"], 8);
    assert!(served.done(&["case", "spring", &number]).contains("teaching_care=8"));
}

#[test]
fn a_survey_goes_from_an_empty_database_to_its_scores_by_command() {
    let served = Served::new();
    let stranger = served.fails(&["survey", "list"], 1);
    assert!(stranger.contains("canvass sign-in"), "{stranger}");
    served.sign_in();

    let new = ["survey", "new", "spring", "--kind", "parents"];
    served.done(&[&new[..], &["--open", "00:00", "--close", "21:30"]].concat());
    served.fails(&new, 1);
    let wrong = served.fails(&["survey", "new", "Bad_Name", "--kind", "parents", "--zone", "X"], 2);
    assert!(wrong.contains("canvass: settings.name: "), "{wrong}");
    assert!(wrong.contains("\ncanvass: settings.zone: "), "{wrong}");
    served.fails(&["survey", "show", "autumn"], 1);
    served.fails(&["survey", "new", "x", "--kind", "pupils"], 2);
    // the server's clock is the machine's, so calling hours are the whole day
    let shown = served.json(&["survey", "update", "spring", "--close", "24:00", "--title", "春"]);
    assert_eq!((&shown["close"], &shown["title"]), (&"24:00".into(), &"春".into()));

    publishes(&served);
    imports(&served);
    draws(&served);
    watches(&served);
}

#[test]
fn every_command_says_how_it_is_used() {
    let commands = "survey new|survey list|survey show|survey update|survey state|questionnaire \
        init|questionnaire publish|scheme init|scheme publish|import|plan|freeze|design|draw|draws|\
        verify|release|progress|seats|cases|case|revoke|quarantine list|quarantine accept|\
        quarantine discard|export|completions";
    for command in commands.split('|') {
        let mut args: Vec<_> = command.split(' ').collect();
        args.push("--help");
        let output = Command::new(BINARY).args(&args).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}");
        assert!(help.contains(&format!("Example: canvass {command}")), "{command}: {help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = Command::new(BINARY).args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stdout.len() > 1000, "{shell}");
    }
}
