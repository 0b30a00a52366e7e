//! `canvass demo`: shows the whole main job in half a minute.

use super::serve::{LogFormat, stop_signal, trace};
use super::{Done, Failure, Ui, say};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config;
use crate::demo::{Finished, Order, Show, onward, run};
use crate::desk::Desk;
use crate::error::Result;
use crate::model::Msg;
use crate::msg;
use crate::rpc::{Listen, serve};
use canvass_proto::v1;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::net::SocketAddr;
use std::path::PathBuf;
use tonic::transport::Channel;

/// Rows of a table shown; the files hold all.
const ROWS: usize = 200;

/// Show the whole main job: rosters in, fair call lists, interviews through gRPC, tier scores out.
///
/// Example: canvass demo --classes 12 --teachers 20 --out /tmp/demo
#[derive(Args)]
pub struct Demo {
    /// Classes of the school
    #[arg(long, default_value_t = 36, value_parser = clap::value_parser!(u32).range(2..=2000))]
    classes: u32,
    /// Members of staff, thirty contacts each
    #[arg(long, default_value_t = 110, value_parser = clap::value_parser!(u32).range(1..=330))]
    teachers: u32,
    /// Simulated interviewers
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    interviewers: u32,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Another database than the demo's own SQLite file; must be empty
    #[arg(long)]
    db: Option<String>,
    /// Where the files go
    #[arg(long, default_value = "canvass-demo")]
    out: PathBuf,
    /// Leave the server running afterwards, on the real clock, with a survey to practise on
    #[arg(long)]
    serve: bool,
    /// Address of that server
    #[arg(long, default_value = "127.0.0.1:7777")]
    listen: SocketAddr,
}

/// Tells on the terminal.
/// Columns of a score table.
const HEADS: [&str; 10] =
    ["target", "name", "class", "n", "N", "mean", "interval", "tier", "points", "status"];

struct Terminal {
    bar: ProgressBar,
    ui: Ui,
}

fn bar(done: i64, of: i64) -> String {
    let filled = usize::try_from(done.max(0) * 20 / of.max(1)).unwrap_or_default().min(20);
    format!("{}{}", "█".repeat(filled), "░".repeat(20 - filled))
}

impl Terminal {
    fn line(&self, line: &str) {
        self.bar.suspend(|| {
            if self.ui.json {
                eprintln!("{line}");
            } else {
                // whoever reads may have seen enough
                say::line(line).ok();
            }
        });
    }
}

impl Show for Terminal {
    fn say(&mut self, line: &Msg) {
        self.line(&line.text(self.ui.lang));
    }

    fn evening(&mut self, number: i64, percent: u64) {
        self.bar.set_position(percent);
        self.bar.set_message(msg!("demo.evening", number = number).text(self.ui.lang));
    }

    fn standing(&mut self, survey: &str, progress: &v1::Progress) {
        let t = progress.total.unwrap_or_default();
        let shown = bar(t.valid, t.target);
        self.say(&msg!(
            "demo.standing",
            survey = format!("{survey:9}"),
            bar = shown,
            valid = t.valid,
            target = t.target,
            refused = t.refused,
            missed = t.unreachable + t.unknown,
            open = t.open,
            fresh = t.fresh
        ));
        if progress.quarantined > 0 {
            self.say(&msg!("demo.late", count = progress.quarantined));
        }
    }

