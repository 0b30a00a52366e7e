//! What is public stays as it is: no field renumbered or retyped, no call taken away, no migration
//! edited. `tests/published.txt` lists all of it; `UPDATE_DOCS=1` adds what is new and never takes a
//! line out.

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fs, path::Path};

fn field(of: &str, f: &FieldDescriptorProto) -> String {
    let label = if f.label() == Label::Repeated { "repeated " } else { "" };
    let kind = if matches!(f.r#type(), Type::Message | Type::Enum) {
        f.type_name().trim_start_matches('.').to_owned()
    } else {
        f.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase()
    };
    format!("{of}.{} = {} {label}{kind}", f.name(), f.number())
}

fn enumeration(out: &mut BTreeSet<String>, of: &str, e: &EnumDescriptorProto) {
    for value in &e.value {
        out.insert(format!("{of}.{} {} = {}", e.name(), value.name(), value.number()));
    }
}

fn message(out: &mut BTreeSet<String>, of: &str, m: &DescriptorProto) {
    let name = format!("{of}.{}", m.name());
    out.extend(m.field.iter().map(|f| field(&name, f)));
    m.nested_type.iter().for_each(|inner| message(out, &name, inner));
    m.enum_type.iter().for_each(|e| enumeration(out, &name, e));
}

fn now() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(canvass_proto::FILE_DESCRIPTOR_SET).unwrap();
    let mut out = BTreeSet::new();
    for file in set.file.iter().filter(|f| f.package() == "canvass.v1") {
        file.message_type.iter().for_each(|m| message(&mut out, file.package(), m));
        file.enum_type.iter().for_each(|e| enumeration(&mut out, file.package(), e));
        for service in &file.service {
            for call in &service.method {
                let stream = |on: bool| if on { "stream " } else { "" };
                out.insert(format!(
                    "{}.{}.{} ({}{}) returns ({}{})",
                    file.package(),
                    service.name(),
                    call.name(),
                    stream(call.client_streaming()),
                    call.input_type().trim_start_matches('.'),
                    stream(call.server_streaming()),
                    call.output_type().trim_start_matches('.'),
                ));
            }
        }
    }
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // the others are run by hand, once
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            let hash = hex::encode(Sha256::digest(fs::read(&path).unwrap()));
            out.insert(format!("migrations/{name} {hash}"));
        }
    }
    out
}

#[test]
fn what_is_public_stays_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published.txt");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let published: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let now = now();
    let changed: Vec<_> = published.difference(&now).collect();
    assert!(changed.is_empty(), "changed or taken away: {changed:#?}");
    let new: Vec<_> = now.difference(&published).collect();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let all: Vec<_> = now.iter().cloned().collect();
        fs::write(&path, all.join("\n") + "\n").unwrap();
    } else {
        assert!(new.is_empty(), "not listed yet (UPDATE_DOCS=1 adds it): {new:#?}");
    }
}
