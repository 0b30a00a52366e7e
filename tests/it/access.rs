//! Who may come in: sign-in, tokens, roles, over real gRPC.

use crate::floor::{EVENING_US, Floor, KINDS, Kind, PASSWORD, id, reason, with};
use canvass::rpc::{Least, TABLE, least};
use canvass_proto::{FILE_DESCRIPTOR_SET, v1};
use prost::Message;
use tonic::Code;

const HOUR_US: i64 = 3_600_000_000;

#[test]
fn every_call_has_a_least_role() {
    let set = prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let mut calls = Vec::new();
    for file in set.file.iter().filter(|f| f.package() == "canvass.v1") {
        for service in &file.service {
            for method in &service.method {
                calls.push(format!("{}/{}", service.name(), method.name()));
            }
        }
    }
    assert_eq!(calls.len(), 50);
    for call in &calls {
        assert!(least(call).is_some(), "{call} has no row in the table of roles");
    }
    assert_eq!(TABLE.len(), calls.len(), "the table names calls that do not exist");
    let open: Vec<_> = TABLE.iter().filter(|(_, least)| *least == Least::Nobody).collect();
    assert_eq!(open.len(), 1, "only SignIn answers without a token: {open:?}");
}

#[tokio::test]
async fn a_one_time_secret_needs_a_new_password_and_works_once() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let made = floor
            .access()
            .await
            .create_user(with(
                &floor.admin,
                v1::CreateUserRequest {
                    request_id: id(),
                    name: "小王".into(),
                    role: v1::Role::Interviewer as i32,
                    survey_ids: vec![],
                },
            ))
            .await
            .unwrap()
            .into_inner();
        let secret = made.one_time_secret;
        assert_eq!(secret.len(), 23);
        let mut access = floor.access().await;
        let mut sign_in = async |secret: &str, new: &str| {
            access
                .sign_in(v1::SignInRequest {
                    name: "小王".into(),
                    secret: secret.into(),
                    new_password: new.into(),
                })
                .await
        };
        let refused = sign_in(&secret, "").await.unwrap_err();
        assert_eq!(reason(&refused), "PASSWORD_CHANGE_REQUIRED");
        assert_eq!(sign_in(&secret, "short").await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(sign_in(&secret, &secret).await.unwrap_err().code(), Code::InvalidArgument);
        let token = sign_in(&secret, PASSWORD).await.unwrap().into_inner().token;
        assert_eq!(token.len(), 43);
        assert_eq!(sign_in(&secret, PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!(sign_in(PASSWORD, "").await.unwrap().into_inner().token.len(), 43);
    }
}

async fn lives(floor: &Floor, token: &str) -> bool {
    floor.access().await.who_am_i(with(token, v1::WhoAmIRequest {})).await.is_ok()
}

#[tokio::test]
async fn a_token_ends_by_sign_out_expiry_password_change_and_revocation() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let mut access = floor.access().await;
        let (user_id, first) = floor.user("li", v1::Role::Supervisor, &[]).await;
        assert!(lives(&floor, &first).await);
        access.sign_out(with(&first, v1::SignOutRequest {})).await.unwrap();
        assert!(!lives(&floor, &first).await);

        let second = floor.sign_in("li", PASSWORD, "").await;
        let third = floor.sign_in("li", PASSWORD, "").await;
        let change = v1::ChangePasswordRequest {
            old_password: PASSWORD.into(),
            new_password: "another good one".into(),
            request_id: id(),
        };
        access.change_password(with(&second, change)).await.unwrap();
        assert!(!lives(&floor, &second).await && !lives(&floor, &third).await);

        let fourth = floor.sign_in("li", "another good one", "").await;
        floor.desk.clock().set(EVENING_US + 12 * HOUR_US - 1);
        assert!(lives(&floor, &fourth).await);
        floor.desk.clock().set(EVENING_US + 12 * HOUR_US);
        assert!(!lives(&floor, &fourth).await, "12 hours are over");

        let admin = floor.sign_in("admin", PASSWORD, "").await;
        let fifth = floor.sign_in("li", "another good one", "").await;
        let revoke = v1::RevokeUserRequest { request_id: id(), user_id };
        access.revoke_user(with(&admin, revoke)).await.unwrap();
        assert!(!lives(&floor, &fifth).await);
        let again = v1::SignInRequest {
            name: "li".into(),
            secret: "another good one".into(),
            new_password: String::new(),
        };
        assert_eq!(access.sign_in(again).await.unwrap_err().code(), Code::Unauthenticated);
        let tokens = access
            .create_token(with(
                &admin,
                v1::CreateTokenRequest {
                    request_id: id(),
                    user_id: 1,
                    days: 30,
                    label: "board".into(),
                },
            ))
            .await
            .unwrap()
            .into_inner();
        floor.desk.clock().set(EVENING_US + 24 * 29 * HOUR_US);
        assert!(lives(&floor, &tokens.token).await);
        floor.desk.clock().set(EVENING_US + 24 * 31 * HOUR_US);
        assert!(!lives(&floor, &tokens.token).await);
    }
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_secret_answer_alike_and_tries_are_bounded() {
    let floor = Floor::new(Kind::Sqlite).await;
    let mut access = floor.access().await;
    let mut wrong = async |name: &str| {
        let request = v1::SignInRequest {
            name: name.into(),
            secret: "not this one".into(),
            new_password: String::new(),
        };
        access.sign_in(request).await.unwrap_err()
    };
    for name in ["admin", "nobody"] {
        let first = wrong(name).await;
        assert_eq!(
            (first.code(), first.message()),
            (Code::Unauthenticated, "wrong name or secret")
        );
        for _ in 0..9 {
            wrong(name).await;
        }
        assert_eq!(wrong(name).await.code(), Code::ResourceExhausted, "{name}");
    }
    floor.desk.clock().set(EVENING_US + HOUR_US);
    assert_eq!(wrong("admin").await.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_repeated_write_answers_again_and_another_content_is_refused() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let mut access = floor.access().await;
        let request = v1::CreateUserRequest {
            request_id: id(),
            name: "zhang".into(),
            role: v1::Role::Interviewer as i32,
            survey_ids: vec![],
        };
        let first = access.create_user(with(&floor.admin, request.clone())).await.unwrap();
        let again = access.create_user(with(&floor.admin, request.clone())).await.unwrap();
        assert_eq!(first.get_ref().user, again.get_ref().user);
        assert!(again.get_ref().one_time_secret.is_empty(), "secrets are not kept");
        let other = v1::CreateUserRequest { name: "zhao".into(), ..request.clone() };
        let refused = access.create_user(with(&floor.admin, other)).await.unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
        let no_id = v1::CreateUserRequest { request_id: "7".into(), ..request };
        let refused = access.create_user(with(&floor.admin, no_id)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let users = access.list_users(with(&floor.admin, v1::ListUsersRequest::default())).await;
        assert_eq!(users.unwrap().into_inner().users.len(), 2);
    }
}
