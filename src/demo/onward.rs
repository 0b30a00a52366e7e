//! What `demo --serve` leaves behind: a survey to practise on, and users who sign in with one-time
//! secrets. The secrets of the evenings depend on the seed, which anyone may know; none of them
//! works any more.

use super::rosters;
use crate::client::{Admin, Dice, Instrument, sign_in};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::rules::questionnaire::Kind;
use canvass_proto::v1;
use tonic::transport::Channel;

/// A server to go on with.
pub struct Practice {
    /// The survey.
    pub survey_id: i64,
    /// Users with their one-time secrets, `admin` first.
    pub users: Vec<(String, String)>,
}

/// Makes the survey and the secrets, on a desk with the real clock and the system's chance.
///
/// # Errors
/// As every call.
pub async fn onward(
    desk: &Desk,
    channel: Channel,
    admin_password: &str,
    seed: u64,
) -> Result<Practice> {
    let token = sign_in(&channel, "admin", admin_password, "").await?;
    let mut admin = Admin::new(channel, &token, Dice::new(seed, "practice"))?;
    let asked = Instrument::example(Kind::Parents)?;
    let survey_id = admin.survey("practice", "demo practice", &asked, true).await?;
    let file = rosters::parents(seed.wrapping_add(1), 3).map_err(Error::defect)?;
    admin.import(survey_id, v1::RosterKind::Parents, "practice.xlsx", &file).await?;
    admin.take_to_field(survey_id, seed, 0).await?;
    let mut users = Vec::new();
    for user in admin.users().await? {
        if user.role() != v1::Role::Administrator {
            let surveys = user.survey_ids.iter().copied().chain([survey_id]).collect();
            let secret = admin.assign(user.user_id, surveys, true).await?;
            users.push((user.name, secret));
        }
    }
    users.insert(0, ("admin".to_owned(), desk.reset_admin().await?));
    Ok(Practice { survey_id, users })
}
