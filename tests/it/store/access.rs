//! Users, tokens, keys, events, surveys.

use super::{on_every_store, with_surveys};
use canvass::{
    model::{Event, SurveyRow},
    store::{KeyRow, SealedEvent, Store, UserRow},
};

on_every_store!(
    an_installation_is_made_once,
    a_user_is_found_by_number_and_name,
    a_token_ends_by_itself_and_by_hand,
    a_token_admits_its_user_to_its_surveys,
    a_key_is_kept_with_its_receipt,
    events_move_the_head,
    a_dropped_transaction_never_happened,
    a_survey_keeps_what_is_written,
    questionnaires_and_schemes_are_versions,
);

pub fn user(user_id: i64, name: &str) -> UserRow {
    UserRow {
        user_id,
        name: name.into(),
        role: 1,
        secret_hash: "hash".into(),
        must_change: true,
        revoked: false,
        created_us: 5,
    }
}

fn survey(survey_id: i64, name: &str) -> SurveyRow {
    SurveyRow { survey_id, name: name.into(), design: vec![1, 2], ..SurveyRow::default() }
}

async fn an_installation_is_made_once(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    assert!(tx.installation().await.unwrap().is_none());
    assert!(tx.create_installation(&[1; 32], 5).await.unwrap());
    assert!(!tx.create_installation(&[2; 32], 6).await.unwrap());
    let found = tx.installation().await.unwrap().unwrap();
    assert_eq!((found.key_check, found.incarnation), (vec![1; 32], 1));
    tx.set_incarnation(9).await.unwrap();
    assert_eq!(tx.installation().await.unwrap().unwrap().incarnation, 9);
    tx.set_incarnation(1).await.unwrap();
}

async fn a_user_is_found_by_number_and_name(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.last_user_id().await.unwrap(), 0);
    tx.insert_user(&user(1, "王")).await.unwrap();
    tx.insert_user(&user(2, "li")).await.unwrap();
    let mut changed = user(2, "li");
    changed.revoked = true;
    changed.must_change = false;
    changed.role = 3;
    tx.update_user(&changed).await.unwrap();
    tx.set_user_surveys(2, &[9, 4]).await.unwrap();
    tx.insert_survey(&survey(4, "four")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.user_by_name("王").await.unwrap().unwrap().user_id, 1);
    assert!(tx.user_by_name("nobody").await.unwrap().is_none());
    let found = tx.user(2).await.unwrap().unwrap();
    assert_eq!((found.revoked, found.must_change, found.role), (true, false, 3));
    assert_eq!(tx.surveys_of_user(2).await.unwrap(), [4, 9]);
    assert_eq!(tx.assigned_surveys(2).await.unwrap().len(), 1);
    let names: Vec<_> = tx.users_after(1, 10).await.unwrap().into_iter().map(|u| u.name).collect();
    assert_eq!(names, ["li"]);
    assert_eq!(tx.last_user_id().await.unwrap(), 2);
}

async fn a_token_ends_by_itself_and_by_hand(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_token(&[1; 32], 7, "x", 10, 20).await.unwrap();
    tx.insert_token(&[2; 32], 7, "y", 10, 90).await.unwrap();
    tx.insert_token(&[3; 32], 8, "z", 10, 90).await.unwrap();
    assert_eq!(tx.token(&[1; 32], 19).await.unwrap(), Some((7, 20)));
    assert_eq!(tx.token(&[1; 32], 20).await.unwrap(), None);
    tx.delete_tokens_of(7, 20).await.unwrap();
    assert_eq!(tx.token(&[2; 32], 20).await.unwrap(), None);
    assert_eq!(tx.token(&[3; 32], 20).await.unwrap(), Some((8, 90)));
    tx.delete_token(&[3; 32]).await.unwrap();
    assert_eq!(tx.token(&[3; 32], 20).await.unwrap(), None);
    tx.log_access([1; 16], 3, 7, "scores", 12, 20).await.unwrap();
}

async fn a_token_admits_its_user_to_its_surveys(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1, "wang")).await.unwrap();
    tx.insert_user(&UserRow { revoked: true, ..user(2, "gone") }).await.unwrap();
    tx.insert_survey(&survey(0, "")).await.unwrap();
    tx.insert_survey(&survey(4, "four")).await.unwrap();
    tx.insert_survey(&survey(5, "five")).await.unwrap();
    tx.set_user_surveys(1, &[4]).await.unwrap();
    tx.insert_token(&[1; 32], 1, "x", 10, 20).await.unwrap();
    tx.insert_token(&[2; 32], 2, "y", 10, 20).await.unwrap();
    tx.commit().await.unwrap();
    let admitted = async |hash: [u8; 32], survey_id, now_us| {
        // two at once, one of them nobody's
        let found = store.admissions(&[hash, [9; 32]], survey_id, now_us).await.unwrap();
        assert!(found.len() < 2 && found.iter().all(|a| a.token_hash == hash));
        found.first().map(|a| (a.user_id, a.role, a.expires_us, a.exists, a.assigned))
    };
    assert_eq!(admitted([1; 32], 4, 19).await, Some((1, 1, 20, true, true)));
    assert_eq!(admitted([1; 32], 5, 19).await, Some((1, 1, 20, true, false)));
    assert_eq!(admitted([1; 32], 6, 19).await, Some((1, 1, 20, false, false)));
    assert_eq!(
        admitted([1; 32], 0, 19).await,
        Some((1, 1, 20, false, false)),
        "the log is no survey"
    );
    assert_eq!(admitted([1; 32], 4, 20).await, None, "ended");
    assert_eq!(admitted([2; 32], 4, 19).await, None, "revoked");
    assert_eq!(admitted([3; 32], 4, 19).await, None);
    assert_eq!(store.clock_us().await.unwrap().is_some(), store.kind() == "postgres");
}

