//! `canvass demo`: the main job from the school's spreadsheets to the tier tables, with simulated
//! interviewers on the real server. Only the clock is moved by hand; the same seed gives the same
//! files.

mod crew;
mod desktop;
mod onward;
mod people;
mod recount;
mod rosters;

use crate::chance::Chance;
use crate::client::{Admin, Dice, Instrument, sign_in};
use crate::clock::Clock;
use crate::desk::{Desk, sha256};
use crate::error::{Error, Result};
use crate::model::{Lang, Msg};
use crate::msg;
use crate::rpc::{Listen, serve};
use crate::rules::evidence::verify;
use crate::rules::questionnaire::Kind;
use crate::store::{Durability, Migrate, Store};
use canvass_proto::v1;
use crew::{Crew, DAY_US, FIRST_EVENING_US};
use desktop::{Desktop, Log};
use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;
use tonic::transport::Channel;

pub use onward::{Practice, onward};
pub use recount::{Exports, recount};

/// Evenings at the most.
const EVENINGS_MAX: i64 = 12;
/// Fieldwork ends when this share of the targets, in percent, has its minimum.
const ENOUGH_PERCENT: usize = 90;
/// A file that marks a folder as an earlier demo's.
const MARK: &str = "canvass-demo.txt";

/// What the demo is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Classes, at least 2.
    pub classes: u32,
    /// Members of staff, at least 1.
    pub teachers: u32,
    /// Interviewers, at least 1.
    pub interviewers: u32,
    /// Everything depends on it.
    pub seed: u64,
    /// A database other than the demo's own SQLite file.
    pub db: Option<String>,
    /// Where the files go.
    pub out: PathBuf,
    /// The language of what is said, and of the headers of spreadsheets.
    pub lang: Lang,
}

/// How the demo tells what it does.
pub trait Show {
    /// A line.
    fn say(&mut self, line: &Msg);
    /// An evening: which, and how much of it has passed in percent.
    fn evening(&mut self, number: i64, percent: u64);
    /// How the cells stand after an evening.
    fn standing(&mut self, survey: &str, progress: &v1::Progress);
    /// A score table.
    fn table(&mut self, survey: &str, scores: &v1::GetScoresResponse);
}

/// A finished demo, whose database can be served on.
pub struct Finished {
    /// The database.
    pub store: Store,
    /// The installation key.
    pub key: [u8; 32],
    /// The administrator's password.
    pub admin_password: String,
}

/// A secret that depends on the seed: this is a demo, and its files must be equal.
fn secret(seed: u64, who: &str) -> String {
    hex::encode(&sha256(format!("canvass demo|{seed}|password|{who}").as_bytes())[..8])
}

/// What a demo writes; nothing else in its folder is ever touched.
const WRITTEN: [&str; 16] = [
    "rosters",
    "draw-parents",
    "draw-contacts",
    "scores-parents.csv",
    "scores-parents.xlsx",
    "scores-contacts.csv",
    "scores-contacts.xlsx",
    "interviews-parents.csv",
    "interviews-contacts.csv",
    "attempts-parents.csv",
    "attempts-contacts.csv",
    "client-log.jsonl",
    "demo.db",
    "demo.db-wal",
    "demo.db-shm",
    "canvass.key",
];

/// Makes the folder, or takes an earlier demo's files out of it.
fn prepare(out: &Path) -> Result<()> {
    let blocked = |why: std::io::Error| {
        Error::invalid("out", msg!("config.cannot_write", path = out.display(), why = why))
    };
    let full = out.exists() && fs::read_dir(out).map_err(blocked)?.next().is_some();
    if full && !out.join(MARK).exists() {
        return Err(Error::invalid("out", msg!("demo.not_empty", path = out.display())));
    }
    if let Ok(lock) = fs::File::open(out.join("demo.db.lock")) {
        let served = || Error::invalid("out", msg!("demo.served", path = out.display()));
        lock.try_lock().map_err(|_| served())?;
    }
    for path in WRITTEN.map(|name| out.join(name)) {
        let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match gone {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(blocked(why)),
            Ok(()) | Err(_) => {}
        }
    }
    fs::create_dir_all(out.join("rosters")).map_err(blocked)?;
    fs::write(out.join(MARK), "made by canvass demo; made anew by the next one\n").map_err(blocked)
}

/// A server on loopback for the time of the demo.
struct Server {
    desk: Desk,
    channel: Channel,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<Result<()>>,
}

async fn start(store: Store, seed: u64, key: [u8; 32]) -> Result<Server> {
    let clock = Clock::manual(FIRST_EVENING_US - 3_600_000_000 * 8);
    let chance = Chance::seeded(sha256(format!("canvass demo|{seed}|chance").as_bytes()));
    let desk = Desk::open(store, key, clock, chance).await?;
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let listen = Listen::bind(loopback, None, false).await?;
    let address = listen.listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(serve(desk.clone(), listen, async move { drop(stopped.await) }));
    let channel = Channel::from_shared(format!("http://{address}")).map_err(Error::defect)?;
    let channel = channel.connect().await.map_err(Error::defect)?;
    Ok(Server { desk, channel, stop, serving })
}

