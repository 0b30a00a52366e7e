//! `canvass survey`: making surveys, their settings and their steps.

use super::{
    Done, Failure, Ui,
    remote::{Connection, Remote, request_id},
    say,
};
use crate::msg;
use crate::rules::questionnaire;
use canvass_proto::v1::{
    self, ChangeSurveyStateRequest, CreateSurveyRequest, GetSurveyRequest, ListSurveysRequest,
    SurveySettings, UpdateSurveyRequest,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

/// The two kinds of survey.
#[derive(Clone, Copy, ValueEnum)]
pub enum KindArg {
    /// Parents rate the class teacher; the stratum is the class
    Parents,
    /// Contacts rate a member of staff; the stratum is that person
    Contacts,
}

impl KindArg {
    const fn message(self) -> v1::SurveyKind {
        match self {
            KindArg::Parents => v1::SurveyKind::Parents,
            KindArg::Contacts => v1::SurveyKind::Contacts,
        }
    }

    /// As the example files call it.
    pub const fn file(self) -> questionnaire::Kind {
        match self {
            KindArg::Parents => questionnaire::Kind::Parents,
            KindArg::Contacts => questionnaire::Kind::Contacts,
        }
    }
}

/// Steps a person can order.
#[derive(Clone, Copy, ValueEnum)]
pub enum StateArg {
    /// Calling begins, or goes on
    Fielding,
    /// No new cases are handed out
    Paused,
    /// Fieldwork ends, for good
    Closed,
}

impl StateArg {
    const fn message(self) -> v1::SurveyState {
        match self {
            StateArg::Fielding => v1::SurveyState::Fielding,
            StateArg::Paused => v1::SurveyState::Paused,
            StateArg::Closed => v1::SurveyState::Closed,
        }
    }
}

/// `HH:MM` as minutes after midnight; 24:00 is the end of the day.
fn minutes(text: &str) -> Result<i32, String> {
    let parse = || {
        let (hours, minutes) = text.split_once(':')?;
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !(digits(hours) && digits(minutes) && minutes.len() == 2) {
            return None;
        }
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let all = hours.checked_mul(60)?.checked_add(minutes)?;
        (minutes < 60 && all <= 1440).then_some(all)
    };
    parse().ok_or_else(|| "write a time of day as HH:MM, 00:00 to 24:00".to_owned())
}

fn clock(minutes: i32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Settings that can change.
#[derive(Args)]
struct Settings {
    /// Title for people
    #[arg(long)]
    title: Option<String>,
    /// Respondents' time zone [default: Asia/Shanghai]
    #[arg(long, value_name = "IANA")]
    zone: Option<String>,
    /// Calling begins, local time [default: 09:00]
    #[arg(long, value_name = "HH:MM", value_parser = minutes)]
    open: Option<i32>,
    /// Calling ends, local time [default: 21:00]
    #[arg(long, value_name = "HH:MM", value_parser = minutes)]
    close: Option<i32>,
    /// Lease time in seconds, 30 to 600 [default: 90]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i32).range(30..=600))]
    lease_ttl: Option<i32>,
    /// Language of interviews [default: zh-CN]
    #[arg(long, value_name = "TAG", value_parser = ["zh-CN", "zh-TW", "en"])]
    language: Option<String>,
    /// Reserves follow progress (rule) or wait for a supervisor (manual) [default: rule]
    #[arg(long, value_parser = ["rule", "manual"])]
    release: Option<String>,
    /// Hold the lines of a phone that is on more lines than this [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1000))]
    max_lines_per_phone: Option<i32>,
}

impl Settings {
    /// The message, and the names of what was given.
    fn message(self) -> (SurveySettings, Vec<String>) {
        let given = [
            ("title", self.title.is_some()),
            ("zone", self.zone.is_some()),
            ("window_open_min", self.open.is_some()),
            ("window_close_min", self.close.is_some()),
            ("lease_ttl_s", self.lease_ttl.is_some()),
            ("language", self.language.is_some()),
            ("release", self.release.is_some()),
            ("max_lines_per_phone", self.max_lines_per_phone.is_some()),
        ];
        let mask = given.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).to_owned());
        let settings = SurveySettings {
            title: self.title.unwrap_or_default(),
            zone: self.zone.unwrap_or_default(),
            window_open_min: self.open,
            window_close_min: self.close,
            lease_ttl_s: self.lease_ttl.unwrap_or_default(),
            language: self.language.unwrap_or_default(),
            release: self.release.unwrap_or_default(),
            max_lines_per_phone: self.max_lines_per_phone.unwrap_or_default(),
            ..SurveySettings::default()
        };
        (settings, mask.collect())
    }
}

