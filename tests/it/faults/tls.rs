//! TLS: a client that trusts the certificate signs in; plain text and strangers get nowhere.

use crate::floor::{
    Kind, PASSWORD, Place,
    child::{Ended, free_port},
};
use canvass_proto::v1::{SignInRequest, access_service_client::AccessServiceClient};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

fn request(secret: &str) -> SignInRequest {
    SignInRequest { name: "admin".into(), secret: secret.into(), new_password: PASSWORD.into() }
}

/// The command line, with the authority or without; its exit code.
fn sign_in(place: &Place, port: u16, ca: Option<&Path>) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass"));
    command.args(["sign-in", "admin", "--server", &format!("https://localhost:{port}")]);
    command.arg("--token-file").arg(place.path("token"));
    if let Some(ca) = ca {
        command.arg("--tls-ca").arg(ca);
    }
    let quiet = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().unwrap();
    // it may end before it reads
    let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    child.wait().unwrap().code()
}

/// The command line with an address of plain text; its exit code and what it says.
fn plain_sign_in(place: &Place, port: u16) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass"));
    command.args(["survey", "list", "--server", &format!("http://localhost:{port}")]);
    command.arg("--token-file").arg(place.path("token"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_certificate_speaks_tls_only() {
    let place = Place::new(Kind::Sqlite);
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (cert, key) = (place.path("cert.pem"), place.path("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let port = free_port().port();
    let server = Command::new(env!("CARGO_BIN_EXE_canvass"))
        .args(["serve", "--db", &place.url, "--listen", &format!("0.0.0.0:{port}")])
        .args(["--log", "warn", "--tls-cert"])
        .arg(&cert)
        .arg("--tls-key")
        .arg(&key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Ended(server);
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(made.cert.pem()));
    let secure = Endpoint::from_shared(format!("https://localhost:{port}")).unwrap();
    let trusted = secure.clone().tls_config(trusting).unwrap();
    let mut channel: Option<Channel> = None;
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        if let Ok(open) = trusted.connect().await {
            channel = Some(open);
            break;
        }
    }
    let secret = fs::read_to_string(place.path("admin-secret")).unwrap();
    let signed = AccessServiceClient::new(channel.expect("a TLS connection"))
        .sign_in(request(secret.trim()))
        .await
        .unwrap();
    assert_eq!(signed.into_inner().token.len(), 43);
    let stranger = secure.tls_config(ClientTlsConfig::new()).unwrap().connect().await;
    assert!(stranger.is_err(), "a certificate that nobody vouches for was taken");
    let plain = Endpoint::from_shared(format!("http://localhost:{port}")).unwrap();
    if let Ok(open) = plain.connect().await {
        let refused = AccessServiceClient::new(open).sign_in(request(PASSWORD)).await;
        assert!(refused.is_err(), "plain text was answered");
    }
    let (code, said) = plain_sign_in(&place, port);
    assert_eq!(code, Some(1));
    assert!(said.contains("https://"), "{said}");
    assert_eq!(sign_in(&place, port, Some(&cert)), Some(0));
    assert_eq!(sign_in(&place, port, None), Some(2), "wrong use: no authority named");
}
