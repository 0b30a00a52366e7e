//! The four files of a draw, and two checkers that both find any changed line.

use std::{fs, path::Path, process::Command};

use canvass::{
    model::Msg,
    rules::{
        evidence::{Evidence, Verified, evidence, parse_design, verify},
        frame::Frame,
        sampling::{Bounds, Design, Rate},
    },
};
use expect_test::expect;

const SOURCES: &str = "dice:31415926535897932384;nonce:c0ffee";

/// Classes that touch all of the rule: 3 below lo, 5 at lo, 12 by rate, 24 at hi; a key that needs
/// escaping in JSON, and one that sorts otherwise by line than by stratum.
fn small() -> Evidence {
    let classes = [("3", 12), ("3 \\班", 3), ("4", 5), ("二", 24)];
    let units: Vec<(&str, String)> = classes
        .iter()
        .flat_map(|(name, size)| (0..*size).map(move |i| (*name, format!("P{i:02}"))))
        .collect();
    let frame = Frame::new(units.iter().map(|(s, u)| (*s, u.as_str()))).expect("frame");
    let bounds = Bounds::new(Rate::parse("0.45").expect("rate"), 4, 9).expect("bounds");
    evidence(&frame, &Design::new(&frame, bounds, []), SOURCES).expect("evidence")
}

type Files = Vec<(&'static str, Vec<u8>)>;

fn rust(files: &Files) -> Result<Verified, Msg> {
    let [frame, design, seed, sample] = &files[..] else { panic!("four files") };
    verify(&frame.1, &design.1, &seed.1, &sample.1)
}

/// What the independent checker says of each set of files, in one process: exit code, line.
fn python(dir: &Path, sets: &[Files]) -> Vec<(String, String)> {
    const DRIVER: &str = "import sys; sys.path.insert(0, sys.argv[1]); import verify_draw\n\
        for n in range(int(sys.argv[3])): print(verify_draw.main([sys.argv[2] + '/%d' % n]))";
    for (at, files) in sets.iter().enumerate() {
        let folder = dir.join(at.to_string());
        fs::create_dir(&folder).expect("folder");
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes).expect("write");
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut command = Command::new("python3");
    command.env("PYTHONIOENCODING", "utf-8").args(["-B", "-c", DRIVER]);
    let out = command.arg(docs).arg(dir).arg(sets.len().to_string()).output().expect("python3");
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2 * sets.len(), "{}", String::from_utf8_lossy(&out.stderr));
    lines.chunks(2).map(|pair| (pair[1].to_owned(), pair[0].to_owned())).collect()
}

fn bytes(evidence: &Evidence) -> Files {
    evidence.files().map(|(name, text)| (name, text.as_bytes().to_vec())).to_vec()
}

