//! The harness: throwaway databases, a real server on a real port, users made by the same calls as
//! everybody's.

pub mod child;
pub mod cluster;
pub mod db;
pub mod pair;
pub mod proxy;
pub mod school;
pub mod shift;
pub mod worker;

use canvass::{
    chance::Chance,
    clock::Clock,
    desk::Desk,
    rpc::{Calls, Listen, serve},
    store::{Durability, Migrate, Store},
};
use canvass_proto::v1::{self, access_service_client::AccessServiceClient};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::{Code, Request, Status, transport::Channel};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

pub const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// Monday 2026-03-02 18:00 in Shanghai.
pub const EVENING_US: i64 = 1_772_445_600_000_000;
pub const SECOND_US: i64 = 1_000_000;
pub const MINUTE_US: i64 = 60 * SECOND_US;

pub const PASSWORD: &str = "correct horse battery";

/// A database that is thrown away with the value.
pub struct Place {
    pub url: String,
    pub dir: tempfile::TempDir,
}

impl Place {
    pub fn new(kind: Kind) -> Place {
        let dir = tempfile::Builder::new().prefix("cv").tempdir().unwrap();
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", dir.path().join("canvass.db").display()),
            Kind::Postgres => cluster::fresh_database(),
        };
        Place { url, dir }
    }

    pub async fn open(&self) -> Store {
        hear();
        // NORMAL: these tests kill processes, not machines
        Store::open(&self.url, Migrate::Auto, Durability::Normal).await.unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// Lets this process hear PostgreSQL's warnings, as every program must.
pub fn hear() {
    use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(canvass::store::notices()).init());
}

/// What a call is answered, asked again while the server says that it is busy, as every client does.
pub async fn answered<T>(mut call: impl AsyncFnMut() -> Result<T, Status>) -> T {
    let began = Instant::now();
    loop {
        match call().await {
            Err(status) if status.code() == Code::Unavailable && began.elapsed().as_secs() < 60 => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            answer => return answer.unwrap(),
        }
    }
}

/// A server somewhere, and its administrator's token.
#[derive(Clone)]
pub struct Site {
    pub address: SocketAddr,
    pub admin: String,
}

impl Site {
    /// A user with a long-lived token and no password of its own: for tests with many of them.
    pub async fn token_of(&self, name: &str, survey_id: i64, admin: &str) -> String {
        let mut access = self.access().await;
        let request = v1::CreateUserRequest {
            request_id: id(),
            name: name.into(),
            role: v1::Role::Interviewer as i32,
            survey_ids: vec![survey_id],
        };
        let made = access.create_user(with(admin, request)).await.unwrap().into_inner();
        let user_id = made.user.unwrap().user_id;
        let request =
            v1::CreateTokenRequest { request_id: id(), user_id, days: 300, label: "test".into() };
        access.create_token(with(admin, request)).await.unwrap().into_inner().token
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    pub async fn access(&self) -> AccessServiceClient<Channel> {
        AccessServiceClient::new(self.channel().await)
    }

    /// Signs in and returns the token.
    pub async fn sign_in(&self, name: &str, secret: &str, new_password: &str) -> String {
        let request = v1::SignInRequest {
            name: name.into(),
            secret: secret.into(),
            new_password: new_password.into(),
        };
        let mut access = self.access().await;
        answered(async || access.sign_in(request.clone()).await).await.into_inner().token
    }

    /// Makes a user by the same calls as everybody's; its number and a token.
    pub async fn user(&self, name: &str, role: v1::Role, surveys: &[i64]) -> (i64, String) {
        let request = v1::CreateUserRequest {
            request_id: id(),
            name: name.into(),
            role: role as i32,
            survey_ids: surveys.to_vec(),
        };
        let made = self.access().await.create_user(with(&self.admin, request)).await.unwrap();
        let made = made.into_inner();
        let token = self.sign_in(name, &made.one_time_secret, PASSWORD).await;
        (made.user.unwrap().user_id, token)
    }
}

/// A running server with a manual clock and a seeded source of chance.
pub struct Floor {
    pub site: Site,
    pub place: Place,
    pub desk: Desk,
    /// What its calls came to.
    pub calls: Arc<Calls>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Floor {
    pub async fn new(kind: Kind) -> Floor {
        Floor::at(Place::new(kind)).await
    }

    pub async fn at(place: Place) -> Floor {
        let mut floor = Floor::started(place).await;
        let secret = floor.desk.first_user().await.unwrap().unwrap();
        floor.admin = floor.sign_in("admin", &secret, PASSWORD).await;
        floor
    }

    /// A server on a database that has been served before.
    pub async fn again(place: Place) -> Floor {
        let mut floor = Floor::started(place).await;
        floor.admin = floor.sign_in("admin", PASSWORD, "").await;
        floor
    }

    async fn started(place: Place) -> Floor {
        let store = place.open().await;
        let clock = Clock::manual(EVENING_US);
        let desk = Desk::open(store, [7; 32], clock, Chance::seeded([9; 32])).await.unwrap();
        desk.set_reader(env!("CARGO_BIN_EXE_canvass").into());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let calls = Arc::new(Calls::default());
        let (serving, counting) = (desk.clone(), Some(calls.clone()));
        let serving = tokio::spawn(async move {
            let listen = Listen { listener, tls: None, calls: counting };
            serve(serving, listen, async move { drop(stopped.await) }).await.unwrap();
        });
        Floor {
            place,
            desk,
            calls,
            site: Site { address, admin: String::new() },
            stop: Some(stop),
            serving: Some(serving),
        }
    }

    pub async fn stop(mut self) -> Place {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
        self.desk.store().close().await;
        self.place
    }
}

impl std::ops::Deref for Floor {
    type Target = Site;
    fn deref(&self) -> &Site {
        &self.site
    }
}

impl std::ops::DerefMut for Floor {
    fn deref_mut(&mut self) -> &mut Site {
        &mut self.site
    }
}

/// A number asked for in the environment: how long a run is to be, or which one.
pub fn asked(name: &str) -> Option<u64> {
    let number = |asked: std::ffi::OsString| asked.to_str().and_then(|n| n.parse().ok());
    let found = std::env::var_os(name);
    found.map(|asked| number(asked).unwrap_or_else(|| panic!("{name} must be a number")))
}

/// A fresh request id.
pub fn id() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}

/// A request with a token.
pub fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// The machine-readable reason of a status.
pub fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
