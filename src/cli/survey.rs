//! `canvass survey`: making surveys and moving them on.

use super::{
    Done, Failure, Ui,
    remote::{Connection, Remote, request_id},
};
use canvass_proto::v1;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use serde_json::{Value, json};

/// Which roster a survey is made from.
#[derive(Clone, Copy, ValueEnum)]
pub enum KindArg {
    /// Pupils' parents rate the class teacher
    Parents,
    /// The contacts of a member of staff rate that person
    Contacts,
}

/// Steps of fieldwork.
#[derive(Clone, Copy, ValueEnum)]
pub enum StateArg {
    /// Interviewers call
    Fielding,
    /// Nothing new is handed out
    Paused,
    /// The end
    Closed,
}

/// What can be set; unset keeps the default or what was there.
#[derive(Args)]
pub struct Settings {
    /// Title for people
    #[arg(long)]
    title: Option<String>,
    /// Respondents' time zone [default: Asia/Shanghai]
    #[arg(long)]
    zone: Option<String>,
    /// Start of the calling window, HH:MM [default: 09:00]
    #[arg(long, value_parser = minutes)]
    open: Option<i32>,
    /// End of the calling window, HH:MM [default: 21:00]
    #[arg(long, value_parser = minutes)]
    close: Option<i32>,
    /// Lease time in seconds, 30 to 600 [default: 90]
    #[arg(long)]
    lease_ttl: Option<i32>,
    /// Language of interviews: zh-CN, zh-TW or en [default: zh-CN]
    #[arg(long)]
    language: Option<String>,
    /// Who releases reserves: rule or manual [default: rule]
    #[arg(long)]
    release: Option<String>,
    /// A phone on more lines than this is held [default: 4]
    #[arg(long)]
    max_lines_per_phone: Option<i32>,
}

