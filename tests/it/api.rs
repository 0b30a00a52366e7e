//! `docs/api.md` is generated from the comments of the proto files; this test fails when it is not what
//! they say. `UPDATE_DOCS=1 cargo test --test it api` writes it anew. Every call, message and field must
//! have a comment.

use canvass::rpc::{Least, TABLE};
use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, field_descriptor_proto::Type,
};
use std::{collections::HashMap, fmt::Write, fs, path::Path};

const ORDER: [&str; 9] = [
    "types",
    "questionnaire",
    "access",
    "interviewing",
    "supervision",
    "administration",
    "roster",
    "scheme",
    "reporting",
];

const HEAD: &str = "# API

Package `canvass.v1`, generated from the comments in `proto/canvass/v1`; do not edit by hand. Reflection and
the standard health service are on. Stubs for any language come from the proto files alone.

## Calling

- **Metadata.** `authorization: Bearer TOKEN` on every call but SignIn, health and reflection;
  `accept-language: zh-CN` (or zh-TW, en) for messages.
- **Errors.** The status code is for machinery, `google.rpc.ErrorInfo` (domain `canvass`) carries a `reason`
  for programs, `google.rpc.BadRequest` names fields, the message is for people. Missing and forbidden
  objects answer alike: NOT_FOUND.
- **Retry** UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, UNKNOWN, INTERNAL and ABORTED with the **same**
  `request_id`: after 0.2 s, doubled up to 10 s, with jitter, and give up by hand, not by count, where an
  interview is at stake. RESOURCE_EXHAUSTED says in `RetryInfo` how long to wait. Never retry
  INVALID_ARGUMENT, FAILED_PRECONDITION, PERMISSION_DENIED, NOT_FOUND, ALREADY_EXISTS or UNAUTHENTICATED
  unchanged. A message above its limit is refused by the transport with OUT_OF_RANGE, without ErrorInfo.
- **Reasons** of FAILED_PRECONDITION: LEASE_LOST (stop, pull another), ASSIGNMENT_HELD (finish what you hold:
  ListHeldAssignments), QUOTA_FULL (thank and release), SURVEY_STATE (the message says what is missing),
  REQUEST_ID_REUSED (a defect of the client), PASSWORD_CHANGE_REQUIRED, SCHEME_UNPUBLISHED, FRAME_CHANGED,
  NOT_STARTED, TOO_LATE, ALREADY_DECIDED; of RESOURCE_EXHAUSTED: TOO_LARGE, THROTTLED.
- **Empty is not an error**: a pull that finds nothing answers with the reason and when to ask again.

## Limits

| What | Limit |
| --- | --- |
| a message to Access, Interviewing, Supervision, Reporting | 256 KiB |
| a message to Administration | 1 MiB; pieces of a file 64 KiB; a file 2 GiB |
| streams on one connection | 64; headers 16 KiB |
| keepalive | a ping every 30 s, answered within 10 s; a connection lasts an hour |
| a pull's wait | 30 s |
| a lease | 30 to 600 s (90), heartbeat every 20 s |
| a page of a list | 1,000 |
| named strata of a board | 500; its answer 1 MiB |
| sign-ins that fail | 10 in 15 minutes a name |
";

struct Comments(HashMap<Vec<i32>, String>);

impl Comments {
    fn of(file: &FileDescriptorProto) -> Comments {
        let info = file.source_code_info.as_ref().unwrap();
        let text = |l: &prost_types::source_code_info::Location| {
            let lines = l.leading_comments().lines().map(str::trim);
            lines.collect::<Vec<_>>().join(" ").trim().to_owned()
        };
        Comments(info.location.iter().map(|l| (l.path.clone(), text(l))).collect())
    }

    #[track_caller]
    fn at(&self, path: &[i32], what: &str) -> String {
        let found = self.0.get(path).cloned().unwrap_or_default();
        assert!(!found.is_empty(), "{what} has no comment");
        found
    }
}

fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or_default().to_owned()
}

fn kind(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    let plain = field.r#type();
    let base = if matches!(plain, Type::Message | Type::Enum) {
        short(field.type_name())
    } else {
        format!("{plain:?}").to_lowercase()
    };
    let entry = message.nested_type.iter().find(|n| n.name() == base);
    if let Some(entry) = entry.filter(|e| e.options.is_some_and_map_entry()) {
        let value = kind(&entry.field[1], message);
        return format!("map<string, {value}>");
    }
    let repeated = field.label() == prost_types::field_descriptor_proto::Label::Repeated;
    match (repeated, field.proto3_optional()) {
        (true, _) => format!("repeated {base}"),
        (false, true) => format!("optional {base}"),
        (false, false) => base,
    }
}

