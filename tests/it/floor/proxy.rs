//! A line that fails: a TCP proxy whose connections are late, cut, reset, dead in one direction, silent
//! for a while or opened twice. What befalls a connection is drawn from a seed when it is opened.

use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha20Rng;
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    ops::Range,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{mpsc, watch},
    time::Instant,
};

/// What can befall a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Every piece arrives late, until the line is cut.
    Late,
    /// Closed in the middle of what is being sent.
    Cut,
    /// Closed with a reset.
    Reset,
    /// What the client sends is lost, for good, and nobody is told.
    Deaf,
    /// What the server sends is lost, for good, and nobody is told.
    Mute,
    /// Nothing arrives for a while, in both directions; then all of it does.
    Silent,
    /// The server sees two connections, with the same words.
    Twice,
}

pub const FAULTS: [Fault; 7] =
    [Fault::Late, Fault::Cut, Fault::Reset, Fault::Deaf, Fault::Mute, Fault::Silent, Fault::Twice];

/// Where the line leads.
#[derive(Clone, Debug)]
pub enum Far {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// How a line fails.
#[derive(Clone, Debug)]
pub struct Temper {
    pub seed: u64,
    /// Bytes after which it does.
    pub after: Range<usize>,
    /// How many of the first bytes the second connection of [`Fault::Twice`] repeats.
    pub twice: usize,
}

struct Shared {
    far: Far,
    temper: Temper,
    /// Faults happen.
    storm: AtomicBool,
    /// What is dealt next: every fault once, shuffled, then again.
    deck: Mutex<(ChaCha20Rng, Vec<Fault>)>,
    happened: Mutex<BTreeMap<Fault, usize>>,
    /// Ends with the proxy, and everything that is held open does then.
    ended: watch::Sender<()>,
}

/// See the module.
pub struct Proxy {
    pub at: SocketAddr,
    shared: Arc<Shared>,
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;
type Writer = Pin<Box<dyn AsyncWrite + Send>>;

impl Proxy {
    pub async fn new(far: Far, temper: Temper) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let rng = ChaCha20Rng::seed_from_u64(temper.seed);
        let shared = Arc::new(Shared {
            far,
            temper,
            storm: AtomicBool::new(false),
            deck: Mutex::new((rng, Vec::new())),
            happened: Mutex::default(),
            ended: watch::Sender::new(()),
        });
        let (held, mut ended) = (Arc::downgrade(&shared), shared.ended.subscribe());
        tokio::spawn(async move {
            loop {
                let client = tokio::select! {
                    client = listener.accept() => client,
                    _ = ended.changed() => return,
                };
                let (Ok((client, _)), Some(shared)) = (client, held.upgrade()) else { return };
                let mut ended = ended.clone();
                tokio::spawn(async move {
                    let line = line(client, shared);
                    tokio::select! { _ = line => {}, _ = ended.changed() => {} }
                });
            }
        });
        Proxy { at, shared }
    }

    /// Faults begin, on connections that are open already too.
    pub fn storm(&self) {
        self.shared.storm.store(true, Ordering::SeqCst);
    }

    /// No new faults; a line that is dead stays so.
    pub fn calm(&self) {
        self.shared.storm.store(false, Ordering::SeqCst);
    }

    /// How often each fault has happened.
    pub fn happened(&self) -> BTreeMap<Fault, usize> {
        self.shared.happened.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.send_replace(());
    }
}

impl Shared {
    /// What befalls the next connection, after how many bytes, for how long, and whether of the client's.
    fn deal(&self) -> (Fault, usize, Duration, bool) {
        let mut deck = self.deck.lock().unwrap();
        let (rng, cards) = &mut *deck;
        if cards.is_empty() {
            cards.extend(FAULTS);
            cards.shuffle(rng);
        }
        let fault = cards.pop().unwrap();
        let after = rng.random_range(self.temper.after.clone());
        let long = Duration::from_millis(rng.random_range(200..2500));
        (fault, after, long, rng.random())
    }

    async fn far(&self) -> io::Result<(Reader, Writer)> {
        Ok(match &self.far {
            Far::Tcp(address) => {
                let (read, write) = TcpStream::connect(address).await?.into_split();
                (Box::pin(read), Box::pin(write))
            }
            Far::Unix(path) => {
                let (read, write) = UnixStream::connect(path).await?.into_split();
                (Box::pin(read), Box::pin(write))
            }
        })
    }

