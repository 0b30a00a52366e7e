//! Every call, with every kind of token: the expected codes stand here, written by hand.

use crate::floor::{Floor, KINDS, Kind, id, school::Plan};
use canvass::rpc::TABLE;
use prost::bytes::Bytes;
use tonic::{Code, Request, client::Grpc, codegen::http::uri::PathAndQuery, transport::Channel};

/// Sends raw bytes and takes raw bytes, so that one loop can make every call.
#[derive(Default, Clone)]
struct Raw;

struct RawCoder;

impl tonic::codec::Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = RawCoder;
    type Decoder = RawCoder;
    fn encoder(&mut self) -> RawCoder {
        RawCoder
    }
    fn decoder(&mut self) -> RawCoder {
        RawCoder
    }
}

impl tonic::codec::Encoder for RawCoder {
    type Item = Bytes;
    type Error = tonic::Status;
    fn encode(
        &mut self,
        item: Bytes,
        to: &mut tonic::codec::EncodeBuf<'_>,
    ) -> Result<(), Self::Error> {
        use prost::bytes::BufMut;
        to.put(item);
        Ok(())
    }
}

impl tonic::codec::Decoder for RawCoder {
    type Item = Bytes;
    type Error = tonic::Status;
    fn decode(
        &mut self,
        from: &mut tonic::codec::DecodeBuf<'_>,
    ) -> Result<Option<Bytes>, Self::Error> {
        use prost::bytes::Buf;
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// `survey_id` as field `number`, a varint.
fn with_survey(number: u8, survey_id: i64) -> Bytes {
    let mut out = vec![number << 3];
    let mut rest = survey_id as u64;
    while rest >= 0x80 {
        out.push((rest as u8 & 0x7f) | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    Bytes::from(out)
}

async fn call(channel: &Channel, name: &str, token: Option<&str>, message: Bytes) -> Code {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path = format!("/canvass.v1.{name}").parse::<PathAndQuery>().unwrap();
    let mut request = Request::new(tokio_stream::once(message));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    match grpc.streaming(request, path, Raw).await {
        Err(status) => status.code(),
        Ok(reply) => match reply.into_inner().message().await {
            Err(status) => status.code(),
            Ok(_) => Code::Ok,
        },
    }
}

/// The number of the field `survey_id` in the request of a call, 0 where it has none.
fn survey_field(name: &str) -> u8 {
    use prost::Message;
    let set = prost_types::FileDescriptorSet::decode(canvass_proto::FILE_DESCRIPTOR_SET).unwrap();
    let method = name.split('/').nth(1).unwrap();
    let wanted = format!("{method}Request");
    let messages = set.file.iter().flat_map(|f| &f.message_type);
    let request = messages.into_iter().find(|m| m.name() == wanted).unwrap();
    let field = request.field.iter().find(|f| f.name() == "survey_id");
    field.map_or(0, |f| u8::try_from(f.number()).unwrap())
}

/// Least role by hand: 0 nobody, 1 interviewer, 2 supervisor, 3 administrator.
const EXPECTED: &[(&str, u8)] = &[
    ("SignIn", 0),
    ("SignOut", 1),
    ("WhoAmI", 1),
    ("ChangePassword", 1),
    ("CreateUser", 3),
    ("UpdateUser", 3),
    ("ListUsers", 3),
    ("RevokeUser", 3),
    ("CreateToken", 3),
    ("ListMySurveys", 1),
    ("GetQuestionnaire", 1),
    ("PullAssignment", 1),
    ("ListHeldAssignments", 1),
    ("ExtendAssignment", 1),
    ("ReleaseAssignment", 1),
    ("StartInterview", 1),
    ("SaveAnswers", 1),
    ("SubmitInterview", 1),
    ("RecordAttempt", 1),
    ("GetProgress", 2),
    ("WatchProgress", 2),
    ("ListCases", 2),
    ("GetCase", 2),
    ("RevokeAssignment", 2),
    ("ReleaseReserves", 2),
    ("ListQuarantine", 2),
    ("ResolveQuarantine", 2),
    ("ListSeats", 2),
    ("CreateSurvey", 3),
    ("GetSurvey", 3),
    ("ListSurveys", 3),
    ("UpdateSurvey", 3),
    ("ChangeSurveyState", 3),
    ("ImportRoster", 3),
    ("GetImport", 3),
    ("PublishQuestionnaire", 3),
    ("PublishScheme", 3),
    ("FreezeFrame", 3),
    ("PlanDraw", 3),
    ("CommitDesign", 3),
    ("CommitSeed", 3),
    ("DrawSample", 3),
    ("ListDraws", 3),
    ("CorrectInterview", 3),
    ("WithdrawInterview", 3),
    ("GetScores", 2),
    ("ExportScores", 2),
    ("ExportInterviews", 2),
    ("ExportAttempts", 2),
    ("ExportDraw", 2),
];

#[tokio::test]
async fn every_call_answers_every_token_as_the_table_says() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let other = floor.drafted(&Plan { name: "other", ..Plan::default() }).await;
        use canvass_proto::v1::Role;
        let (_, interviewer) = floor.user("i", Role::Interviewer, &[survey_id]).await;
        let (_, supervisor) = floor.user("s", Role::Supervisor, &[survey_id]).await;
        let (_, admin) = floor.user("a", Role::Administrator, &[]).await;
        let (gone, revoked) = floor.user("r", Role::Administrator, &[]).await;
        let revoke = canvass_proto::v1::RevokeUserRequest { request_id: id(), user_id: gone };
        let mut access = floor.access().await;
        access.revoke_user(crate::floor::with(&floor.admin, revoke)).await.unwrap();
        let expired = floor.token_of("e", survey_id, &floor.admin).await;
        let channel = floor.channel().await;
        let now = floor.desk.now_us();
        for (name, _) in TABLE {
            let method = name.split('/').nth(1).unwrap();
            let (_, least) = EXPECTED.iter().find(|(m, _)| *m == method).expect(method);
            let field = survey_field(name);
            let message = |survey: i64| {
                if field == 0 { Bytes::new() } else { with_survey(field, survey) }
            };
            let none = [None, Some("garbage"), Some(revoked.as_str())];
            for token in none {
                let code = call(&channel, name, token, message(survey_id)).await;
                if *least == 0 {
                    assert_eq!(code, Code::Unauthenticated, "{name}: an empty name and secret");
                } else {
                    assert_eq!(code, Code::Unauthenticated, "{name} with {token:?}");
                }
            }
            floor.desk.clock().set(now + 400 * 86_400_000_000);
            let code = call(&channel, name, Some(&expired), message(survey_id)).await;
            floor.desk.clock().set(now);
            assert_eq!(code, Code::Unauthenticated, "{name} with an expired token");
            // SignOut would end the tokens that the next calls need
            if method == "SignOut" || *least == 0 {
                continue;
            }
            for (role, token) in [(1, &interviewer), (2, &supervisor), (3, &admin)] {
                let code = call(&channel, name, Some(token), message(survey_id)).await;
                if role < *least {
                    assert_eq!(code, Code::PermissionDenied, "{name} as role {role}");
                    continue;
                }
                let refused = [Code::PermissionDenied, Code::Unauthenticated, Code::Unimplemented];
                assert!(!refused.contains(&code), "{name} as role {role}: {code:?}");
                // a survey that is not theirs, and one that is not there, answer alike
                if field != 0 && role < 3 && method != "ListHeldAssignments" {
                    let foreign = call(&channel, name, Some(token), message(other)).await;
                    let missing = call(&channel, name, Some(token), message(4711)).await;
                    assert_eq!((foreign, missing), (Code::NotFound, Code::NotFound), "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_phone_is_whole_for_its_live_holder_alone() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = floor.fielded(&Plan::default()).await;
    let mut seat = floor.seat("a", survey_id).await;
    let case = seat.pull().await;
    assert!(case.phones[0].number.starts_with("+86138"));
    let mut supervision = floor.supervision().await;
    use canvass_proto::v1;
    let request = v1::GetCaseRequest { survey_id, case_no: case.lease.unwrap().case_no };
    let seen = supervision.get_case(crate::floor::with(&floor.admin, request)).await.unwrap();
    let number = &seen.into_inner().case.unwrap().phones[0].number;
    let last = &case.phones[0].number[case.phones[0].number.len() - 4..];
    assert_eq!(number, &format!("138****{last}"));
    floor.desk.clock().set(floor.desk.now_us() + 91_000_000);
    assert!(seat.held().await.is_empty(), "an expired holder sees nothing");
}
