//! The command line as an administrator uses it, against a real server.

use crate::floor::{Kind, PASSWORD, Place, child::free_port};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

struct Tool {
    place: Place,
    address: String,
    server: Child,
}

impl Tool {
    fn new() -> Tool {
        let place = Place::new(Kind::Sqlite);
        let address = free_port().to_string();
        let server = Command::new(env!("CARGO_BIN_EXE_canvass"))
            .args(["serve", "--db", &place.url, "--listen", &address, "--log", "warn"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let tool = Tool { place, address, server };
        let secret = tool.place.path("admin-secret");
        for _ in 0..400 {
            if secret.exists() && std::net::TcpStream::connect(&tool.address).is_ok() {
                return tool;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("no server");
    }

    fn run_with(&self, args: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_canvass"))
            .args(args)
            .env("CANVASS_SERVER", format!("http://{}", self.address))
            .env("CANVASS_TOKEN_FILE", self.place.path("token"))
            .current_dir(self.place.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn code(&self, args: &[&str]) -> (i32, String) {
        let out = self.run_with(args, "");
        let said = String::from_utf8_lossy(&out.stdout).into_owned()
            + &String::from_utf8_lossy(&out.stderr);
        (out.status.code().unwrap(), said)
    }

    fn ok(&self, args: &[&str]) -> String {
        let (code, said) = self.code(args);
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.place.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.place.path(name)).unwrap()
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

fn sign_in(tool: &Tool) {
    let refused = tool.code(&["survey", "list"]);
    assert_eq!(refused.0, 1, "without a token: {}", refused.1);
    let secret = tool.read("admin-secret");
    let out = tool.run_with(&["sign-in", "admin"], &format!("{secret}{PASSWORD}\n"));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(tool.place.path("token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner reads the token");
}

fn documents(tool: &Tool) {
    tool.ok(&["questionnaire", "init", "--kind", "parents", "--out", "q.yaml"]);
    tool.ok(&["questionnaire", "publish", "p", "q.yaml"]);
    tool.ok(&["scheme", "init", "--kind", "parents", "--out", "s.yaml"]);
    let (code, said) = tool.code(&["scheme", "publish", "p", "s.yaml"]);
    assert_eq!(code, 2);
    assert!(["A1", "A2", "A5"].iter().all(|a| said.contains(a)), "the open settings: {said}");
    let filled = |thresholds: &str| {
        tool.read("s.yaml")
            .replace("\nA1:\n", &format!("\nA1: {{rule: absolute, thresholds: [{thresholds}]}}\n"))
            .replace("\nA2:\n", "\nA2: not_used\n")
            .replace("\nA5:\n", "\nA5: not_used\n")
    };
    tool.write("bad.yaml", &filled("75, 90, 60"));
    let (code, said) = tool.code(&["scheme", "publish", "p", "bad.yaml"]);
    assert_eq!(code, 2, "thresholds out of order");
    assert!(said.contains("A1"), "{said}");
    tool.write("good.yaml", &filled("90, 75, 60"));
    tool.ok(&["scheme", "publish", "p", "good.yaml"]);
    tool.write("broken.yaml", "name: x\nunknown_key: 1\n");
    let (code, said) = tool.code(&["scheme", "publish", "p", "broken.yaml"]);
    assert_eq!(code, 2);
    assert!(said.contains("line 2") || said.contains(":2:"), "it points at the line: {said}");
}

#[test]
fn from_an_empty_server_to_scores() {
    let tool = Tool::new();
    sign_in(&tool);
    tool.ok(&["survey", "new", "p", "--kind", "parents", "--open", "00:00", "--close", "24:00"]);
    documents(&tool);
    let mut roster = "班级,学生姓名,学号,家长电话\n".to_owned();
    for pupil in 1..=40 {
        roster.push_str(&format!("3-2,学生{pupil},P{pupil:03},138000000{pupil:02}\n"));
    }
    tool.write("r.csv", &roster.replace("13800000007", "1380000OO07"));
    let said =
        tool.ok(&["import", "p", "r.csv", "--kind", "parents", "--rejected", "mend.csv", "--json"]);
    assert!(said.contains("\"accepted\":39") && said.contains("\"line\":8"), "{said}");
    let mend = tool.read("mend.csv").replace("1380000OO07", "13800000007");
    tool.write("mend.csv", &mend);
    let said = tool.ok(&["import", "p", "mend.csv", "--kind", "parents", "--json"]);
    assert!(said.contains("\"accepted\":1,"), "{said}");
    assert!(tool.ok(&["plan", "p", "--json"]).contains("\"n\":12"));
    tool.ok(&["freeze", "p"]);
    let draw = ["draw", "p", "--source", "dice:31415926535897932384", "--source", "nonce:5eed"];
    tool.ok(&draw);
    tool.ok(&["verify", "draw-p"]);
    let sample = tool.read("draw-p/sample.csv");
    tool.write("draw-p/sample.csv", &sample.replacen("main", "reserve", 1));
    let (code, said) = tool.code(&["verify", "draw-p"]);
    assert_eq!(code, 1);
    assert!(said.contains("sample.csv"), "{said}");
    tool.ok(&["survey", "state", "p", "fielding"]);
    let said = tool.ok(&["progress", "p", "--all", "--json"]);
    let progress: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&progress["total"]["target"], &progress["total"]["drawn"]),
        (&12.into(), &24.into())
    );
    tool.ok(&["release", "p", "3-2", "--reason", "to see it"]);
    let said = tool.ok(&["cases", "p", "--state", "fresh", "--json"]);
    assert_eq!(said.matches("\"case_no\"").count(), 15, "{said}");
    tool.ok(&["export", "p", "scores", "--exact", "--out", "scores.csv"]);
    assert!(tool.read("scores.csv").starts_with("target,class,n,N,mean,se,"));
    tool.ok(&["export", "p", "scores", "--format", "xlsx", "--out", "s.xlsx", "--lang", "zh-CN"]);
    assert!(fs::read(tool.place.path("s.xlsx")).unwrap().starts_with(b"PK"));
    tool.ok(&["export", "p", "draw", "--out", "again"]);
    assert_eq!(tool.read("again/sample.csv"), sample);
    let said = tool.ok(&["user", "add", "wang", "--role", "interviewer", "--survey", "1"]);
    assert!(said.contains("wang"), "{said}");
    assert!(tool.ok(&["user", "list"]).contains("wang"));
    tool.ok(&["user", "revoke", "2"]);
    tool.ok(&["token", "create", "1", "--days", "30"]);
    for empty in [["seats", "p"], ["draws", "p"]] {
        tool.ok(&empty);
    }
    tool.ok(&["quarantine", "list", "p"]);
    assert!(tool.ok(&["completions", "bash"]).contains("canvass"));
    let (code, _) = tool.code(&["progress", "nothing-of-that-name"]);
    assert_eq!(code, 1);
    let (code, _) = tool.code(&["progress"]);
    assert_eq!(code, 2, "wrong use");
}

#[test]
fn a_server_that_others_can_reach_needs_tls_and_another_key_is_refused() {
    let place = Place::new(Kind::Sqlite);
    let serve = |extra: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_canvass"))
            .args(["serve", "--db", &place.url, "--log", "warn"])
            .args(extra)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, said) = serve(&["--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--tls-cert"), "{said}");
    drop(Tool::new());
    let tool = Tool::new();
    let database = tool.place.path("canvass.db");
    let key = tool.place.path("canvass.key");
    use std::os::unix::fs::PermissionsExt;
    for private in [&key, &database] {
        assert_eq!(fs::metadata(private).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let url = format!("sqlite:{}", database.display());
    let second = |key: &Path| {
        let out = Command::new(env!("CARGO_BIN_EXE_canvass"))
            .args(["serve", "--db", &url, "--listen", "127.0.0.1:0", "--log", "warn"])
            .arg("--key-file")
            .arg(key)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, said) = second(&key);
    assert_eq!(code, Some(2));
    assert!(said.contains("another server"), "one server a file: {said}");
    // the lock ends with its holder; another key is then refused
    let Tool { place, .. } = &tool;
    let other = place.path("other.key");
    fs::write(&other, "22".repeat(32)).unwrap();
    let pid = tool.server.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(1500));
    let (code, said) = second(&other);
    assert_eq!(code, Some(2));
    assert!(said.contains("another installation key"), "{said}");
}

/// `--help` of a command and of everything below it.
fn helps(path: &[&str], without: &mut Vec<String>) {
    let out =
        Command::new(env!("CARGO_BIN_EXE_canvass")).args(path).arg("--help").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let below = text.split("Commands:\n").nth(1).and_then(|t| t.split("\n\n").next());
    let Some(below) = below else {
        if !text.contains("Example: canvass ") {
            without.push(path.join(" "));
        }
        return;
    };
    for line in below.lines().filter(|l| l.starts_with("  ") && !l.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap();
        if name != "help" {
            helps(&[path, &[name]].concat(), without);
        }
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let mut without = Vec::new();
    helps(&[], &mut without);
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn a_server_that_cannot_start_says_why_and_makes_nothing() {
    let place = Place::new(Kind::Sqlite);
    let path = |name: &str| place.path(name).display().to_string();
    fs::write(place.path("no.pem"), "nothing").unwrap();
    let pair = |host: &str| rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    fs::write(place.path("a.pem"), pair("a").cert.pem()).unwrap();
    fs::write(place.path("b.key"), pair("b").signing_key.serialize_pem()).unwrap();
    let (no, cert, key) = (path("no.pem"), path("a.pem"), path("b.key"));
    let table: [(&[&str], &str); 6] = [
        (&["--tls-cert", &no, "--tls-key", &key], "tls-cert: not usable: no PEM block"),
        (&["--tls-cert", &cert, "--tls-key", &no], "tls-key: not usable: no PEM block"),
        (&["--tls-cert", &cert, "--tls-key", &key], "tls-cert, tls-key: not usable"),
        (&["--listen", "0.0.0.0:0"], "give --tls-cert"),
        (&["--db", "postgres://localhost:1/x"], "key-file"),
        (&["--db", "postgres://localhost:1/x", "--key-file", &no], "refused"),
    ];
    for (more, why) in table {
        let out = Command::new(env!("CARGO_BIN_EXE_canvass"))
            .arg("serve")
            .env("CANVASS_DB", &place.url)
            .env("CANVASS_LISTEN", "127.0.0.1:0")
            .args(more)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{more:?}: {said}");
        assert!(said.contains(why), "{more:?}: {said}");
    }
    assert!(!place.path("canvass.db").exists() && !place.path("canvass.key").exists());
    let out = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["serve", "--db", &place.url, "--migrate", "never"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("--migrate auto"), "{said}");
    assert!(!place.path("canvass.db").exists());
}

#[test]
fn commands_speak_the_language_asked_for() {
    let tool = Tool::new();
    sign_in(&tool);
    tool.ok(&["survey", "new", "p", "--kind", "parents"]);
    tool.write("r.csv", "班级,学号,姓名,电话\n3-1,P1,学生一,13800000001\n3-1,P2,学生二,12\n");
    let import = ["import", "p", "r.csv", "--kind", "parents", "--lang", "zh-CN"];
    let said = tool.ok(&import);
    assert!(said.contains("接受 1，未变 0，拒绝 1") && said.contains("┆ 原因"), "{said}");
    let words = |said: &str| {
        let latin = |w: &&str| w.len() > 3 && w.bytes().all(|b| b.is_ascii_lowercase());
        said.split_whitespace().filter(latin).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(words(&said).is_empty(), "English in Chinese: {:?}", words(&said));
    let said = tool.code(&["survey", "state", "p", "fielding", "--lang", "zh-TW"]).1;
    assert!(said.contains("請先凍結抽樣框"), "{said}");
}