/// A survey to be.
#[derive(Args)]
pub struct New {
    /// Short name, a-z 0-9 and -
    name: String,
    /// Which roster it is made from
    #[arg(long, value_enum)]
    kind: KindArg,
    /// Name shared by the rounds of one measurement [default: NAME]
    #[arg(long, default_value = "", hide_default_value = true)]
    series: String,
    /// Round within the series
    #[arg(long, default_value_t = 1)]
    round: i64,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    remote: Remote,
}

/// New settings.
#[derive(Args)]
pub struct Update {
    /// Number or name of the survey
    survey: String,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    remote: Remote,
}

/// Surveys.
#[derive(Subcommand)]
pub enum Survey {
    /// Make a survey, in draft
    ///
    /// Example: canvass survey new parents-2026 --kind parents --title "Spring 2026"
    New(Box<New>),
    /// List surveys
    ///
    /// Example: canvass survey list
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one survey
    ///
    /// Example: canvass survey show parents-2026
    Show {
        /// Number or name of the survey
        survey: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Change settings
    ///
    /// Example: canvass survey update parents-2026 --close 20:30 --release manual
    Update(Box<Update>),
    /// Open, pause or close fieldwork
    ///
    /// Example: canvass survey state parents-2026 fielding
    State {
        /// Number or name of the survey
        survey: String,
        /// The step to go to
        #[arg(value_enum)]
        to: StateArg,
        #[command(flatten)]
        remote: Remote,
    },
}

fn kind_word(settings: &SurveySettings) -> String {
    say::word(settings.kind().as_str_name(), "SURVEY_KIND_")
}

fn as_json(survey: &v1::Survey) -> Value {
    let s = survey.settings.clone().unwrap_or_default();
    json!({
        "survey_id": survey.survey_id, "name": s.name, "title": s.title, "series": s.series,
        "round": s.round, "kind": kind_word(&s), "state": say::state(survey.state),
        "zone": s.zone, "open": clock(s.window_open_min()), "close": clock(s.window_close_min()),
        "lease_ttl_s": s.lease_ttl_s, "language": s.language, "release": s.release,
        "max_lines_per_phone": s.max_lines_per_phone, "log_pos": survey.log_pos,
        "questionnaire_version": survey.questionnaire_version,
        "scheme_version": survey.scheme_version, "frame_sha256": survey.frame_sha256,
        "units": survey.units, "roster_lines": survey.roster_lines,
    })
}

fn show(survey: &v1::Survey, ui: Ui) -> Done {
    if ui.json {
        return say::line(as_json(survey));
    }
    let s = survey.settings.clone().unwrap_or_default();
    let not_yet = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let rows = [
        ("survey", format!("{} {}", survey.survey_id, s.name)),
        ("title", s.title.clone()),
        ("kind", kind_word(&s)),
        ("series, round", format!("{}, {}", s.series, s.round)),
        ("state", say::state(survey.state)),
        ("calling", format!("{}-{}", clock(s.window_open_min()), clock(s.window_close_min()))),
        ("zone", s.zone.clone()),
        ("language", s.language.clone()),
        ("lease", format!("{} s", s.lease_ttl_s)),
        ("release", s.release.clone()),
        ("lines a phone", s.max_lines_per_phone.to_string()),
        ("roster lines", survey.roster_lines.to_string()),
        ("questionnaire", not_yet(&survey.questionnaire_version)),
        ("scheme", not_yet(&survey.scheme_version)),
        ("frame", not_yet(&survey.frame_sha256)),
        ("units", survey.units.to_string()),
        ("log", survey.log_pos.to_string()),
    ];
    for (name, value) in rows {
        say::line(format!("{name:<14} {value}"))?;
    }
    Ok(())
}

/// One survey as it stands.
pub async fn get(to: &Connection, survey_id: i64) -> Result<v1::Survey, Failure> {
    let answer = to.administration().get_survey(GetSurveyRequest { survey_id }).await?;
    Ok(answer.into_inner().survey.unwrap_or_default())
}

impl Survey {
    pub async fn run(self, ui: Ui) -> Done {
        match self {
            Survey::New(new) => new.run(ui).await,
            Survey::List { remote } => list(&remote, ui).await,
            Survey::Show { survey, remote } => {
                let to = remote.connect(ui).await?;
                let found = say::survey(&to, &survey).await?;
                show(&get(&to, found.id).await?, ui)
            }
            Survey::Update(update) => update.run(ui).await,
            Survey::State { survey, to, remote } => {
                let wire = remote.connect(ui).await?;
                let request = ChangeSurveyStateRequest {
                    request_id: request_id()?,
                    survey_id: say::survey(&wire, &survey).await?.id,
                    state: to.message().into(),
                };
                let done = wire.administration().change_survey_state(request).await?.into_inner();
                let survey = done.survey.unwrap_or_default();
                let name = survey.settings.as_ref().map_or("", |s| s.name.as_str());
                let state = say::state(survey.state);
                let is = msg!("cli.survey_is", name = name, state = say::term(ui, &state));
                let text = is.text(ui.lang);
                say::either(ui, || as_json(&survey), text)
            }
        }
    }
}

impl New {
    async fn run(self, ui: Ui) -> Done {
        let (settings, _) = self.settings.message();
        let settings = SurveySettings {
            name: self.name,
            kind: self.kind.message().into(),
            series: self.series,
            round: self.round,
            ..settings
        };
        let request = CreateSurveyRequest { request_id: request_id()?, settings: Some(settings) };
        let to = self.remote.connect(ui).await?;
        let made = to.administration().create_survey(request).await?.into_inner();
        let survey = made.survey.unwrap_or_default();
        let name = survey.settings.as_ref().map_or("", |s| s.name.as_str());
        let made = msg!("cli.survey_made", survey_id = survey.survey_id, name = name);
        let text = made.text(ui.lang);
        say::either(ui, || as_json(&survey), text)
    }
}

impl Update {
    async fn run(self, ui: Ui) -> Done {
        let (settings, update_mask) = self.settings.message();
        if update_mask.is_empty() {
            return Err(Failure::Use(
                "nothing to change; see `canvass survey update --help`".into(),
            ));
        }
        let to = self.remote.connect(ui).await?;
        let request = UpdateSurveyRequest {
            request_id: request_id()?,
            survey_id: say::survey(&to, &self.survey).await?.id,
            settings: Some(settings),
            update_mask,
        };
        let done = to.administration().update_survey(request).await?.into_inner();
        show(&done.survey.unwrap_or_default(), ui)
    }
}

async fn list(remote: &Remote, ui: Ui) -> Done {
    let mut admin = remote.connect(ui).await?.administration();
    let (mut surveys, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListSurveysRequest { page_size: 1000, page_token };
        let page = admin.list_surveys(request).await?.into_inner();
        surveys.extend(page.surveys);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if ui.json {
        return say::line(Value::from(surveys.iter().map(as_json).collect::<Vec<_>>()));
    }
    let headers = ["survey", "name", "kind", "state", "lines", "units", "title"];
    let mut table = say::table(ui, &headers, &["survey", "lines", "units"]);
    for survey in &surveys {
        let s = survey.settings.clone().unwrap_or_default();
        table.add_row([
            survey.survey_id.to_string(),
            s.name.clone(),
            kind_word(&s),
            say::state(survey.state),
            survey.roster_lines.to_string(),
            survey.units.to_string(),
            s.title,
        ]);
    }
    say::line(table)
}
