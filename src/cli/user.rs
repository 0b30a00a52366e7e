//! `canvass sign-in`, `user`, `token`: by the same calls as everybody's.

use super::{
    Done, Failure, Ui,
    remote::{Remote, request_id},
    say,
};
use crate::msg;
use canvass_proto::v1::{
    self, CreateTokenRequest, CreateUserRequest, ListUsersRequest, RevokeUserRequest,
    SignInRequest, UpdateUserRequest,
};
use clap::{Args, Subcommand, ValueEnum};
use std::io::{IsTerminal, Write};

/// Sign in and keep the token for the commands that follow.
///
/// The secret is read from the terminal or from standard input: one line; with a one-time secret a
/// second line with the new password.
///
/// Example: canvass sign-in admin --server http://127.0.0.1:7777
#[derive(Args)]
pub struct SignIn {
    /// User name
    name: String,
    #[command(flatten)]
    remote: Remote,
}

fn ask(what: &str) -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        let mut err = std::io::stderr();
        write!(err, "{what}: ")?;
        err.flush()?;
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl SignIn {
    pub async fn run(self, ui: Ui) -> Done {
        let mut access = self.remote.connect(ui).await?.access();
        let secret = ask("secret")?;
        let mut request = SignInRequest { name: self.name, secret, new_password: String::new() };
        let done = match access.sign_in(request.clone()).await {
            Err(status) if reason(&status) == "PASSWORD_CHANGE_REQUIRED" => {
                request.new_password = ask("new password (at least 10 characters)")?;
                access.sign_in(request).await?
            }
            other => other?,
        };
        let done = done.into_inner();
        self.remote.keep(&done.token)?;
        let name = done.user.map(|u| u.name).unwrap_or_default();
        if ui.json {
            println!("{}", serde_json::json!({"name": name, "expires_us": done.expires_us}));
        } else {
            let file = self.remote.token_file();
            say::told(ui, &msg!("cli.signed_in", name = name, file = file.display()))?;
        }
        Ok(())
    }
}

/// The machine-readable reason of a status.
pub fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Roles by name.
#[derive(Clone, Copy, ValueEnum)]
pub enum RoleArg {
    /// Phones
    Interviewer,
    /// Watches and steers
    Supervisor,
    /// Prepares and exports
    Administrator,
}

impl RoleArg {
    const fn role(self) -> v1::Role {
        match self {
            RoleArg::Interviewer => v1::Role::Interviewer,
            RoleArg::Supervisor => v1::Role::Supervisor,
            RoleArg::Administrator => v1::Role::Administrator,
        }
    }
}

