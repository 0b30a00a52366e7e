//! The listening server: limits on every connection, TLS, health, reflection, a graceful stop.

use super::{
    calls::{Calls, CountCalls},
    door::Door,
};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::msg;
use canvass_proto::{FILE_DESCRIPTOR_SET, v1};
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tonic::transport::{
    Identity, Server, ServerTlsConfig,
    server::{Router, TcpIncoming},
};

/// Largest message an interviewer or supervisor may send.
const MESSAGE_MAX: usize = 256 * 1024;
/// Largest message of administration: a questionnaire or a piece of a file.
const ADMIN_MESSAGE_MAX: usize = 1024 * 1024;

/// Certificate chain and key, PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Certificate chain.
    pub cert: Vec<u8>,
    /// Private key.
    pub key: Vec<u8>,
}

/// Where to listen.
pub struct Listen {
    /// A bound listener, so that a test can take any free port.
    pub listener: TcpListener,
    /// TLS, or plain text.
    pub tls: Option<Tls>,
    /// Where calls are counted, if anybody asks for that.
    pub calls: Option<Arc<Calls>>,
}

impl Tls {
    /// The configuration of the listener.
    ///
    /// # Errors
    /// A certificate or key that cannot be used, with the reason.
    fn config(&self) -> Result<ServerTlsConfig> {
        let refuse =
            |field: &str, why: String| Error::invalid(field, msg!("serve.bad_tls", why = why));
        for (field, pem, kind) in [
            ("tls-cert", &self.cert, "CERTIFICATE-----"),
            ("tls-key", &self.key, "PRIVATE KEY-----"),
        ] {
            if !String::from_utf8_lossy(pem).contains(kind) {
                return Err(refuse(
                    field,
                    format!("no PEM block of a {}", kind.trim_end_matches('-')),
                ));
            }
        }
        let config = ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.cert, &self.key))
            .timeout(Duration::from_secs(5));
        // judged now, so that nothing is made on the way to a server that cannot start
        Server::builder().tls_config(config.clone()).map_err(|error| {
            let mut at: &dyn std::error::Error = &error;
            while let Some(inner) = at.source() {
                at = inner;
            }
            refuse("tls-cert, tls-key", at.to_string())
        })?;
        Ok(config)
    }
}

impl Listen {
    /// Binds an address. One that others can reach needs TLS, unless plain text is asked for.
    pub async fn bind(address: SocketAddr, tls: Option<Tls>, plaintext: bool) -> Result<Listen> {
        if tls.is_none() && !plaintext && !address.ip().is_loopback() {
            return Err(Error::invalid("listen", msg!("serve.needs_tls", address = address)));
        }
        if let Some(tls) = &tls {
            tls.config()?;
        }
        let listener = TcpListener::bind(address).await.map_err(|e| {
            Error::invalid("listen", msg!("serve.bind", address = address, why = e))
        })?;
        Ok(Listen { listener, tls, calls: None })
    }
}

/// The builder with every limit that is off by default: without them a client could open streams or
/// force resets without end.
fn limited() -> Server {
    Server::builder()
        .max_concurrent_streams(Some(64))
        .http2_max_local_error_reset_streams(Some(256))
        .http2_max_pending_accept_reset_streams(Some(20))
        .http2_max_header_list_size(Some(16 * 1024))
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_connection_age(Duration::from_secs(3600))
        .max_connection_age_grace(Duration::from_secs(60))
}

/// Serves until `stop` resolves, then finishes what is under way within ten seconds.
pub async fn serve(
    desk: Desk,
    listen: Listen,
    stop: impl Future<Output = ()> + Send,
) -> Result<()> {
    let door = Door { desk: desk.clone() };
    let mut server = limited();
    if let Some(tls) = listen.tls {
        server = server.tls_config(tls.config()?).map_err(|e| Error::Internal(e.into()))?;
    }
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(Error::defect)?;
    let mut server = server.layer(CountCalls(listen.calls));
    let router = services(server.add_service(health_service).add_service(reflection), door);
    let (told, mut heard) = tokio::sync::watch::channel(false);
    let stopping = async move {
        stop.await;
        desk.stop();
        health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
        let _ = told.send(true);
    };
    // without it an answer of several small frames waits for the client's delayed acknowledgement
    let incoming = TcpIncoming::from(listen.listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(Duration::from_secs(60)));
    let serving = router.serve_with_incoming_shutdown(incoming, stopping);
    let deadline = async {
        // an error means that the sender is gone: the server has ended by itself
        if heard.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    };
    tokio::select! {
        done = serving => done.map_err(|e| Error::Internal(e.into())),
        () = deadline => Ok(()),
    }
}

/// The five services, each with its limit on what a client may send.
fn services<L>(router: Router<L>, door: Door) -> Router<L> {
    use v1::{
        access_service_server::AccessServiceServer,
        administration_service_server::AdministrationServiceServer,
        interviewing_service_server::InterviewingServiceServer,
        reporting_service_server::ReportingServiceServer,
        supervision_service_server::SupervisionServiceServer,
    };
    router
        .add_service(AccessServiceServer::new(door.clone()).max_decoding_message_size(MESSAGE_MAX))
        .add_service(
            InterviewingServiceServer::new(door.clone()).max_decoding_message_size(MESSAGE_MAX),
        )
        .add_service(
            SupervisionServiceServer::new(door.clone()).max_decoding_message_size(MESSAGE_MAX),
        )
        .add_service(
            AdministrationServiceServer::new(door.clone())
                .max_decoding_message_size(ADMIN_MESSAGE_MAX),
        )
        .add_service(ReportingServiceServer::new(door).max_decoding_message_size(MESSAGE_MAX))
}
