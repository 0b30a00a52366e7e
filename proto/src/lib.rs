//! The gRPC interface of canvass as generated from `proto/canvass/v1`.
//!
//! Desktop clients may depend on this crate alone; the comments in the proto files are the
//! documentation of every message and call.

/// Package `canvass.v1`: messages, clients and server traits.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    tonic::include_proto!("canvass.v1");
}

/// The compiled descriptor set (with comments), as served by reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/canvass.bin"));
