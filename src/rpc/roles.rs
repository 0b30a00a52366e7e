//! The one table: which role each call needs at least. A call without a row is refused, and a test
//! walks the descriptor so that none lacks one.

use crate::model::Role;

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    /// Anybody, without a token.
    Nobody,
    /// Users of this role and above.
    Role(Role),
}

const ANYONE: Least = Least::Role(Role::Interviewer);
const INTERVIEWER: Least = Least::Role(Role::Interviewer);
const SUPERVISOR: Least = Least::Role(Role::Supervisor);
const ADMINISTRATOR: Least = Least::Role(Role::Administrator);

/// Every call, `Service/Method`, with its least role.
pub const TABLE: &[(&str, Least)] = &[
    ("AccessService/SignIn", Least::Nobody),
    ("AccessService/SignOut", ANYONE),
    ("AccessService/WhoAmI", ANYONE),
    ("AccessService/ChangePassword", ANYONE),
    ("AccessService/CreateUser", ADMINISTRATOR),
    ("AccessService/UpdateUser", ADMINISTRATOR),
    ("AccessService/ListUsers", ADMINISTRATOR),
    ("AccessService/RevokeUser", ADMINISTRATOR),
    ("AccessService/CreateToken", ADMINISTRATOR),
    ("InterviewingService/ListMySurveys", INTERVIEWER),
    ("InterviewingService/GetQuestionnaire", INTERVIEWER),
    ("InterviewingService/PullAssignment", INTERVIEWER),
    ("InterviewingService/ListHeldAssignments", INTERVIEWER),
    ("InterviewingService/ExtendAssignment", INTERVIEWER),
    ("InterviewingService/ReleaseAssignment", INTERVIEWER),
    ("InterviewingService/StartInterview", INTERVIEWER),
    ("InterviewingService/SaveAnswers", INTERVIEWER),
    ("InterviewingService/SubmitInterview", INTERVIEWER),
    ("InterviewingService/RecordAttempt", INTERVIEWER),
    ("SupervisionService/GetProgress", SUPERVISOR),
    ("SupervisionService/WatchProgress", SUPERVISOR),
    ("SupervisionService/ListCases", SUPERVISOR),
    ("SupervisionService/GetCase", SUPERVISOR),
    ("SupervisionService/RevokeAssignment", SUPERVISOR),
    ("SupervisionService/ReleaseReserves", SUPERVISOR),
    ("SupervisionService/ListQuarantine", SUPERVISOR),
    ("SupervisionService/ResolveQuarantine", SUPERVISOR),
    ("SupervisionService/ListSeats", SUPERVISOR),
    ("AdministrationService/CreateSurvey", ADMINISTRATOR),
    ("AdministrationService/GetSurvey", ADMINISTRATOR),
    ("AdministrationService/ListSurveys", ADMINISTRATOR),
    ("AdministrationService/UpdateSurvey", ADMINISTRATOR),
    ("AdministrationService/ChangeSurveyState", ADMINISTRATOR),
    ("AdministrationService/ImportRoster", ADMINISTRATOR),
    ("AdministrationService/GetImport", ADMINISTRATOR),
    ("AdministrationService/PublishQuestionnaire", ADMINISTRATOR),
    ("AdministrationService/PublishScheme", ADMINISTRATOR),
    ("AdministrationService/FreezeFrame", ADMINISTRATOR),
    ("AdministrationService/PlanDraw", ADMINISTRATOR),
    ("AdministrationService/CommitDesign", ADMINISTRATOR),
    ("AdministrationService/CommitSeed", ADMINISTRATOR),
    ("AdministrationService/DrawSample", ADMINISTRATOR),
    ("AdministrationService/ListDraws", ADMINISTRATOR),
    ("AdministrationService/CorrectInterview", ADMINISTRATOR),
    ("AdministrationService/WithdrawInterview", ADMINISTRATOR),
    ("ReportingService/GetScores", SUPERVISOR),
    ("ReportingService/ExportScores", SUPERVISOR),
    ("ReportingService/ExportInterviews", SUPERVISOR),
    ("ReportingService/ExportAttempts", SUPERVISOR),
    ("ReportingService/ExportDraw", SUPERVISOR),
];

/// The least role of a call; None means that it is not in the table and refused.
pub fn least(call: &str) -> Option<Least> {
    TABLE.iter().find(|(known, _)| *known == call).map(|(_, least)| *least)
}