/// Runs the demo; an `Err` or a difference in the recount is a failure.
///
/// # Errors
/// A folder that is not empty, a database that is not empty, a defect, a recount that differs.
pub async fn run(order: &Order, show: &mut impl Show) -> Result<Finished> {
    prepare(&order.out)?;
    let seed = order.seed;
    let (url, durability) = match &order.db {
        Some(url) => (url.clone(), Durability::Full),
        None => {
            show.say(&msg!("demo.synchronous"));
            let file = order.out.join("demo.db");
            (format!("sqlite:{}", file.display()), Durability::Normal)
        }
    };
    let store = Store::open(&url, Migrate::Auto, durability).await?;
    if store.read().await?.installation().await?.is_some() {
        return Err(Error::invalid("db", msg!("demo.database_used")));
    }
    let key = sha256(format!("canvass demo|{seed}|key").as_bytes());
    let server = start(store.clone(), seed, key).await?;
    let first = server.desk.first_user().await?.ok_or_else(|| Error::defect("no first user"))?;
    let admin_password = secret(seed, "admin");
    let token = sign_in(&server.channel, "admin", &first, &admin_password).await?;
    let mut admin = Admin::new(server.channel.clone(), &token, Dice::new(seed, "admin"))?;
    admin.lang = order.lang;
    let (surveys, questionnaires) = set_up(order, &mut admin, show).await?;
    let log_path = order.out.join("client-log.jsonl");
    let log = Log::new(fs::File::create(&log_path)?);
    let desktops = hire(order, &mut admin, &server.channel, surveys, &log).await?;
    let mut crew = Crew::new(&server.desk, seed, surveys, questionnaires, desktops);
    fieldwork(&server, seed, &mut admin, &mut crew, surveys, show).await?;
    drop(crew);
    log.flush()?;
    for survey_id in surveys {
        admin.state(survey_id, v1::SurveyState::Closed).await?;
    }
    finish(order, &admin, surveys, &log_path, show).await?;
    let supervisor_secret = admin.user("supervisor", v1::Role::Supervisor, &surveys).await?;
    let password = secret(seed, "supervisor");
    sign_in(&server.channel, "supervisor", &supervisor_secret, &password).await?;
    let _ = server.stop.send(());
    server.serving.await.map_err(Error::defect)??;
    Ok(Finished { store, key, admin_password })
}

/// Evening after evening, until enough targets have their minimum.
async fn fieldwork(
    server: &Server,
    seed: u64,
    admin: &mut Admin,
    crew: &mut Crew<'_>,
    surveys: [i64; 2],
    show: &mut impl Show,
) -> Result<()> {
    for number in 1..=EVENINGS_MAX {
        // everybody signs in before six: yesterday's tokens have ended
        server.desk.clock().set(FIRST_EVENING_US + (number - 1) * DAY_US - 1_800_000_000);
        admin.renew(&sign_in(&server.channel, "admin", &secret(seed, "admin"), "").await?)?;
        for desktop in crew.desktops() {
            let password = secret(seed, desktop.user());
            let token = sign_in(&server.channel, desktop.user(), &password, "").await?;
            desktop.renew(&token)?;
        }
        let dials = crew.evening(number, |percent| show.evening(number, percent)).await?;
        let mut enough = true;
        for (survey_id, name) in surveys.into_iter().zip(NAMES) {
            let progress = admin.progress(survey_id).await?;
            show.standing(name, &progress);
            enough &= is_enough(&progress, name);
        }
        // in a small school nine in ten may be out of reach, and nobody is left to ring up
        if enough || dials == 0 {
            break;
        }
    }
    Ok(())
}

const NAMES: [&str; 2] = ["parents", "contacts"];

