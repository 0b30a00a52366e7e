//! One change, as the append-only log keeps it. It holds numbers and hashes, no personal data, so
//! that the log outlives the deletion of a person.

/// The body of an event; its protobuf bytes (fields in number order, no maps) are what a
/// commitment covers. Mirrored as `EventBody` in the proto package; numbers never change.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    /// The survey; 0 = the installation (users, tokens).
    #[prost(int64, tag = "1")]
    pub survey_id: i64,
    /// Position, contiguous and in commit order.
    #[prost(int64, tag = "2")]
    pub log_pos: i64,
    /// When.
    #[prost(int64, tag = "3")]
    pub at_us: i64,
    /// Who.
    #[prost(int64, tag = "4")]
    pub user_id: i64,
    /// What: `lease`, `submit`, `freeze` …
    #[prost(string, tag = "5")]
    pub kind: String,
    /// The case, 0 if none.
    #[prost(int64, tag = "6")]
    pub case_no: i64,
    /// Its epoch.
    #[prost(int64, tag = "7")]
    pub epoch: i64,
    /// The dial, 0 if none.
    #[prost(int64, tag = "8")]
    pub attempt_no: i64,
    /// Version of the dial or interview.
    #[prost(int64, tag = "9")]
    pub version: i64,
    /// Disposition code or status.
    #[prost(string, tag = "10")]
    pub code: String,
    /// The cell, 0 if none.
    #[prost(int64, tag = "11")]
    pub cell_no: i64,
    /// SHA-256 of the content (answers, file, questionnaire …).
    #[prost(bytes = "vec", tag = "12")]
    pub content_sha256: Vec<u8>,
    /// Reason given by the one who acted.
    #[prost(string, tag = "13")]
    pub reason: String,
    /// Numbers worth keeping, `key=value` separated by spaces.
    #[prost(string, tag = "14")]
    pub detail: String,
}
