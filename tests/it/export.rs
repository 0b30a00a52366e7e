//! The files: read back by other programs, safe in spreadsheets, and enough to recompute the
//! scores from.

use calamine::{Data, Reader, Xlsx};
use canvass::model::Lang;
use canvass::rules::export::{
    AttemptLine, AttemptsCsv, Form, InterviewLine, InterviewsCsv, InterviewsXlsx, Layout, Stamp,
    TargetLine, Words, attempts_xlsx, scores_csv, scores_xlsx,
};
use canvass::rules::questionnaire::{
    Answer, AnswerValue, Kind, Questionnaire, example, indicator_values, is_valid, validate,
};
use canvass::rules::scheme::{InForce, Scheme};
use canvass::rules::scoring::{Count, Score, Target, score};
use std::io::Cursor;

const BOM: &[u8] = b"\xef\xbb\xbf";

pub fn stamp() -> Stamp {
    let scheme = Scheme::parse(&crate::scheme::decided(Kind::Parents)).unwrap();
    Stamp {
        survey: "parents".into(),
        log_pos: 1051,
        interim: false,
        scheme: scheme.label(),
        questionnaire: questionnaire().label(),
        rule: InForce::of(&scheme).unwrap(),
    }
}

fn questionnaire() -> Questionnaire {
    Questionnaire::parse(example(Kind::Parents)).unwrap()
}

/// A survey made up from a few numbers: census, withheld, pooled, over quota, all don't-know,
/// nobody reached.
pub struct Field {
    questionnaire: Questionnaire,
    pub targets: Vec<(TargetLine, Vec<InterviewLine>)>,
}

impl Field {
    pub fn new(seed: u64, targets: u64) -> Field {
        let questionnaire = questionnaire();
        let mut chance = seed;
        let mut below = |m: u64| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_041);
            (chance >> 33) % m
        };
        let mut field = Vec::new();
        for at in 0..targets {
            let units = [40, 33, 6, 1, 16, 0, 45, 40, 8][(at % 9) as usize];
            let n = [12, 9, 6, 1, below(17), 0, 20, 12, 4][(at % 9) as usize];
            let line = TargetLine {
                target: format!("T{at:03}/3-1"),
                class: format!("3-{at}"),
                stratum: format!("3-{at}"),
                units,
                listed: units + below(4),
                released: n + below(units.saturating_sub(n) + 1),
            };
            let mut interviews = Vec::new();
            for case in 0..n {
                let equal = at % 14 == 7;
                let answers = answers(&questionnaire, |m| if equal { 1 } else { below(m) });
                assert_eq!(validate(&questionnaire, &answers, true), Ok(()));
                interviews.push(InterviewLine {
                    unit: format!("U{at}-{case}"),
                    case_no: (at * 100 + case) as i64,
                    outcome: "1.1".into(),
                    valid: is_valid(&questionnaire, &answers),
                    over_quota: at % 5 == 4 && case == 0,
                    version: 1,
                    answers,
                });
            }
            field.push((line, interviews));
        }
        Field { questionnaire, targets: field }
    }

    pub fn scores(&self, stamp: &Stamp) -> Vec<Score> {
        let counted = |one: &&InterviewLine| one.valid && !one.over_quota;
        let value = |one: &InterviewLine| indicator_values(&self.questionnaire, &one.answers);
        let target = |(line, interviews): &(TargetLine, Vec<InterviewLine>)| Target {
            key: line.target.clone(),
            name: "a name".into(),
            class: line.class.clone(),
            units: line.units,
            listed: line.listed,
            interviews: interviews.iter().filter(counted).map(value).collect(),
        };
        let count = Count {
            rule: stamp.rule.clone(),
            scheme: stamp.scheme.clone(),
            indicators: self.questionnaire.indicators.len(),
            interim: stamp.interim,
            log_pos: stamp.log_pos,
        };
        score(&count, &self.targets.iter().map(target).collect::<Vec<_>>())
    }

    pub fn csv(&self, stamp: &Stamp, form: Form) -> Vec<u8> {
        let words = match form {
            Form::Guarded => Words::Included,
            Form::Exact => Words::LeftOut,
        };
        let layout = Layout::new(&self.questionnaire, stamp, words);
        let mut file = InterviewsCsv::new(layout, form);
        let mut bytes = file.take();
        for (line, interviews) in &self.targets {
            file.push(line, interviews);
            bytes.extend(file.take());
        }
        bytes
    }
}