/// Rosters, surveys, imports, draws.
async fn set_up(
    order: &Order,
    admin: &mut Admin,
    show: &mut impl Show,
) -> Result<([i64; 2], HashMap<i64, v1::Questionnaire>)> {
    let files = [
        rosters::parents(order.seed, order.classes),
        rosters::contacts(order.seed, order.teachers),
    ];
    let kinds = [Kind::Parents, Kind::Contacts];
    let roster_kinds = [v1::RosterKind::Parents, v1::RosterKind::Contacts];
    let mut surveys = [0; 2];
    let mut questionnaires = HashMap::new();
    for (at, file) in files.into_iter().enumerate() {
        let (name, file) = (NAMES[at], file.map_err(Error::defect)?);
        let path = format!("{name}.xlsx");
        fs::write(order.out.join("rosters").join(&path), &file)?;
        let asked = Instrument::example(kinds[at])?;
        let survey_id = admin.survey(name, &format!("demo {name}"), &asked, false).await?;
        let report = admin.import(survey_id, roster_kinds[at], &path, &file).await?;
        show.say(&msg!(
            "demo.imported",
            file = path,
            accepted = report.accepted,
            rejected = report.rejected,
            held = report.held,
            ignored = report.ignored
        ));
        for problem in report.problems.iter().filter(|p| p.kind != "note").take(4) {
            let place = format!("{} {}{}", problem.sheet, problem.column, problem.line);
            show.say(&msg!("demo.problem", place = place, why = problem.message));
        }
        let seats = i32::try_from(order.interviewers).map_err(Error::defect)?;
        let plan = admin.take_to_field(survey_id, order.seed, seats).await?;
        show.say(&msg!(
            "demo.drawn",
            n = plan.n,
            strata = plan.rows.len(),
            dials = plan.dials,
            evenings = plan.evenings,
            assumptions = plan.assumptions
        ));
        surveys[at] = survey_id;
        questionnaires.insert(survey_id, asked.questionnaire);
    }
    Ok((surveys, questionnaires))
}

/// Interviewers, made by the same calls as everybody's.
async fn hire(
    order: &Order,
    admin: &mut Admin,
    channel: &Channel,
    surveys: [i64; 2],
    log: &Log,
) -> Result<Vec<Desktop>> {
    let mut desktops = Vec::new();
    for at in 1..=order.interviewers {
        let name = format!("interviewer{at:02}");
        let one_time = admin.user(&name, v1::Role::Interviewer, &surveys).await?;
        let password = secret(order.seed, &name);
        let token = sign_in(channel, &name, &one_time, &password).await?;
        let dice = Dice::new(order.seed, &name);
        desktops.push(Desktop::new(channel.clone(), &token, &name, log.clone(), dice)?);
    }
    Ok(desktops)
}

/// Whether nine in ten targets have their minimum of valid interviews.
fn is_enough(progress: &v1::Progress, survey: &str) -> bool {
    let least = if survey == "parents" { 10 } else { 5 };
    let met = progress.cells.iter().filter_map(|c| c.tally).filter(|t| {
        // small targets need fewer, see the scheme's minimum
        t.valid >= least.min(t.target)
    });
    met.count() * 100 >= progress.cells.len() * ENOUGH_PERCENT
}

/// Tables, exports, evidence, the check of both, the recount.
async fn finish(
    order: &Order,
    admin: &Admin,
    surveys: [i64; 2],
    log_path: &Path,
    show: &mut impl Show,
) -> Result<()> {
    let log = fs::read_to_string(log_path)?;
    let mut differences = Vec::new();
    for (survey_id, name) in surveys.into_iter().zip(NAMES) {
        let table = admin.scores(survey_id).await?;
        show.table(name, &table);
        let write = |file: &str, bytes: &[u8]| fs::write(order.out.join(file), bytes);
        let csv = admin.export_scores(survey_id, v1::ExportFormat::Csv).await?;
        write(&format!("scores-{name}.csv"), &csv)?;
        let xlsx = admin.export_scores(survey_id, v1::ExportFormat::Xlsx).await?;
        write(&format!("scores-{name}.xlsx"), &xlsx)?;
        let interviews = admin.export_interviews(survey_id).await?;
        write(&format!("interviews-{name}.csv"), &interviews)?;
        let attempts = admin.export_attempts(survey_id).await?;
        write(&format!("attempts-{name}.csv"), &attempts)?;
        let dir = order.out.join(format!("draw-{name}"));
        fs::create_dir_all(&dir)?;
        let files: HashMap<String, Vec<u8>> =
            admin.export_draw(survey_id).await?.into_iter().collect();
        for (file, bytes) in &files {
            fs::write(dir.join(file), bytes)?;
        }
        let part = |file: &str| files.get(file).map(Vec::as_slice).unwrap_or_default();
        let checked =
            verify(part("frame.csv"), part("design.json"), part("seed.txt"), part("sample.csv"))
                .map_err(|why| Error::invalid(format!("draw-{name}"), why))?;
        show.say(&msg!(
            "demo.checked",
            name = name,
            strata = checked.strata,
            units = checked.units,
            drawn = checked.sampled
        ));
        let progress = admin.progress(survey_id).await?;
        let exports = Exports {
            interviews: &interviews,
            attempts: &attempts,
            scores: &table.rows,
            progress: &progress,
        };
        let found = recount(survey_id, &log, &exports)?;
        differences.extend(found.into_iter().map(|line| format!("{name}: {line}")));
    }
    if differences.is_empty() {
        show.say(&msg!("demo.agree"));
        return Ok(());
    }
    for line in differences.iter().take(20) {
        show.say(&msg!("demo.difference", what = line));
    }
    Err(Error::defect(format!("the recount found {} differences", differences.len())))
}
