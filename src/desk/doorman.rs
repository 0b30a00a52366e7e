//! Who may come in. Every call asks for its token and survey anew, so that a revoked token ends at once;
//! what arrives while one question is with the database goes together into the next.

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::store::{Admission, Store};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};

/// Callers in one question.
const ASK_MAX: usize = 64;
/// Callers that may wait.
const WAITING_MAX: usize = 16_384;

struct Asked {
    token_hash: [u8; 32],
    survey_id: i64,
    answer: oneshot::Sender<Result<Option<Admission>>>,
}

/// See the module.
pub struct Doorman(mpsc::Sender<Asked>);

impl Doorman {
    /// Begins; ends with its desk.
    pub fn new(store: Store, clock: Clock) -> Doorman {
        let (open, mut asked) = mpsc::channel::<Asked>(WAITING_MAX);
        tokio::spawn(async move {
            let mut waiting = Vec::with_capacity(ASK_MAX);
            while asked.recv_many(&mut waiting, ASK_MAX).await > 0 {
                let mut by_survey: HashMap<i64, Vec<Asked>> = HashMap::new();
                for one in waiting.drain(..) {
                    by_survey.entry(one.survey_id).or_default().push(one);
                }
                for (survey_id, callers) in by_survey {
                    answer(&store, survey_id, callers, clock.now_us()).await;
                }
            }
        });
        Doorman(open)
    }

    /// The user of a live token, and whether a survey (0 = none) is theirs.
    pub async fn admission(
        &self,
        token_hash: [u8; 32],
        survey_id: i64,
    ) -> Result<Option<Admission>> {
        let ended = || Error::Busy("the desk has ended".into());
        let (answer, heard) = oneshot::channel();
        let asked = Asked { token_hash, survey_id, answer };
        self.0.send(asked).await.map_err(|_| ended())?;
        heard.await.map_err(|_| ended())?
    }
}

async fn answer(store: &Store, survey_id: i64, callers: Vec<Asked>, now_us: i64) {
    let mut hashes: Vec<[u8; 32]> = callers.iter().map(|one| one.token_hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let found = store.admissions(&hashes, survey_id, now_us).await;
    for one in callers {
        let theirs = match &found {
            Ok(rows) => Ok(rows.iter().find(|row| row.token_hash == one.token_hash).cloned()),
            Err(error) => Err(Error::Busy(error.to_string().into())),
        };
        // a caller that has gone needs no answer
        let _ = one.answer.send(theirs);
    }
}