fn answers(questionnaire: &Questionnaire, mut below: impl FnMut(u64) -> u64) -> Vec<Answer> {
    use canvass::rules::questionnaire::Form as Asked;
    let mut all = Vec::new();
    for (_, item) in questionnaire.items() {
        let value = match (below(8), &item.form) {
            (0, _) => AnswerValue::DontKnow,
            (2, _) if below(3) == 0 => AnswerValue::Refused,
            (_, Asked::Scale) => AnswerValue::Score(10 - below(4) as i64),
            (_, Asked::Options(options)) => {
                AnswerValue::Option(options[below(options.len() as u64) as usize].code.clone())
            }
        };
        all.push(Answer { item: item.id.clone(), value });
    }
    let words = AnswerValue::Text("=1+1, \"said\"\nthe parent".into());
    all.push(Answer { item: "opinion".into(), value: words });
    all
}

fn read_csv(bytes: &[u8]) -> Vec<Vec<String>> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn read_xlsx(bytes: &[u8]) -> (String, Vec<Vec<Data>>) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let rows = book.worksheet_range(&name).unwrap().rows().map(<[Data]>::to_vec).collect();
    (name, rows)
}

#[test]
fn scores_have_the_columns_in_order_and_one_line_a_target() {
    let stamp = stamp();
    let rows = Field::new(1, 7).scores(&stamp);
    let bytes = scores_csv(&rows, &stamp, Form::Exact);
    assert!(!bytes.starts_with(BOM) && !bytes.contains(&b'\r'));
    let read = read_csv(&bytes);
    assert_eq!(
        read[0].join(" "),
        "target class n N mean se se_basis ci_low ci_high tier points tier_best tier_worst status \
         reason interim log_pos scheme exact_mean questionnaire software suppress_below"
    );
    assert_eq!(read.len(), 8);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with('\n') && !text.contains("a name"), "{text}");
    let census = read.iter().find(|row| row[6] == "census").unwrap();
    assert_eq!(
        (census[5].as_str(), census[15].as_str(), census[16].as_str()),
        ("0.0000", "false", "1051")
    );
    let withheld = read.iter().find(|row| row[2] == "0").unwrap();
    assert_eq!(withheld[4..6].join("") + &withheld[7..13].join(""), "");
    assert!(scores_csv(&rows, &stamp, Form::Guarded).starts_with(BOM));
}

#[test]
fn text_that_a_spreadsheet_would_run_is_text() {
    let table = [
        ("=HYPERLINK(\"http://x\")", true),
        ("+cmd|' /C calc'!A0", true),
        ("-1", true),
        ("@x", true),
        ("\tx", true),
        ("\rx", true),
        ("T017/3-1", false),
        ("a=b", false),
        ("a\nb", false),
        ("王老师, \"三班\"", false),
    ];
    let stamp = stamp();
    for (key, dangerous) in table {
        let mut rows = Field::new(1, 1).scores(&stamp);
        (rows[0].target, rows[0].class) = (key.into(), key.into());
        let guarded = if dangerous { format!("'{key}") } else { key.to_owned() };
        let row = &read_csv(&scores_csv(&rows, &stamp, Form::Guarded))[1];
        assert_eq!((&row[0], &row[1]), (&guarded, &guarded), "{key}");
        assert_eq!(read_csv(&scores_csv(&rows, &stamp, Form::Exact))[1][0], key);
        let (_, cells) = read_xlsx(&scores_xlsx(&rows, &stamp, Lang::En).unwrap());
        // XML has no bare carriage return; a spreadsheet shows a line end there.
        let shown = Data::String(key.replace('\r', "\n"));
        let same = cells[1][0] == Data::String(key.into()) || cells[1][0] == shown;
        assert!(same, "{key:?} {:?}", cells[1][0]);
        let mut field = Field::new(1, 1);
        (field.targets[0].0.class, field.targets[0].1[0].unit) = (key.into(), key.into());
        let row = &read_csv(&field.csv(&stamp, Form::Guarded))[1];
        assert_eq!((&row[2], &row[9]), (&guarded, &guarded), "{key}");
    }
}

#[test]
fn spreadsheets_have_typed_cells_translated_headers_and_equal_bytes() {
    let stamp = stamp();
    let rows = Field::new(3, 7).scores(&stamp);
    for (lang, title, header) in
        [(Lang::En, "Scores", "Score"), (Lang::ZhCn, "得分", "得分"), (Lang::ZhTw, "得分", "得分")]
    {
        let bytes = scores_xlsx(&rows, &stamp, lang).unwrap();
        assert_eq!(bytes, scores_xlsx(&rows, &stamp, lang).unwrap());
        let (name, cells) = read_xlsx(&bytes);
        assert_eq!((name.as_str(), &cells[0][4]), (title, &Data::String(header.into())));
        assert_eq!(cells.len(), 8);
        assert_eq!(cells[1][0], Data::String("T000/3-1".into()));
        assert_eq!(cells[1][2], Data::Float(rows[0].n as f64));
        assert_eq!(cells[1][4], Data::Float(rows[0].mean.unwrap() as f64 / 100.0));
        assert_eq!(cells[1][15], Data::Bool(false));
        let codes: Vec<String> = cells.iter().skip(1).map(|row| row[13].to_string()).collect();
        assert!(
            codes.iter().all(|code| ["final", "provisional", "withheld"].contains(&code.as_str()))
        );
    }
}

