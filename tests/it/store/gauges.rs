//! What is counted for those who watch the server.

use super::{on_every_store, with_surveys};
use canvass::{
    model::{CaseRow, SurveyRow},
    store::{Store, UserRow},
};

on_every_store!(leases_are_counted_by_user, what_is_watched_is_found);

const SURVEY: i64 = 7;

async fn leases_are_counted_by_user(store: &Store) {
    let held = |case_no, holder, until| CaseRow {
        case_no,
        unit_no: case_no,
        holder,
        lease_until_us: until,
        ..CaseRow::default()
    };
    let cases = [held(1, 4, 100), held(2, 5, 50), held(3, 5, 100), held(4, 5, 70), held(5, 0, 0)];
    let mut tx = with_surveys(store, &[SURVEY]).await;
    tx.insert_cases(SURVEY, &cases).await.unwrap();
    assert_eq!(tx.lease_count(SURVEY, 60).await.unwrap(), 0, "nobody is there to hold them");
    for user_id in [4, 5, 6] {
        let user = UserRow {
            user_id,
            name: user_id.to_string(),
            role: 1,
            secret_hash: String::new(),
            must_change: false,
            revoked: false,
            created_us: 0,
        };
        tx.insert_user(&user).await.unwrap();
    }
    assert_eq!(tx.lease_count(SURVEY, 60).await.unwrap(), 3);
    assert_eq!(tx.lease_count(SURVEY, 70).await.unwrap(), 2, "one that ends now has ended");
    assert_eq!(tx.lease_count(SURVEY, 100).await.unwrap(), 0);
    assert_eq!(tx.lease_count(8, 60).await.unwrap(), 0, "another survey");
}

async fn what_is_watched_is_found(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    for survey_id in [1, 2, 3] {
        let survey = SurveyRow { survey_id, name: survey_id.to_string(), ..SurveyRow::default() };
        tx.insert_survey(&survey).await.unwrap();
    }
    assert!(tx.surveys_with_quarantine().await.unwrap().is_empty());
    tx.move_quarantine_head(3, 2).await.unwrap();
    tx.move_quarantine_head(1, 1).await.unwrap();
    assert_eq!(tx.surveys_with_quarantine().await.unwrap(), [1, 3]);
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    let bytes = tx.database_bytes().await.unwrap();
    assert!((100_000..1_000_000_000).contains(&bytes), "{bytes}");
    let pools = store.connections();
    assert!(pools.iter().any(|pool| pool.in_use > 0), "{pools:?}");
    assert!(pools.iter().all(|pool| pool.in_use + pool.idle <= pool.max as usize), "{pools:?}");
}
