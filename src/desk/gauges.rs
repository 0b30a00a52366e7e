//! What a look at the database shows of the work, in numbers alone.

use super::Desk;
use crate::error::Result;
use crate::store::Connections;

/// Totals over all surveys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Cases that somebody holds now.
    pub leases: i64,
    /// Quarantine entries that wait for a decision.
    pub quarantined: i64,
    /// Size of the database.
    pub bytes: i64,
}

impl Desk {
    /// Reads them, all at one instant of commit order. Surveys are asked one by one, so that each
    /// question stays with one survey; only those that can have something to count.
    pub async fn gauges(&self) -> Result<Gauges> {
        let (mut tx, now_us) = (self.0.store.read().await?, self.now_us());
        let mut gauges = Gauges { bytes: tx.database_bytes().await?, ..Gauges::default() };
        for survey_id in tx.surveys_in_field().await? {
            gauges.leases += tx.lease_count(survey_id, now_us).await?;
        }
        for survey_id in tx.surveys_with_quarantine().await? {
            gauges.quarantined += tx.quarantine_waiting(survey_id).await?;
        }
        Ok(gauges)
    }

    /// The connections to the database.
    pub fn connections(&self) -> Vec<Connections> {
        self.0.store.connections()
    }
}