#[test]
fn interviews_carry_answers_design_and_settings_but_no_words_unless_asked() {
    let (stamp, field) = (stamp(), Field::new(5, 7));
    let exact = read_csv(&field.csv(&stamp, Form::Exact));
    let at = |name: &str| exact[0].iter().position(|known| known == name).unwrap();
    assert_eq!(exact[0][..4], ["survey", "target", "class", "stratum"]);
    assert!(exact[0].contains(&"teaching.teaching_care".to_owned()));
    assert!(!exact[0].iter().any(|name| name.starts_with("verbatim")));
    assert_eq!(exact[1][at("thresholds")], "90.00;75.00;60.00");
    assert_eq!(exact[1][at("tier_points")], "10;8;5;0");
    let released = field.targets[0].0.released;
    assert_eq!(exact[1][at("pi")], format!("{released}/40"));
    assert_eq!(exact[1][at("weight")], format!("40/{released}"));
    let visit: Vec<&str> =
        exact.iter().skip(1).map(|row| row[at("contact.contact_visit")].as_str()).collect();
    assert!(
        visit.iter().all(|v| ["10", "7", "3", "0", "dk", "refused", ""].contains(v)),
        "{visit:?}"
    );
    let answered = |word: &str| exact.iter().any(|row| row.iter().any(|cell| cell == word));
    assert!(answered("dk") && answered("refused"));
    let interviews: usize = field.targets.iter().map(|(_, all)| all.len().max(1)).sum();
    assert_eq!(exact.len(), interviews + 1);
    let lone = exact.iter().find(|row| row[at("target")] == "T005/3-1").unwrap();
    assert_eq!((lone[at("case_no")].as_str(), lone[at("N")].as_str()), ("", "0"));
    assert_eq!((lone[at("pi")].as_str(), lone[at("weight")].as_str()), ("", ""));
    let guarded = read_csv(&field.csv(&stamp, Form::Guarded));
    let words = guarded[0].iter().position(|name| name == "verbatim:opinion").unwrap();
    assert_eq!(guarded[1][words], "'=1+1, \"said\"\nthe parent");
}

#[test]
fn interviews_and_attempts_read_back_from_spreadsheets() {
    let (stamp, field) = (stamp(), Field::new(5, 2));
    let layout = Layout::new(&field.questionnaire, &stamp, Words::Included);
    let mut file = InterviewsXlsx::new(layout, Lang::ZhTw).unwrap();
    for (line, interviews) in &field.targets {
        file.push(line, interviews).unwrap();
    }
    let (name, cells) = read_xlsx(&file.finish().unwrap());
    assert_eq!((name.as_str(), cells.len()), ("訪問", 22));
    assert_eq!(cells[0][2], Data::String("班級".into()));
    assert!(matches!(&cells[1][7], Data::String(pi) if pi.ends_with("/40")));
    let attempts = [AttemptLine {
        case_no: 7,
        attempt_no: 1,
        version: 2,
        at_us: 1_772_445_600_000_001,
        outcome: "hard_refusal".into(),
        code: "2.11".into(),
        interviewer: 3,
        phone_no: 1,
    }];
    let mut csv = AttemptsCsv::new(&stamp, Form::Exact);
    csv.push(&attempts);
    let label = &stamp.questionnaire;
    assert_eq!(
        String::from_utf8(csv.take()).unwrap(),
        format!(
            "survey,case_no,attempt_no,version,at,outcome,code,interviewer,phone_no,interim,\
             log_pos,questionnaire,software\nparents,7,1,2,2026-03-02T10:00:00.000001Z,\
             hard_refusal,2.11,3,1,false,1051,{label},{}\n",
            canvass::rules::export::SOFTWARE
        )
    );
    let (name, cells) = read_xlsx(&attempts_xlsx(&attempts, &stamp, Lang::ZhCn).unwrap());
    assert_eq!((name.as_str(), &cells[1][6]), ("拨打记录", &Data::String("2.11".into())));
}
