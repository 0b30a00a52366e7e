//! What calls came to and how long they took: one layer around every service, streams included. A
//! call costs a look at a fixed table and a handful of atomics; where nobody asks for it, nothing.

use super::roles::TABLE;
use crate::meter::{Histogram, Seen};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

/// Codes of gRPC by their number, as the protocol writes them.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
/// Codes that are shown before they first happen, so that the first one is seen as a rise.
const EXPECTED: [Code; 3] = [Code::Ok, Code::Internal, Code::Unavailable];
/// Upper bounds of latencies, microseconds: 1 ms to 10 s.
const BOUNDS_US: [u64; 13] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];
/// Health, reflection, and whatever is asked for that is not there.
const OTHER: &str = "other";

struct Method {
    name: &'static str,
    codes: [AtomicU64; CODES.len()],
    latency: Histogram<13>,
    under_way: AtomicU64,
}

impl Method {
    fn new(name: &'static str) -> Method {
        Method {
            name,
            codes: Default::default(),
            latency: Histogram::new(BOUNDS_US),
            under_way: AtomicU64::new(0),
        }
    }
}

/// The calls of a server since it began.
pub struct Calls {
    /// Every method of the table, then all others together.
    methods: Vec<Method>,
    by_name: HashMap<&'static str, usize>,
}

/// The calls of one method as they stood.
#[derive(Clone, Debug)]
pub struct MethodView {
    /// `Service/Method`, or `other`.
    pub name: &'static str,
    /// Code and how many calls came to it.
    pub codes: Vec<(&'static str, u64)>,
    /// Time to the first answer, microseconds.
    pub latency: Seen,
    /// Calls under way.
    pub under_way: u64,
}

impl Default for Calls {
    fn default() -> Calls {
        let names = TABLE.iter().map(|(name, _)| *name);
        Calls {
            methods: names.clone().chain([OTHER]).map(Method::new).collect(),
            by_name: names.enumerate().map(|(at, name)| (name, at)).collect(),
        }
    }
}

impl Calls {
    /// Every method as it stands.
    pub fn view(&self) -> impl Iterator<Item = MethodView> {
        self.methods.iter().map(|method| {
            let codes = CODES.iter().enumerate().filter_map(|(number, word)| {
                let count = method.codes.get(number)?.load(Ordering::Relaxed);
                let shown = count > 0 || EXPECTED.iter().any(|code| *code as usize == number);
                shown.then_some((*word, count))
            });
            MethodView {
                name: method.name,
                codes: codes.collect(),
                latency: method.latency.seen(),
                under_way: method.under_way.load(Ordering::Relaxed),
            }
        })
    }

    /// The place of a path in the table, without making anything.
    fn place(&self, path: &str) -> usize {
        let name = path.strip_prefix("/canvass.v1.").unwrap_or_default();
        self.by_name.get(name).copied().unwrap_or(TABLE.len())
    }

    fn begin(self: &Arc<Self>, path: &str) -> Call {
        let at = self.place(path);
        let call = Call { calls: self.clone(), at, began: Instant::now(), stage: Stage::Begun };
        if let Some(method) = call.method() {
            method.under_way.fetch_add(1, Ordering::Relaxed);
        }
        call
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begun,
    Answered,
    Ended,
}

/// One call; dropped before its end, its client has gone.
struct Call {
    calls: Arc<Calls>,
    at: usize,
    began: Instant,
    stage: Stage,
}

impl Call {
    fn method(&self) -> Option<&Method> {
        self.calls.methods.get(self.at)
    }

    /// The first answer is on its way.
    fn answered(&mut self) {
        if self.stage == Stage::Begun {
            self.stage = Stage::Answered;
            let us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            if let Some(method) = self.method() {
                method.latency.note(us);
            }
        }
    }

    fn ended(&mut self, code: Code) {
        self.answered();
        if self.stage != Stage::Ended {
            self.stage = Stage::Ended;
            if let Some(method) = self.method() {
                method.under_way.fetch_sub(1, Ordering::Relaxed);
                if let Some(count) = method.codes.get(code as usize) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.ended(Code::Cancelled);
    }
}

/// The code in headers or trailers, if they have one.
fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}

/// Puts [`Counted`] around services; without calls to count in it does nothing.
#[derive(Clone, Default)]
pub struct CountCalls(pub Option<Arc<Calls>>);

impl<S> Layer<S> for CountCalls {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, calls: self.0.clone() }
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    calls: Option<Arc<Calls>>,
}

impl<S> Service<Request<Body>> for Counted<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Answer>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call = self.calls.as_ref().map(|calls| calls.begin(request.uri().path()));
        Answering { inner: self.inner.call(request), call }
    }
}

pin_project_lite::pin_project! {
    /// A call that is being answered.
    pub struct Answering<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Answer>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match ready!(this.inner.poll(context)) {
            Ok(response) => response,
            Err(error) => {
                if let Some(call) = this.call.as_mut() {
                    call.ended(Code::Unknown);
                }
                return Poll::Ready(Err(error));
            }
        };
        let mut call = this.call.take();
        // an answer that is nothing but a status has it in its headers
        if let (Some(call), Some(code)) = (call.as_mut(), code(response.headers())) {
            call.ended(code);
        }
        Poll::Ready(Ok(response.map(|inner| Answer { inner, call })))
    }
}

/// An answer on its way: its first message, and the status at its end.
pub struct Answer {
    inner: Body,
    call: Option<Call>,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(call) = self.call.as_mut() {
            match &frame {
                Some(Ok(frame)) => match frame.trailers_ref() {
                    Some(trailers) => call.ended(code(trailers).unwrap_or(Code::Unknown)),
                    None => call.answered(),
                },
                Some(Err(status)) => call.ended(status.code()),
                None => call.ended(Code::Unknown),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
