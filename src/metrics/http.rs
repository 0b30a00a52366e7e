//! As much of HTTP/1.1 as a scrape needs: one short request a connection, one answer, within a
//! deadline.

use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longest request, its headers included.
const REQUEST_MAX: usize = 4096;
/// A request must have come within this time.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// An answer must have been taken within this time.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `GET /metrics`.
    Metrics,
    /// Another path.
    NotFound,
    /// Another method.
    NotAllowed,
    /// No request at all, or a very long one.
    Bad,
}

/// Reads the head of a request; `None`: it did not come in time, or its sender has gone.
pub async fn asked(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut head = Vec::with_capacity(512);
    let reading = async {
        let mut most = stream.take(REQUEST_MAX as u64);
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if most.read_buf(&mut head).await? == 0 {
                break;
            }
        }
        io::Result::Ok(())
    };
    timeout(READ_WITHIN, reading).await.ok()?.ok()?;
    if head.is_empty() { None } else { Some(judge(&head)) }
}

fn judge(head: &[u8]) -> Asked {
    let whole = head.windows(4).any(|end| end == b"\r\n\r\n");
    let line = head.split(|byte| *byte == b'\r').next().and_then(|line| str::from_utf8(line).ok());
    let words: Vec<&str> = line.unwrap_or_default().split(' ').collect();
    let [method, target, version] = words[..] else { return Asked::Bad };
    if !whole || !version.starts_with("HTTP/1.") {
        return Asked::Bad;
    }
    match (method, target.split('?').next()) {
        ("GET", Some("/metrics")) => Asked::Metrics,
        ("GET", _) => Asked::NotFound,
        _ => Asked::NotAllowed,
    }
}

/// Answers and closes the connection.
pub async fn answer(stream: &mut TcpStream, status: u16, body: &str) {
    let (words, more) = match status {
        200 => ("OK", "content-type: text/plain; version=0.0.4; charset=utf-8\r\n"),
        400 => ("Bad Request", ""),
        404 => ("Not Found", ""),
        405 => ("Method Not Allowed", "allow: GET\r\n"),
        _ => ("Internal Server Error", ""),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} {words}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // a client that takes nothing, or has gone, needs no more of us
    let _ = timeout(WRITE_WITHIN, write(stream, &head, body)).await;
}

async fn write(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    head: &str,
    body: &str,
) -> io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await?;
    // what was sent and not read would make the system throw our answer away
    let mut rest = stream.take(64 * REQUEST_MAX as u64);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(drop)
}