#[test]
fn the_files_have_these_bytes() {
    let frame = Frame::new(["P2", "P1", "P3", "P4", "P5"].map(|u| ("3-2", u))).expect("frame");
    let bounds = Bounds::new(Rate::parse("0.3").expect("rate"), 2, 4).expect("bounds");
    let made = evidence(&frame, &Design::new(&frame, bounds, []), SOURCES).expect("evidence");
    expect![[r#"
        frame.csv
        stratum,unit
        3-2,P1
        3-2,P2
        3-2,P3
        3-2,P4
        3-2,P5
        design.json
        {"algorithm":1,"frame_sha256":"687508eea0c57b414cc1b35d777e4f3d6b81f71bba1f511ffec7f4e207e0f6a2","hi":4,"lo":2,"method":"srs_stratified","rate":"0.3","strata":{"3-2":{"N":5,"flag":"","n":2,"replicate_size":1,"reserves":2}}}
        seed.txt
        102e65f383aa27d1241976ee1576d7122360eea4c81038fb2340aaf60aa40d20
        dice:31415926535897932384;nonce:c0ffee
        sample.csv
        stratum,unit,rank,role,replicate,ticket
        3-2,P2,1,main,0,5c73df698bc40d1f1fd4fc5c8ca6120d74e2f926b063511d60ed029d4402d7e0
        3-2,P1,2,main,0,787a36da37ba36e168de26db7462e5366cc785fbedf9a27917627a0b34241711
        3-2,P3,3,reserve,1,78a234c603769e1b485eb1811c879a719259975e10c7897014e98004c8e499a5
        3-2,P5,4,reserve,2,bc252b4e2439eeecd3b80e2c165dda3efac9cccb3d46a0dfb37cc28ec0572236
    "#]].assert_eq(&made.files().map(|(n, t)| format!("{n}\n{t}")).concat());
}

#[test]
fn both_checkers_accept_the_evidence_of_a_draw() {
    let dir = tempfile::tempdir().expect("dir");
    let files = bytes(&small());
    let verified = rust(&files).expect("verified");
    let frame = Frame::parse(&files[0].1).expect("frame");
    let design = parse_design(&files[1].1).expect("design");
    let again = evidence(&frame, &design, SOURCES).expect("evidence");
    assert_eq!(bytes(&again), files, "a stored frame and design draw the same");
    assert_eq!(verified, Verified { strata: 4, units: 44, sampled: 12 + 3 + 5 + 18 });
    let said = python(dir.path(), &[files]);
    assert_eq!(said, [("0".to_owned(), "ok: 4 strata, 44 units, 38 sampled".to_owned())]);
}

/// Every way to tamper with one line of a file.
fn mutations(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&[u8]> = data.split_inclusive(|b| *b == b'\n').collect();
    let mut out = Vec::new();
    for at in 0..lines.len() {
        let mut push = |what: &str, lines: Vec<Vec<u8>>| {
            out.push((format!("{what} line {}", at + 1), lines.concat()));
        };
        let own: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        let with = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut changed = own.clone();
            edit(&mut changed);
            changed
        };
        push("remove", with(&|l| drop(l.remove(at))));
        push("repeat", with(&|l| l.insert(at, l[at].clone())));
        push("insert", with(&|l| l.insert(at, b"0,0\n".to_vec())));
        push("blank after", with(&|l| l.insert(at + 1, b"\n".to_vec())));
        push(
            "carriage return",
            with(&|l| {
                l[at].pop();
                l[at].extend(b"\r\n");
            }),
        );
        push("first byte", with(&|l| l[at][0] ^= 1));
        push(
            "last byte",
            with(&|l| {
                let end = l[at].len() - 2;
                l[at][end] ^= 1;
            }),
        );
        push("no line end", with(&|l| l[at].retain(|b| *b != b'\n')));
        if at + 1 < lines.len() && own[at] != own[at + 1] {
            push("swap", with(&|l| l.swap(at, at + 1)));
        }
    }
    out
}

/// Changes of single values in the one line of the design.
fn design_mutations(text: &str) -> Vec<(String, Vec<u8>)> {
    let edits = [
        ("\"algorithm\":1", "\"algorithm\":2"),
        ("\"algorithm\":1", "\"algorithm\":1.0"),
        ("\"algorithm\":1", "\"algorithm\":true"),
        ("\"frame_sha256\":\"", "\"frame_sha256\":\"0"),
        ("\"hi\":9", "\"hi\":8"),
        ("\"hi\":9", "\"hi\":10"),
        ("\"lo\":4", "\"lo\":3"),
        ("\"lo\":4", "\"lo\":6"),
        ("\"lo\":4", "\"lo\":0"),
        ("srs_stratified", "srs"),
        ("\"rate\":\"0.45\"", "\"rate\":\"0.55\""),
        ("\"rate\":\"0.45\"", "\"rate\":\"0.450\""),
        ("\"rate\":\"0.45\"", "\"rate\":0.45"),
        ("\"N\":12", "\"N\":13"),
        ("\"n\":6", "\"n\":7"),
        ("\"reserves\":6", "\"reserves\":5"),
        ("\"replicate_size\":2", "\"replicate_size\":3"),
        ("census_below_minimum", "census"),
        ("\"flag\":\"\"", "\"flag\":\"census\""),
        ("\"strata\":{", "\"strata\":{ "),
        ("\"strata\":{", "\"extra\":1,\"strata\":{"),
        (
            "\"strata\":{",
            "\"strata\":{\"0\":{\"N\":0,\"flag\":\"no_frame\",\"n\":0,\"replicate_size\":0,\"reserves\":0},",
        ),
        ("3 \\\\班", "3 \\\\ban"),
        ("3 \\\\班", "3 \\u005c班"),
    ];
    edits
        .iter()
        .map(|(from, to)| {
            assert!(text.contains(from), "{from}");
            (format!("{from} to {to}"), text.replacen(from, to, 1).into_bytes())
        })
        .collect()
}

#[test]
fn both_checkers_find_every_changed_line_and_name_its_file() {
    let made = small();
    let files = bytes(&made);
    let (mut names, mut sets) = (Vec::new(), Vec::new());
    for (at, (name, data)) in files.iter().enumerate() {
        let mut all = mutations(data);
        if *name == "design.json" {
            all.extend(design_mutations(&made.design));
        }
        for (what, changed) in all {
            assert_ne!(&changed, data, "{name}: {what}");
            let mut tampered = files.clone();
            tampered[at].1 = changed;
            names.push((*name, what));
            sets.push(tampered);
        }
    }
    let dir = tempfile::tempdir().expect("dir");
    let said = python(dir.path(), &sets);
    for (((name, what), set), (code, text)) in names.iter().zip(&sets).zip(&said) {
        let error = rust(set).expect_err(&format!("{name}: {what}")).to_string();
        for found in [&error, text] {
            assert!(found.contains(name) && found.contains(" line "), "{name} {what}: {found}");
        }
        assert_eq!(code, "1", "{name}: {what}: {text}");
    }
    assert!(sets.len() > 700, "{}", sets.len());
}

#[test]
fn a_frame_that_is_not_canonical_fails_even_when_the_design_names_its_hash() {
    let made = small();
    let hash = |text: &str| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
    let old = hash(&made.frame);
    let sets: Vec<Files> = mutations(made.frame.as_bytes())
        .into_iter()
        .filter(|(what, _)| !["remove", "insert"].iter().any(|edit| what.starts_with(edit)))
        .filter(|(what, _)| !what.contains("byte"))
        .map(|(_, frame)| {
            let mut files = bytes(&made);
            let new = hash(&String::from_utf8(frame.clone()).expect("UTF-8"));
            files[0].1 = frame;
            files[1].1 = made.design.replace(&old, &new).into_bytes();
            files
        })
        .collect();
    let dir = tempfile::tempdir().expect("dir");
    for (set, (code, text)) in sets.iter().zip(python(dir.path(), &sets)) {
        let error = rust(set).expect_err("not canonical").to_string();
        for found in [&error, &text] {
            assert!(found.starts_with("frame.csv line "), "{found}");
        }
        assert_eq!(code, "1");
    }
}

#[test]
fn the_independent_checker_answers_by_its_exit_code() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify_draw.py");
    let text = fs::read_to_string(&script).expect("script");
    assert!(text.lines().count() <= 150);
    let dir = tempfile::tempdir().expect("dir");
    let run = |with: &[&Path]| {
        Command::new("python3").arg(&script).args(with).output().expect("python3").status.code()
    };
    assert_eq!(run(&[]), Some(2));
    assert_eq!(run(&[dir.path()]), Some(1), "no files");
    for (name, bytes) in bytes(&small()) {
        fs::write(dir.path().join(name), bytes).expect("write");
    }
    assert_eq!(run(&[dir.path()]), Some(0));
}