async fn a_key_is_kept_with_its_receipt(store: &Store) {
    let mut tx = with_surveys(store, &[5, 6]).await;
    let key = |byte: u8| KeyRow {
        request_id: vec![byte; 16],
        user_id: 3,
        method: "Submit".into(),
        request_sha256: vec![9; 32],
        receipt: "{\"a\":1}".into(),
    };
    tx.insert_keys(5, &[key(1), key(2)], 10).await.unwrap();
    tx.insert_keys(6, &[key(1)], 10).await.unwrap();
    let found = tx.keys(5, &[[1; 16], [4; 16], [2; 16]]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|k| k.receipt == "{\"a\":1}" && k.user_id == 3));
    assert!(tx.keys(5, &[]).await.unwrap().is_empty());
    let twice = tx.insert_keys(5, &[key(1)], 11).await;
    assert!(
        matches!(twice, Err(canvass::error::Error::Busy(_))),
        "the caller looks again: {twice:?}"
    );
}

async fn events_move_the_head(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_survey(&survey(2, "two")).await.unwrap();
    let sealed = |log_pos, case_no| SealedEvent {
        event: Event {
            survey_id: 2,
            log_pos,
            at_us: 40 + log_pos,
            user_id: 1,
            kind: "lease".into(),
            case_no,
            ..Event::default()
        },
        body: vec![1],
        salt: [2; 16],
        commitment: [3; 32],
    };
    tx.append(2, &[sealed(1, 8), sealed(2, 9)]).await.unwrap();
    tx.append(2, &[sealed(3, 8)]).await.unwrap();
    tx.append(2, &[]).await.unwrap();
    let head = tx.head(2).await.unwrap().unwrap();
    assert_eq!((head.event_head, head.writes), (3, 3), "each change is counted");
    assert_eq!(tx.writes(2).await.unwrap(), 3);
    assert!(!tx.claim(2, 2, 9).await.unwrap(), "somebody has written since");
    assert!(!tx.claim(7, 0, 9).await.unwrap(), "no such survey");
    assert!(tx.claim(2, 3, 4).await.unwrap());
    tx.insert_events(2, &[sealed(4, 10)]).await.unwrap();
    let head = tx.head(2).await.unwrap().unwrap();
    assert_eq!((head.event_head, head.writes), (4, 4));
    let of_case: Vec<_> =
        tx.events_of_case(2, 8).await.unwrap().into_iter().map(|e| e.log_pos).collect();
    assert_eq!(of_case, [1, 3]);
    let grants = tx.grants(2, &[8, 10]).await.unwrap();
    assert_eq!(grants, [(8, 1, vec![1]), (8, 1, vec![1]), (10, 1, vec![1])]);
    assert!(tx.grants(1, &[8]).await.unwrap().is_empty());
    assert_eq!(tx.last_event_us().await.unwrap(), 44);
    let after = tx.commitments(2, 1, 10).await.unwrap();
    assert_eq!(after.iter().map(|(pos, ..)| *pos).collect::<Vec<_>>(), [2, 3, 4]);
}

async fn a_dropped_transaction_never_happened(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user(1, "gone")).await.unwrap();
    drop(tx);
    assert!(store.read().await.unwrap().user(1).await.unwrap().is_none());
}

async fn a_survey_keeps_what_is_written(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_survey(&survey(0, "")).await.unwrap();
    tx.insert_survey(&survey(1, "one")).await.unwrap();
    let mut changed = survey(1, "one");
    changed.title = "一".into();
    changed.state = 5;
    changed.design = b"{}".to_vec();
    changed.draw_no = 2;
    changed.lease_ttl_s = 90;
    tx.update_survey(&changed).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.survey(1).await.unwrap().unwrap(), changed);
    assert_eq!(tx.survey_by_name("one").await.unwrap().unwrap().survey_id, 1);
    assert_eq!(tx.surveys_after(0, 9).await.unwrap(), [changed]);
    assert_eq!(tx.surveys_in_field().await.unwrap(), [1]);
    assert_eq!(tx.last_survey_id().await.unwrap(), 1);
    assert!(tx.survey(7).await.unwrap().is_none());
}

async fn questionnaires_and_schemes_are_versions(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_questionnaire(1, "v1", "{}", 3, 9).await.unwrap();
    tx.insert_questionnaire(1, "v1", "{\"other\":1}", 3, 9).await.unwrap();
    assert_eq!(tx.questionnaire(1, "v1").await.unwrap().unwrap(), "{}");
    assert!(tx.questionnaire(2, "v1").await.unwrap().is_none());
    tx.insert_scheme(1, "s1", "school", "{}", 3, 9).await.unwrap();
    assert_eq!(tx.scheme(1, "s1").await.unwrap().unwrap(), ("school".into(), "{}".into()));
}
