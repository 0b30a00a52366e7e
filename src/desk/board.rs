//! Hints and boards: who waits for a case is woken, who watches is shown, by one read a second for
//! any number of them. Hints are never safety: everybody also asks again by themselves.

use super::{Desk, picture::Picture};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Boards are read at most this often.
const EVERY: Duration = Duration::from_secs(1);
/// A board nobody rang for is read again after so many rounds: leases end without a bell.
const QUIET_ROUNDS: u32 = 5;
/// The same where other replicas change the survey: their bells are not heard here.
const QUIET_ROUNDS_SHARED: u32 = 1;

type Shown = Option<std::result::Result<Arc<Picture>, String>>;

/// One bell and one board a survey.
#[derive(Default)]
pub struct Bells(Mutex<HashMap<i64, Bell>>);

#[derive(Default)]
struct Bell {
    bell: Arc<Notify>,
    board: Option<watch::Sender<Shown>>,
}

impl Desk {
    /// The bell of a survey: rung when something about its cases changed.
    pub(super) fn hint(&self, survey_id: i64) -> Arc<Notify> {
        let mut bells = self.0.bells.0.lock().unwrap_or_else(PoisonError::into_inner);
        bells.entry(survey_id).or_default().bell.clone()
    }

    /// Rings it.
    pub(super) fn board_changed(&self, survey_id: i64) {
        self.hint(survey_id).notify_waiters();
    }

    /// The board of a survey: every watcher of this replica shares one reader, which ends with the
    /// last of them.
    pub fn watch(&self, survey_id: i64) -> Watch {
        let mut bells = self.0.bells.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bell = bells.entry(survey_id).or_default();
        if let Some(board) = &bell.board
            && board.receiver_count() > 0
        {
            return Watch { shown: board.subscribe() };
        }
        let board = watch::Sender::new(None);
        let shown = board.subscribe();
        bell.board = Some(board.clone());
        tokio::spawn(paint(self.clone(), survey_id, board, bell.bell.clone()));
        Watch { shown }
    }
}

async fn paint(desk: Desk, survey_id: i64, board: watch::Sender<Shown>, bell: Arc<Notify>) {
    let alone = desk.0.store.path().is_some();
    let quiet = if alone { QUIET_ROUNDS } else { QUIET_ROUNDS_SHARED };
    let mut stopping = desk.0.stopping.subscribe();
    let _end = End { desk: desk.clone(), survey_id, board: board.clone() };
    let mut last: Option<Picture> = None;
    while board.receiver_count() > 0 && !*stopping.borrow() {
        let rung = bell.notified();
        let read = desk.picture(survey_id).await;
        match read {
            Ok(picture) => {
                // the time of the reading alone is no change
                let same = last
                    .as_ref()
                    .is_some_and(|l| *l == Picture { at_us: l.at_us, ..picture.clone() });
                if !same {
                    last = Some(picture.clone());
                    board.send_replace(Some(Ok(Arc::new(picture))));
                }
            }
            Err(error) => {
                board.send_replace(Some(Err(error.to_string())));
            }
        }
        tokio::select! {
            () = async { tokio::join!(rung, tokio::time::sleep(EVERY)); } => {}
            () = tokio::time::sleep(EVERY * quiet) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Takes a board out when its painter ends, however it ends: with the last sender every watcher hears
/// that there is nothing more to see.
struct End {
    desk: Desk,
    survey_id: i64,
    board: watch::Sender<Shown>,
}

impl Drop for End {
    fn drop(&mut self) {
        let mut bells = self.desk.0.bells.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get_mut(&self.survey_id)
            && bell.board.as_ref().is_some_and(|board| board.same_channel(&self.board))
        {
            bell.board = None;
        }
    }
}

/// A subscription to a board.
pub struct Watch {
    shown: watch::Receiver<Shown>,
}

impl Watch {
    /// The next picture; waits for a change. None after the end of the board.
    pub async fn next(&mut self) -> Option<Result<Arc<Picture>>> {
        loop {
            let seen = self.shown.borrow_and_update().clone();
            if let Some(shown) = seen {
                return Some(shown.map_err(|why| Error::Busy(why.into())));
            }
            self.shown.changed().await.ok()?;
        }
    }

    /// Waits until there is something newer than what [`Watch::next`] gave.
    pub async fn changed(&mut self) -> bool {
        self.shown.changed().await.is_ok()
    }
}