trait MapEntry {
    fn is_some_and_map_entry(&self) -> bool;
}

impl MapEntry for Option<prost_types::MessageOptions> {
    fn is_some_and_map_entry(&self) -> bool {
        self.as_ref().is_some_and(|o| o.map_entry())
    }
}

fn message(out: &mut String, m: &DescriptorProto, at: i32, comments: &Comments) {
    let about = comments.at(&[4, at], m.name());
    writeln!(out, "\n#### {}\n\n{about}\n", m.name()).unwrap();
    if m.field.is_empty() {
        return;
    }
    out.push_str("| No | Field | Type | |\n| --- | --- | --- | --- |\n");
    for (number, field) in (0..).zip(&m.field) {
        let what = format!("{}.{}", m.name(), field.name());
        let about = comments.at(&[4, at, 2, number], &what).replace('|', "\\|");
        let kind = kind(field, m);
        writeln!(out, "| {} | `{}` | {kind} | {about} |", field.number(), field.name()).unwrap();
    }
}

fn enumeration(out: &mut String, e: &EnumDescriptorProto, at: i32, comments: &Comments) {
    let about = comments.at(&[5, at], e.name());
    writeln!(out, "\n#### {}\n\n{about}\n", e.name()).unwrap();
    out.push_str("| No | Value | |\n| --- | --- | --- |\n");
    for (number, value) in (0..).zip(&e.value) {
        let about = comments.at(&[5, at, 2, number], value.name());
        writeln!(out, "| {} | `{}` | {about} |", value.number(), value.name()).unwrap();
    }
}

fn service(out: &mut String, file: &FileDescriptorProto, comments: &Comments) {
    for (at, service) in (0..).zip(&file.service) {
        let about = comments.at(&[6, at], service.name());
        writeln!(out, "\n## {}\n\n{about}\n", service.name()).unwrap();
        out.push_str("| Call | Least role | |\n| --- | --- | --- |\n");
        for (number, method) in (0..).zip(&service.method) {
            let about = comments.at(&[6, at, 2, number], method.name()).replace('|', "\\|");
            let name = format!("{}/{}", service.name(), method.name());
            let least = TABLE.iter().find(|(known, _)| *known == name).unwrap().1;
            let least = match least {
                Least::Nobody => "none".to_owned(),
                Least::Role(role) => format!("{role:?}").to_lowercase(),
            };
            let stream = match (method.client_streaming(), method.server_streaming()) {
                (true, _) => " (client stream)",
                (_, true) => " (server stream)",
                (false, false) => "",
            };
            writeln!(out, "| `{}`{stream} | {least} | {about} |", method.name()).unwrap();
        }
    }
}

fn generate() -> String {
    let set = FileDescriptorSet::decode(canvass_proto::FILE_DESCRIPTOR_SET).unwrap();
    let mut out = HEAD.to_owned();
    for part in ORDER {
        let wanted = format!("canvass/v1/{part}.proto");
        let file = set.file.iter().find(|f| f.name() == wanted).unwrap();
        let comments = Comments::of(file);
        let title = match part {
            "types" => "Shared words",
            "questionnaire" => "Questionnaires",
            "roster" => "Rosters",
            "scheme" => "Scoring schemes",
            _ => "",
        };
        if !title.is_empty() {
            writeln!(out, "\n## {title}").unwrap();
        }
        service(&mut out, file, &comments);
        for (at, e) in (0..).zip(&file.enum_type) {
            enumeration(&mut out, e, at, &comments);
        }
        for (at, m) in (0..).zip(&file.message_type) {
            message(&mut out, m, at, &comments);
        }
    }
    out
}

#[test]
fn the_api_page_says_what_the_proto_files_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.md");
    let made = generate();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == made,
        "docs/api.md is not what the proto files say: UPDATE_DOCS=1 cargo test --test it api"
    );
}

#[test]
fn the_event_of_the_log_is_the_event_of_the_proto() {
    use canvass::model::Event;
    use canvass_proto::v1::EventBody;
    let event = Event {
        survey_id: 1,
        log_pos: 2,
        at_us: 3,
        user_id: 4,
        kind: "lease".into(),
        case_no: 5,
        epoch: 6,
        attempt_no: 7,
        version: 8,
        code: "1.1".into(),
        cell_no: 9,
        content_sha256: vec![1, 2],
        reason: "r".into(),
        detail: "d".into(),
    };
    let bytes = event.encode_to_vec();
    let body = EventBody::decode(&bytes[..]).unwrap();
    assert_eq!((body.kind.as_str(), body.cell_no, body.detail.as_str()), ("lease", 9, "d"));
    assert_eq!(body.encode_to_vec(), bytes, "what a commitment covers");
}
