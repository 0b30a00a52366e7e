//! The streams of an import: the file in, the report and the rejected lines out.

use super::door::Write;
use crate::desk::{Desk, ImportOrder, ImportReport};
use crate::error::{Error, Result};
use crate::model::Caller;
use crate::msg;
use canvass_proto::v1::{self, import_roster_request::Part};
use sha2::{Digest, Sha256};
use std::pin::Pin;
use tokio::io::AsyncWriteExt;
use tokio_stream::{Stream, StreamExt};
use tonic::{Status, Streaming};

type Outflow<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

/// Largest piece of a file.
const PIECE_MAX: usize = 64 * 1024;
/// Largest file.
const FILE_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// A file on its way in: written to a private place that is removed with the value.
struct Spool {
    file: tokio::fs::File,
    path: tempfile::TempPath,
    hash: Sha256,
    size: u64,
}

impl Spool {
    fn new() -> Result<Spool> {
        let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
        let file = tokio::fs::File::from_std(file);
        Ok(Spool { file, path, hash: Sha256::new(), size: 0 })
    }

    async fn add(&mut self, piece: &[u8]) -> Result<()> {
        if piece.len() > PIECE_MAX {
            return Err(Error::invalid("chunk", msg!("import.chunk", max = PIECE_MAX)));
        }
        self.size += piece.len() as u64;
        if self.size > FILE_MAX {
            return Err(Error::invalid("chunk", msg!("import.file_size")));
        }
        self.hash.update(piece);
        self.file.write_all(piece).await?;
        Ok(())
    }
}

/// Takes the header, spools the file, imports it.
pub async fn import(
    desk: &Desk,
    who: &Caller,
    mut stream: Streaming<v1::ImportRosterRequest>,
) -> Result<v1::ImportRosterResponse> {
    let broken = |e: Status| Error::invalid("stream", msg!("import.broken", why = e.code()));
    let first = stream.message().await.map_err(broken)?.and_then(|m| m.part);
    let Some(Part::Header(header)) = first else {
        return Err(Error::invalid("header", msg!("import.header_first")));
    };
    desk.reach(who, header.survey_id).await?;
    let id = header.key("ImportRoster")?;
    let mut spool = Spool::new()?;
    while let Some(message) = stream.message().await.map_err(broken)? {
        match message.part {
            Some(Part::Chunk(piece)) => spool.add(&piece).await?,
            Some(Part::Header(_)) | None => {
                return Err(Error::invalid("header", msg!("import.header_first")));
            }
        }
    }
    spool.file.flush().await?;
    let file_sha256: [u8; 32] = spool.hash.finalize().into();
    // the file is part of the request: the same id with another file is another request
    let sha256 = crate::desk::sha256(&[&id.sha256[..], &file_sha256].concat());
    let key = crate::model::RequestKey { sha256, ..id };
    let order = ImportOrder {
        survey_id: header.survey_id,
        kind: header.kind.into(),
        file_name: header.file_name,
        sheet: header.sheet,
        mapping: header.mapping,
        replace: header.mode == v1::ImportMode::Replace as i32,
        strict: header.strict,
        allow_phone_lines: header.allow_phone_lines.into_iter().collect(),
        area_code: header.area_code,
    };
    let row = desk.import(who, &key, &order, &spool.path, &hex::encode(file_sha256)).await?;
    let report = desk.import_report(order.survey_id, row.import_no, who.lang).await?;
    Ok(v1::ImportRosterResponse { report: Some(shown(report)) })
}

fn shown(r: ImportReport) -> v1::Import {
    let problem = |p: crate::desk::ImportProblem| v1::ImportProblem {
        sheet: p.sheet,
        line: p.line,
        column: p.column,
        kind: p.kind.to_owned(),
        code: p.code,
        message: p.message,
    };
    let stratum = |s: crate::desk::ShownStratum| v1::ImportStratum {
        name: s.name,
        teacher: s.teacher,
        read: s.read,
        rejected: s.rejected,
        place: s.place,
    };
    v1::Import {
        import_no: r.row.import_no,
        kind: i32::try_from(r.row.kind).unwrap_or_default(),
        file_name: r.row.file_name,
        file_sha256: r.row.file_sha256,
        status: r.row.status,
        accepted: r.row.accepted,
        unchanged: r.row.unchanged,
        rejected: r.row.rejected,
        held: r.row.held,
        ignored: r.row.ignored,
        problems: r.problems.into_iter().map(problem).collect(),
        problem_count: r.row.problem_count,
        columns: r.detail.columns,
        log_pos: r.log_pos,
        encoding: r.detail.encoding,
        strata: r.detail.shown.into_iter().map(stratum).collect(),
    }
}

/// The report, then the rejected lines in pieces.
pub async fn get(
    desk: &Desk,
    who: &Caller,
    m: &v1::GetImportRequest,
) -> Result<Outflow<v1::GetImportResponse>> {
    use v1::get_import_response::Part;
    let report = desk.import_report(m.survey_id, m.import_no, who.lang).await?;
    let file = if m.with_rejected {
        desk.rejected_file(who, m.survey_id, &report.row).await?
    } else {
        Vec::new()
    };
    let mut parts = vec![Part::Report(shown(report))];
    parts.extend(file.chunks(PIECE_MAX).map(|piece| Part::RejectedChunk(piece.to_vec())));
    let stream = tokio_stream::iter(parts);
    Ok(Box::pin(stream.map(|part| Ok(v1::GetImportResponse { part: Some(part) }))))
}

/// Cuts a file into messages.
pub fn pieces<T: Send + 'static>(
    file: Vec<u8>,
    message: impl Fn(Vec<u8>) -> T + Send + 'static,
) -> Outflow<T> {
    let pieces: Vec<Vec<u8>> = file.chunks(PIECE_MAX).map(<[u8]>::to_vec).collect();
    Box::pin(tokio_stream::iter(pieces).map(move |piece| Ok(message(piece))))
}