    fn table(&mut self, survey: &str, scores: &v1::GetScoresResponse) {
        if self.ui.json {
            println!(
                "{}",
                serde_json::json!({
                    "survey": survey, "log_pos": scores.log_pos, "scheme": scores.scheme,
                    "targets": scores.rows.len(),
                    "withheld": scores.rows.iter().filter(|r| r.status == "withheld").count(),
                })
            );
            return;
        }
        let mut table = say::table(self.ui, &HEADS, &[]);
        for r in scores.rows.iter().take(ROWS) {
            let interval = if r.ci_low.is_empty() {
                String::new()
            } else {
                format!("{}..{}", r.ci_low, r.ci_high)
            };
            let tier = if r.tier == 0 { String::new() } else { r.tier.to_string() };
            table.add_row([
                r.target.clone(),
                r.name.clone(),
                r.class.clone(),
                r.n.to_string(),
                r.frame.to_string(),
                r.mean.clone(),
                interval,
                tier,
                r.points.clone(),
                r.status.clone(),
            ]);
        }
        self.line("");
        let (scheme, log_pos) = (&scores.scheme, scores.log_pos);
        self.say(&msg!("demo.table", survey = survey, scheme = scheme, log_pos = log_pos));
        self.line(&table.to_string());
        if scores.rows.len() > ROWS {
            let more = scores.rows.len() - ROWS;
            self.say(&msg!("demo.more", count = more, survey = survey));
        }
    }
}

impl Demo {
    pub async fn run(self, ui: Ui) -> Done {
        trace("warn", LogFormat::Text).map_err(|e| Failure::of(&e, ui.lang))?;
        let bar = ProgressBar::new(100);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {elapsed}") {
            bar.set_style(style);
        }
        let mut terminal = Terminal { bar, ui };
        let order = Order {
            classes: self.classes,
            teachers: self.teachers,
            interviewers: self.interviewers,
            seed: self.seed,
            db: self.db.clone(),
            out: self.out.clone(),
            lang: ui.lang,
        };
        let done = run(&order, &mut terminal).await;
        terminal.bar.finish_and_clear();
        let finished = done.map_err(|e| Failure::of(&e, ui.lang))?;
        let out = self.out.display();
        terminal.line("");
        terminal.say(&msg!("demo.all_in", out = out));
        terminal.line(&format!(
            "  python3 docs/verify_draw.py {out}/draw-parents\n  \
             python3 docs/reanalyse.py {out}/interviews-parents.csv {out}/scores-parents.csv\n  \
             open {out}/scores-parents.xlsx\n  canvass demo --serve"
        ));
        if self.serve {
            return self.go_on(finished, ui).await.map_err(|e| Failure::of(&e, ui.lang));
        }
        finished.store.close().await;
        Ok(())
    }

    /// The same database on the real clock.
    async fn go_on(&self, finished: Finished, ui: Ui) -> Result<()> {
        let store = finished.store.clone();
        let clock = match store.clock_us().await? {
            Some(now_us) => Clock::database(now_us),
            None => Clock::system(0),
        };
        let desk = Desk::open(store.clone(), finished.key, clock, Chance::system()).await?;
        if let Some(database) = store.path() {
            // so that `canvass serve` can go on with it later
            let key = config::key_beside(database);
            config::write_private(&key, &format!("{}\n", hex::encode(finished.key)))?;
        }
        let listen = Listen::bind(self.listen, None, false).await?;
        let address = listen.listener.local_addr()?;
        let keeping = desk.keep();
        let serving = tokio::spawn(serve(desk.clone(), listen, stop_signal()?));
        let channel = Channel::from_shared(format!("http://{address}"))
            .map_err(crate::error::Error::defect)?
            .connect()
            .await
            .map_err(crate::error::Error::defect)?;
        let left = onward(&desk, channel, &finished.admin_password, self.seed).await?;
        let survey_id = left.survey_id;
        let open = msg!("demo.serving", address = address, survey_id = survey_id);
        println!("\n{}\n{}", open.text(ui.lang), msg!("demo.secrets").text(ui.lang));
        for (name, secret) in &left.users {
            println!("  {name:14} {secret}");
        }
        let stop = msg!("demo.stop").text(ui.lang);
        println!("  canvass sign-in admin --server http://{address}\n{stop}");
        serving.await.map_err(crate::error::Error::defect)??;
        keeping.abort();
        store.close().await;
        Ok(())
    }
}
