//! AccessService.

use super::door::{Door, Write, answer, language};
use super::{page, status::status};
use crate::desk::{NewUser, UserChange, UserView};
use crate::error::Error;
use crate::model::Role;
use crate::msg;
use canvass_proto::v1::{access_service_server::AccessService, *};
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;

/// The role of a user as sent; unspecified is None.
fn role(sent: i32) -> Option<Role> {
    Role::of(sent.into())
}

fn user(u: UserView) -> User {
    User {
        user_id: u.user_id,
        name: u.name,
        role: u.role as i32,
        survey_ids: u.survey_ids,
        revoked: u.revoked,
        must_change_password: u.must_change,
    }
}

#[tonic::async_trait]
impl AccessService for Door {
    async fn sign_in(&self, request: Request<SignInRequest>) -> Reply<SignInResponse> {
        let lang = language(request.metadata());
        let m = request.into_inner();
        let done = self.desk.sign_in(&m.name, &m.secret, &m.new_password).await;
        let done = done.map_err(|e| status(e, lang))?;
        Ok(Response::new(SignInResponse {
            token: done.token,
            expires_us: done.expires_us,
            user: Some(user(done.user)),
        }))
    }

    async fn sign_out(&self, request: Request<SignOutRequest>) -> Reply<SignOutResponse> {
        let (who, _) = self.enter(request, "AccessService/SignOut").await?;
        answer(self.desk.sign_out(&who).await.map(|()| SignOutResponse {}), &who)
    }

    async fn who_am_i(&self, request: Request<WhoAmIRequest>) -> Reply<WhoAmIResponse> {
        let (who, _) = self.enter(request, "AccessService/WhoAmI").await?;
        let now_us = self.desk.now_us();
        let done = self.desk.who_am_i(&who).await;
        answer(done.map(|u| WhoAmIResponse { user: Some(user(u)), now_us }), &who)
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Reply<ChangePasswordResponse> {
        let (who, m) = self.enter(request, "AccessService/ChangePassword").await?;
        let work = async {
            let key = m.key("ChangePassword")?;
            self.desk.change_password(&who, &key, &m.old_password, &m.new_password).await?;
            Ok(ChangePasswordResponse {})
        };
        answer(work.await, &who)
    }

    async fn create_user(&self, request: Request<CreateUserRequest>) -> Reply<CreateUserResponse> {
        let (who, m) = self.enter(request, "AccessService/CreateUser").await?;
        let work = async {
            let key = m.key("CreateUser")?;
            let role =
                role(m.role).ok_or_else(|| Error::invalid("role", msg!("access.role_missing")))?;
            let new = NewUser { name: m.name, role, survey_ids: m.survey_ids };
            let (made, one_time_secret) = self.desk.create_user(&who, &key, new).await?;
            Ok(CreateUserResponse { user: Some(user(made)), one_time_secret })
        };
        answer(work.await, &who)
    }

    async fn update_user(&self, request: Request<UpdateUserRequest>) -> Reply<UpdateUserResponse> {
        let (who, m) = self.enter(request, "AccessService/UpdateUser").await?;
        let work = async {
            let key = m.key("UpdateUser")?;
            let change = UserChange {
                role: role(m.role),
                survey_ids: m.set_surveys.then_some(m.survey_ids),
                reset_secret: m.reset_secret,
            };
            let (made, one_time_secret) =
                self.desk.update_user(&who, &key, m.user_id, change).await?;
            Ok(UpdateUserResponse { user: Some(user(made)), one_time_secret })
        };
        answer(work.await, &who)
    }

    async fn list_users(&self, request: Request<ListUsersRequest>) -> Reply<ListUsersResponse> {
        let (who, m) = self.enter(request, "AccessService/ListUsers").await?;
        let work = async {
            let (after, limit) = page::read(&m.page_token, m.page_size)?;
            let users = self.desk.list_users(after, limit).await?;
            let next_page_token = page::next(&users, limit, |u| u.user_id);
            Ok(ListUsersResponse { users: users.into_iter().map(user).collect(), next_page_token })
        };
        answer(work.await, &who)
    }

    async fn revoke_user(&self, request: Request<RevokeUserRequest>) -> Reply<RevokeUserResponse> {
        let (who, m) = self.enter(request, "AccessService/RevokeUser").await?;
        let work = async {
            let key = m.key("RevokeUser")?;
            let gone = self.desk.revoke_user(&who, &key, m.user_id).await?;
            Ok(RevokeUserResponse { user: Some(user(gone)) })
        };
        answer(work.await, &who)
    }

    async fn create_token(
        &self,
        request: Request<CreateTokenRequest>,
    ) -> Reply<CreateTokenResponse> {
        let (who, m) = self.enter(request, "AccessService/CreateToken").await?;
        let work = async {
            let key = m.key("CreateToken")?;
            let days = i64::from(m.days);
            let (token, expires_us) =
                self.desk.create_token(&who, &key, m.user_id, days, &m.label).await?;
            Ok(CreateTokenResponse { token, expires_us })
        };
        answer(work.await, &who)
    }
}