/// Users.
#[derive(Subcommand)]
pub enum User {
    /// Add a user and print its one-time secret
    ///
    /// Example: canvass user add wang --role interviewer --survey 1
    Add {
        /// Name to sign in with
        name: String,
        /// What it may do
        #[arg(long, value_enum)]
        role: RoleArg,
        /// Surveys it may reach
        #[arg(long = "survey", value_name = "ID")]
        surveys: Vec<i64>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List users
    ///
    /// Example: canvass user list --json
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Change role, surveys or secret; every token of the user ends
    ///
    /// Example: canvass user update 3 --survey 1 --survey 4
    Update {
        /// Number of the user
        user_id: i64,
        /// New role
        #[arg(long, value_enum)]
        role: Option<RoleArg>,
        /// Surveys it may reach from now on, instead of those before
        #[arg(long = "survey", value_name = "ID")]
        surveys: Vec<i64>,
        /// Make a new one-time secret; the old password ends
        #[arg(long)]
        reset_secret: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Shut a user out at once
    ///
    /// Example: canvass user revoke 3
    Revoke {
        /// Number of the user
        user_id: i64,
        #[command(flatten)]
        remote: Remote,
    },
}

fn role_word(role: i32) -> &'static str {
    match v1::Role::try_from(role) {
        Ok(v1::Role::Interviewer) => "interviewer",
        Ok(v1::Role::Supervisor) => "supervisor",
        Ok(v1::Role::Administrator) => "administrator",
        Ok(v1::Role::Unspecified) | Err(_) => "",
    }
}

fn as_json(u: &v1::User) -> serde_json::Value {
    serde_json::json!({
        "user_id": u.user_id, "name": u.name, "role": role_word(u.role),
        "survey_ids": u.survey_ids, "revoked": u.revoked,
    })
}

impl User {
    pub async fn run(self, ui: Ui) -> Done {
        match self {
            User::Add { name, role, surveys, remote } => {
                let request = CreateUserRequest {
                    request_id: request_id()?,
                    name,
                    role: role.role() as i32,
                    survey_ids: surveys,
                };
                let made =
                    remote.connect(ui).await?.access().create_user(request).await?.into_inner();
                let user = made.user.unwrap_or_default();
                if ui.json {
                    let mut out = as_json(&user);
                    out["one_time_secret"] = made.one_time_secret.into();
                    println!("{out}");
                } else {
                    let once = msg!(
                        "cli.user_made",
                        user_id = user.user_id,
                        name = user.name,
                        secret = made.one_time_secret,
                    );
                    say::told(ui, &once)?;
                }
                Ok(())
            }
            User::Update { user_id, role, surveys, reset_secret, remote } => {
                let request = UpdateUserRequest {
                    request_id: request_id()?,
                    user_id,
                    role: role.map_or(0, |role| role.role() as i32),
                    set_surveys: !surveys.is_empty(),
                    survey_ids: surveys,
                    reset_secret,
                };
                update(&remote, ui, request).await
            }
            User::List { remote } => list(&remote, ui).await,
            User::Revoke { user_id, remote } => {
                let request = RevokeUserRequest { request_id: request_id()?, user_id };
                let gone =
                    remote.connect(ui).await?.access().revoke_user(request).await?.into_inner();
                let user = gone.user.unwrap_or_default();
                if ui.json {
                    println!("{}", as_json(&user));
                } else {
                    let out = msg!("cli.shut_out", user_id = user.user_id, name = user.name);
                    say::told(ui, &out)?;
                }
                Ok(())
            }
        }
    }
}

async fn update(remote: &Remote, ui: Ui, request: UpdateUserRequest) -> Done {
    let changed = remote.connect(ui).await?.access().update_user(request).await?.into_inner();
    let user = changed.user.unwrap_or_default();
    if ui.json {
        let mut out = as_json(&user);
        out["one_time_secret"] = changed.one_time_secret.into();
        return say::line(out);
    }
    if changed.one_time_secret.is_empty() {
        return say::told(ui, &msg!("cli.user_changed", user_id = user.user_id, name = user.name));
    }
    let (user_id, name, secret) = (user.user_id, user.name, changed.one_time_secret);
    say::told(ui, &msg!("cli.user_made", user_id = user_id, name = name, secret = secret))
}

async fn list(remote: &Remote, ui: Ui) -> Done {
    let mut access = remote.connect(ui).await?.access();
    let mut users = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = access.list_users(ListUsersRequest { page_size: 1000, page_token }).await?;
        let page = page.into_inner();
        users.extend(page.users);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if ui.json {
        println!("{}", serde_json::Value::from(users.iter().map(as_json).collect::<Vec<_>>()));
        return Ok(());
    }
    let mut table = say::table(ui, &["user", "name", "role", "surveys", "state"], &["user"]);
    for u in &users {
        let surveys: Vec<_> = u.survey_ids.iter().map(i64::to_string).collect();
        let state = if u.revoked { say::term(ui, "revoked") } else { "" };
        table.add_row([
            &u.user_id.to_string(),
            &u.name,
            role_word(u.role),
            &surveys.join(" "),
            state,
        ]);
    }
    say::line(table)
}

/// Tokens for programs.
#[derive(Subcommand)]
pub enum Token {
    /// Make a token with the rights of a user
    ///
    /// Example: canvass token create 3 --days 30 --label dashboard
    Create {
        /// Number of the user
        user_id: i64,
        /// Days until it ends
        #[arg(long)]
        days: i32,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        #[command(flatten)]
        remote: Remote,
    },
}

impl Token {
    pub async fn run(self, ui: Ui) -> Done {
        let Token::Create { user_id, days, label, remote } = self;
        let request = CreateTokenRequest { request_id: request_id()?, user_id, days, label };
        let made = remote.connect(ui).await?.access().create_token(request).await?.into_inner();
        if ui.json {
            println!("{}", serde_json::json!({"token": made.token, "expires_us": made.expires_us}));
        } else {
            say::told(ui, &msg!("cli.token", token = made.token))?;
        }
        Ok(())
    }
}
