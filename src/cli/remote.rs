//! The way to a running server: address, token, language.

use super::{Failure, Ui};
use crate::config::write_private;
use crate::msg;
use canvass_proto::v1::{
    access_service_client::AccessServiceClient,
    administration_service_client::AdministrationServiceClient,
    interviewing_service_client::InterviewingServiceClient,
    reporting_service_client::ReportingServiceClient,
    supervision_service_client::SupervisionServiceClient,
};
use clap::Args;
use std::path::PathBuf;
use tonic::{
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

/// Which server, and as whom.
#[derive(Args, Clone)]
pub struct Remote {
    /// Address of the server
    #[arg(long, env = "CANVASS_SERVER", default_value = "http://127.0.0.1:7777")]
    server: String,
    /// Token to use instead of the one kept by sign-in
    #[arg(long, env = "CANVASS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Where sign-in keeps the token
    #[arg(long, env = "CANVASS_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Certificate authority of the server (PEM), for https addresses
    #[arg(long, env = "CANVASS_TLS_CA")]
    tls_ca: Option<PathBuf>,
    /// Home of the kept token when --token-file is not given
    #[arg(long, env = "HOME", hide = true, default_value = ".")]
    home: PathBuf,
}

/// Adds token and language to every call.
#[derive(Clone)]
pub struct Greeting {
    token: Option<MetadataValue<tonic::metadata::Ascii>>,
    lang: MetadataValue<tonic::metadata::Ascii>,
}

impl Interceptor for Greeting {
    fn call(
        &mut self,
        mut request: tonic::Request<()>,
    ) -> Result<tonic::Request<()>, tonic::Status> {
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request.metadata_mut().insert("accept-language", self.lang.clone());
        Ok(request)
    }
}

/// A channel that greets.
pub type Wire = InterceptedService<Channel, Greeting>;

/// A connected server.
pub struct Connection {
    wire: Wire,
}

impl Remote {
    /// The file in which sign-in keeps the token.
    pub fn token_file(&self) -> PathBuf {
        self.token_file.clone().unwrap_or_else(|| self.home.join(".canvass-token"))
    }

    /// Keeps a token, readable by its owner only.
    pub fn keep(&self, token: &str) -> Result<(), Failure> {
        let path = self.token_file();
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        write_private(&path, &format!("{token}\n")).map_err(|e| Failure::Failed(e.to_string()))
    }

    /// The server, not yet connected.
    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        let bad = |e: tonic::transport::Error| {
            Failure::Use(format!("cannot reach {}: {}", self.server, root(&e)))
        };
        let mut endpoint = Endpoint::from_shared(self.server.clone()).map_err(bad)?;
        if self.tls_ca.is_none() && self.server.starts_with("https:") {
            return Err(Failure::Wrong(msg!("cli.needs_ca")));
        }
        if let Some(path) = &self.tls_ca {
            let unusable =
                |why: String| Failure::Use(format!("--tls-ca {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|e| unusable(e.to_string()))?;
            if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
                return Err(unusable("no certificate in it (PEM)".to_owned()));
            }
            let ca = Certificate::from_pem(pem);
            let tls = ClientTlsConfig::new().ca_certificate(ca);
            endpoint = endpoint.tls_config(tls).map_err(bad)?;
        }
        Ok(endpoint.tcp_nodelay(true))
    }

    /// The token given, or the one kept.
    pub fn token(&self) -> Option<String> {
        let kept = || std::fs::read_to_string(self.token_file()).ok();
        Some(self.token.clone().or_else(kept)?.trim().to_owned())
    }

    async fn channel(&self) -> Result<Channel, Failure> {
        self.endpoint()?.connect().await.map_err(|e| {
            let why = root(&e);
            if why.contains("certificate") || why.contains("Cert") || why.contains("CaUsed") {
                let server = &self.server;
                return Failure::Broken(msg!("cli.bad_certificate", server = server, why = why));
            }
            Failure::Broken(msg!("cli.no_server", server = self.server, why = root(&e)))
        })
    }

    /// Connects, with the token if there is one.
    pub async fn connect(&self, ui: Ui) -> Result<Connection, Failure> {
        let token = match self.token().map(|token| format!("Bearer {token}")) {
            Some(text) => Some(text.parse().map_err(|_| Failure::Use("malformed token".into()))?),
            None => None,
        };
        let lang = MetadataValue::from_static(ui.lang.tag());
        let wire = InterceptedService::new(self.channel().await?, Greeting { token, lang });
        Ok(Connection { wire })
    }
}

/// The innermost cause, which is the one people can act on.
fn root(error: &dyn std::error::Error) -> String {
    let mut at: &dyn std::error::Error = error;
    while let Some(inner) = at.source() {
        at = inner;
    }
    at.to_string()
}

/// Largest answer taken; boards are bounded by the server at 1 MiB.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

impl Connection {
    /// Users and tokens.
    pub fn access(&self) -> AccessServiceClient<Wire> {
        AccessServiceClient::new(self.wire.clone())
    }

    /// Surveys, rosters, draws.
    pub fn administration(&self) -> AdministrationServiceClient<Wire> {
        AdministrationServiceClient::new(self.wire.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    /// What every role may ask.
    pub fn interviewing(&self) -> InterviewingServiceClient<Wire> {
        InterviewingServiceClient::new(self.wire.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    /// Progress and cases.
    pub fn supervision(&self) -> SupervisionServiceClient<Wire> {
        SupervisionServiceClient::new(self.wire.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    /// Exports.
    pub fn reporting(&self) -> ReportingServiceClient<Wire> {
        ReportingServiceClient::new(self.wire.clone()).max_decoding_message_size(ANSWER_MAX)
    }
}

/// A fresh request id.
pub fn request_id() -> Result<String, Failure> {
    let bytes = crate::chance::Chance::system().bytes::<16>();
    let bytes = bytes.map_err(|e| Failure::Failed(e.to_string()))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}
