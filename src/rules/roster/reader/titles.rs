//! What titles tell about the lines below them, and what ends it.

use super::Sheet;
use crate::{
    model::Msg,
    msg,
    rules::roster::{
        header::shown_header,
        label::{has_grade, is_bare_class, mentions, same_class, short_mentions, with_grade},
        line::Above,
        title::{Reading, Title, read_title},
    },
};

impl Sheet {
    /// Takes a text above the header; answers the class if it names one.
    pub(super) fn take_text(&mut self, text: &str) -> Option<String> {
        self.part.hear(text);
        match read_title(text) {
            Reading::Title(title) => self.take_title(title),
            Reading::Nothing => {
                self.compare_short(text);
                None
            }
            Reading::Unclear => {
                self.take_unclear(text);
                None
            }
        }
    }

    /// Takes class, grade and teacher of a title; answers the class if it names one.
    pub(super) fn take_title(&mut self, title: Title) -> Option<String> {
        if !title.grade.is_empty() {
            self.take_grade(&title.grade);
        }
        let mut class = title.class;
        let doubtful = self.lost || self.doubtful || has_grade(&self.title.class);
        if is_bare_class(&class) && self.above.grade.is_empty() && doubtful {
            // of that grade, or of the next?
            self.break_off(&class);
            return None;
        }
        if !class.is_empty() {
            let grade = if is_bare_class(&class) && !self.above.grade.is_empty() {
                class = with_grade(&self.above.grade, &class);
                std::mem::take(&mut self.above.grade)
            } else {
                String::new()
            };
            // A teacher may be named above the first class.
            let another = class != self.title.class;
            if another && (self.lined || !self.title.class.is_empty()) {
                self.title = Title::default();
                self.above = Above::default();
                self.other_teacher = false;
            }
            (self.doubtful, self.clash, self.unclear) = (false, None, None);
            (self.unlined, self.lost) = (true, false);
            self.title.class.clone_from(&class);
            self.above.class.clone_from(&class);
            self.above.grade = grade;
        }
        if !title.teacher.is_empty() {
            self.title.teacher = title.teacher;
            self.above.staff.clear();
            self.above.staff_number.clear();
        }
        if !title.teacher_number.is_empty() {
            self.title.teacher_number = title.teacher_number;
        }
        Some(class).filter(|class| !class.is_empty())
    }

    /// The classes that follow are of a grade: `三年级` above `1班`.
    fn take_grade(&mut self, grade: &str) {
        self.title = Title::default();
        self.above = Above { grade: grade.to_owned(), ..Above::default() };
        self.lost = false;
        (self.doubtful, self.clash, self.unclear) = (false, None, None);
    }

    /// A title that names a class as a sheet is named, and another than this one is.
    fn compare_short(&mut self, text: &str) {
        let Some(sheet) = self.class.as_ref() else { return };
        if let Some(other) =
            short_mentions(text).into_iter().find(|other| !same_class(other, sheet))
        {
            self.clash = Some(msg!("roster.class_clash", sheet = sheet, title = other));
        }
    }

    /// A title that is not understood: of which class the lines below are nobody knows, unless it
    /// speaks of the sheet's class and no other.
    fn take_unclear(&mut self, text: &str) {
        if let (Some(sheet), Some(found)) = (&self.class, mentions(text))
            && !found.is_empty()
            && found.iter().all(|class| same_class(class, sheet))
        {
            return;
        }
        let class = self.class.take();
        self.forget_class();
        self.class = class;
        self.unclear = Some(unclear(text));
    }

    /// What follows is of no class or member of staff that is known.
    pub(super) fn forget_class(&mut self) {
        self.title = Title::default();
        self.above = Above::default();
        self.class = None;
        self.doubtful = false;
    }

    /// A row that is neither a line nor a title that is understood ends what was above it.
    pub(super) fn break_off(&mut self, text: &str) {
        self.forget_class();
        self.lost = true;
        self.unclear = Some(unclear(text));
    }

    /// Notes when the titles above the header name another class than the sheet does.
    pub(super) fn compare_names(&mut self) {
        let Some(sheet) = self.class.as_ref() else { return };
        let title = &self.title.class;
        if !title.is_empty() && !same_class(sheet, title) {
            self.clash = Some(msg!("roster.class_clash", sheet = sheet, title = title));
        }
    }
}

fn unclear(text: &str) -> Msg {
    msg!("roster.title_unclear", title = shown_header(text))
}
