//! Compiles the proto files with protox (no protoc needed) and keeps the descriptor set, comments
//! included, for reflection and for the generated API page.

use prost::Message;
use std::{env, fs, path::PathBuf};

const FILES: [&str; 9] = [
    "canvass/v1/questionnaire.proto",
    "canvass/v1/roster.proto",
    "canvass/v1/scheme.proto",
    "canvass/v1/types.proto",
    "canvass/v1/access.proto",
    "canvass/v1/interviewing.proto",
    "canvass/v1/supervision.proto",
    "canvass/v1/administration.proto",
    "canvass/v1/reporting.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=canvass/v1");
    let set = protox::Compiler::new(["."])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(FILES)?
        .file_descriptor_set();
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("canvass.bin"), set.encode_to_vec())?;
    tonic_prost_build::configure().btree_map(".").compile_fds(set)?;
    Ok(())
}