    fn happens(&self, fault: Fault) {
        *self.happened.lock().unwrap().entry(fault).or_default() += 1;
    }
}

/// One direction of a connection.
struct Way {
    from: Reader,
    to: Writer,
    /// Bytes that pass in a storm before the fault happens; none: it happens on the other way.
    due: Option<usize>,
    /// Where what passes is told to, too.
    echo: Option<mpsc::UnboundedSender<Vec<u8>>>,
    /// Its fault has happened.
    spent: bool,
}

/// What was dealt to a connection.
struct Lot {
    fault: Fault,
    after: usize,
    long: Duration,
    /// Nothing arrives before it, on both ways.
    silent_until: Mutex<Instant>,
}

impl Lot {
    async fn hold(&self) {
        let until = *self.silent_until.lock().unwrap();
        tokio::time::sleep_until(until).await;
    }
}

impl Way {
    /// Carries what is sent; an error ends the connection both ways.
    async fn carry(mut self, shared: &Shared, lot: &Lot) -> io::Result<()> {
        let mut piece = vec![0; 16 * 1024];
        loop {
            let read = self.from.read(&mut piece).await?;
            lot.hold().await;
            if read == 0 {
                return self.to.shutdown().await;
            }
            let storm = shared.storm.load(Ordering::SeqCst);
            // what breaks off does so in the middle of a message, not between two
            let left = self.due.filter(|_| storm);
            let passes = left.map_or(read, |left| left.min(read));
            if storm && lot.fault == Fault::Late {
                tokio::time::sleep(lot.long / 40).await;
            }
            if let Some(echo) = &self.echo {
                // the other connection may have ended
                let _ = echo.send(piece[..passes].to_vec());
            }
            self.to.write_all(&piece[..passes]).await?;
            let Some(left) = left else { continue };
            self.due = Some(left - passes);
            if left > passes {
                continue;
            }
            self.due = Some(lot.after);
            if lot.fault != Fault::Twice && !self.spent {
                shared.happens(lot.fault);
            }
            match lot.fault {
                // a line that was silent once breaks off the next time
                Fault::Silent if std::mem::replace(&mut self.spent, true) => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Fault::Late | Fault::Cut | Fault::Reset | Fault::Twice => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Fault::Deaf | Fault::Mute => {
                    while self.from.read(&mut piece).await? > 0 {}
                    // whoever listens is not told of the end
                    std::future::pending::<()>().await;
                }
                Fault::Silent => {
                    *lot.silent_until.lock().unwrap() = Instant::now() + lot.long;
                    lot.hold().await;
                    self.to.write_all(&piece[passes..read]).await?;
                }
            }
        }
    }
}

/// Carries one connection, and does to it what was dealt.
async fn line(client: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let (fault, after, long, up_first) = shared.deal();
    client.set_nodelay(true)?;
    if fault == Fault::Reset {
        client.set_zero_linger()?;
    }
    let (far_read, far_write) = shared.far().await?;
    let (near_read, near_write) = client.into_split();
    let mut echo = None;
    if fault == Fault::Twice && shared.storm.load(Ordering::SeqCst) {
        let (tell, told) = mpsc::unbounded_channel();
        echo = Some(tell);
        shared.happens(fault);
        tokio::spawn(again(shared.clone(), told));
    }
    let goes_up = fault == Fault::Deaf || (fault != Fault::Mute && up_first);
    let (near_read, near_write): (Reader, Writer) = (Box::pin(near_read), Box::pin(near_write));
    let up =
        Way { from: near_read, to: far_write, due: goes_up.then_some(after), echo, spent: false };
    let down = Way {
        from: far_read,
        to: near_write,
        due: (!goes_up).then_some(after),
        echo: None,
        spent: false,
    };
    let lot = Lot { fault, after, long, silent_until: Mutex::new(Instant::now()) };
    tokio::try_join!(up.carry(&shared, &lot), down.carry(&shared, &lot)).map(drop)
}

/// A second connection that says what the first one says, and whose answers nobody reads.
async fn again(shared: Arc<Shared>, mut told: mpsc::UnboundedReceiver<Vec<u8>>) -> io::Result<()> {
    let (mut read, mut write) = shared.far().await?;
    let drain =
        tokio::spawn(async move { tokio::io::copy(&mut read, &mut tokio::io::sink()).await });
    let mut left = shared.temper.twice;
    while let Some(piece) = told.recv().await {
        let passes = left.min(piece.len());
        write.write_all(&piece[..passes]).await?;
        left -= passes;
        if left == 0 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    drain.abort();
    Ok(())
}