/// Surveys.
#[derive(Subcommand)]
pub enum Survey {
    /// Make a survey, in draft
    ///
    /// Example: canvass survey new parents-2026 --kind parents --title 家长测评
    New {
        /// Short name: a-z, 0-9 and -
        name: String,
        /// Which roster it is made from
        #[arg(long, value_enum)]
        kind: KindArg,
        #[command(flatten)]
        settings: Box<Settings>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List surveys
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one survey
    Show {
        /// Number or name
        survey: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Change settings
    Update {
        /// Number or name
        survey: String,
        #[command(flatten)]
        settings: Box<Settings>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Open, pause or close fieldwork
    ///
    /// Example: canvass survey state parents-2026 fielding
    State {
        /// Number or name
        survey: String,
        /// Where to
        #[arg(value_enum)]
        state: StateArg,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Minutes after midnight of `HH:MM`; 24:00 is the end of the day.
fn minutes(text: &str) -> Result<i32, String> {
    let wrong = || format!("{text} is not a time such as 09:00");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let hours: i32 = hours.parse().map_err(|_| wrong())?;
    let minutes: i32 = minutes.parse().map_err(|_| wrong())?;
    let all = hours * 60 + minutes;
    let fits = (0..=24).contains(&hours) && (0..60).contains(&minutes) && all <= 1440;
    if fits { Ok(all) } else { Err(wrong()) }
}

/// The number of a survey given as number or name.
pub async fn find(connection: &Connection, survey: &str) -> Result<i64, Failure> {
    if let Ok(number) = survey.parse() {
        return Ok(number);
    }
    let mine = connection.interviewing().list_my_surveys(v1::ListMySurveysRequest {}).await?;
    let mut all = mine.into_inner().surveys.into_iter();
    all.find(|s| s.name == survey)
        .map(|s| s.survey_id)
        .ok_or_else(|| Failure::Failed(format!("there is no survey named {survey} for you")))
}

/// The word of a state.
pub fn state_word(state: i32) -> String {
    v1::SurveyState::try_from(state)
        .map(|s| s.as_str_name().replace("SURVEY_STATE_", "").to_lowercase())
        .unwrap_or_default()
}

fn as_json(s: &v1::Survey) -> Value {
    let settings = s.settings.clone().unwrap_or_default();
    json!({
        "survey_id": s.survey_id, "name": settings.name, "title": settings.title,
        "state": state_word(s.state), "kind": settings.kind, "zone": settings.zone,
        "window_open_min": settings.window_open_min, "window_close_min": settings.window_close_min,
        "lease_ttl_s": settings.lease_ttl_s, "language": settings.language,
        "release": settings.release, "log_pos": s.log_pos, "units": s.units,
        "roster_lines": s.roster_lines, "frame_sha256": s.frame_sha256,
        "questionnaire_version": s.questionnaire_version, "scheme_version": s.scheme_version,
    })
}

fn show(survey: &v1::Survey, ui: Ui) {
    let fields = as_json(survey);
    if ui.json {
        println!("{fields}");
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    for (name, value) in fields.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        table.add_row([name.as_str(), &text]);
    }
    println!("{table}");
}

impl Settings {
    fn message(&self) -> (v1::SurveySettings, Vec<String>) {
        let mut mask = Vec::new();
        let mut named = |set: bool, name: &str| {
            if set {
                mask.push(name.to_owned());
            }
        };
        named(self.title.is_some(), "title");
        named(self.zone.is_some(), "zone");
        named(self.open.is_some(), "window_open_min");
        named(self.close.is_some(), "window_close_min");
        named(self.lease_ttl.is_some(), "lease_ttl_s");
        named(self.language.is_some(), "language");
        named(self.release.is_some(), "release");
        named(self.max_lines_per_phone.is_some(), "max_lines_per_phone");
        let settings = v1::SurveySettings {
            title: self.title.clone().unwrap_or_default(),
            zone: self.zone.clone().unwrap_or_default(),
            window_open_min: self.open,
            window_close_min: self.close,
            lease_ttl_s: self.lease_ttl.unwrap_or_default(),
            language: self.language.clone().unwrap_or_default(),
            release: self.release.clone().unwrap_or_default(),
            max_lines_per_phone: self.max_lines_per_phone.unwrap_or_default(),
            ..Default::default()
        };
        (settings, mask)
    }
}

impl Survey {
    pub async fn run(self, ui: Ui) -> Done {
        match self {
            Survey::New { name, kind, settings, remote } => {
                let connection = remote.connect(ui).await?;
                let kind = match kind {
                    KindArg::Parents => v1::SurveyKind::Parents,
                    KindArg::Contacts => v1::SurveyKind::Contacts,
                } as i32;
                let settings = v1::SurveySettings { name, kind, ..settings.message().0 };
                let request =
                    v1::CreateSurveyRequest { request_id: request_id()?, settings: Some(settings) };
                let made = connection.administration().create_survey(request).await?;
                show(&made.into_inner().survey.unwrap_or_default(), ui);
            }
            Survey::List { remote } => list(&remote.connect(ui).await?, ui).await?,
            Survey::Show { survey, remote } => {
                let connection = remote.connect(ui).await?;
                let survey_id = find(&connection, &survey).await?;
                let request = v1::GetSurveyRequest { survey_id };
                let found = connection.administration().get_survey(request).await?;
                show(&found.into_inner().survey.unwrap_or_default(), ui);
            }
            Survey::Update { survey, settings, remote } => {
                let connection = remote.connect(ui).await?;
                let survey_id = find(&connection, &survey).await?;
                let (settings, update_mask) = settings.message();
                let request = v1::UpdateSurveyRequest {
                    request_id: request_id()?,
                    survey_id,
                    settings: Some(settings),
                    update_mask,
                };
                let done = connection.administration().update_survey(request).await?;
                show(&done.into_inner().survey.unwrap_or_default(), ui);
            }
            Survey::State { survey, state, remote } => {
                let connection = remote.connect(ui).await?;
                let survey_id = find(&connection, &survey).await?;
                let state = match state {
                    StateArg::Fielding => v1::SurveyState::Fielding,
                    StateArg::Paused => v1::SurveyState::Paused,
                    StateArg::Closed => v1::SurveyState::Closed,
                } as i32;
                let request =
                    v1::ChangeSurveyStateRequest { request_id: request_id()?, survey_id, state };
                let done = connection.administration().change_survey_state(request).await?;
                show(&done.into_inner().survey.unwrap_or_default(), ui);
            }
        }
        Ok(())
    }
}

async fn list(connection: &Connection, ui: Ui) -> Done {
    let mut surveys = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListSurveysRequest { page_size: 1000, page_token };
        let page = connection.administration().list_surveys(request).await?.into_inner();
        surveys.extend(page.surveys);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if ui.json {
        println!("{}", Value::from(surveys.iter().map(as_json).collect::<Vec<_>>()));
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(["survey", "name", "title", "state", "lines", "units", "log"]);
    for s in &surveys {
        let settings = s.settings.clone().unwrap_or_default();
        table.add_row([
            s.survey_id.to_string(),
            settings.name,
            settings.title,
            state_word(s.state),
            s.roster_lines.to_string(),
            s.units.to_string(),
            s.log_pos.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}
