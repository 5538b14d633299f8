//! The sandbox, called without a socket, and grants that it accepts.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde_json::{Value, json};
use systemuser_demo::sandbox::{self, SandboxOptions};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::program::project_text;

pub(super) const ADDRESS: &str = "http://127.0.0.1:7070/";
pub(super) const CLIENT: &str = "7ee41fce-9f6e-4c32-8195-0fe2c1517f43";

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let block = pem::parse(project_text("mp-key.pem.example")).unwrap();
    RsaKeyPair::from_pkcs8(block.contents()).unwrap()
});

/// A signed token with these bytes as header and claims.
pub(super) fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn header() -> Value {
    json!({ "alg": "RS256", "kid": "sandbox-example" })
}

/// The claims of a grant that the sandbox accepts once.
pub(super) fn claims(scope: &str) -> Value {
    let now = Utc::now().timestamp();
    let jti = uuid::Uuid::new_v4().to_string();
    json!({ "aud": ADDRESS, "iss": CLIENT, "scope": scope, "iat": now, "exp": now + 100, "jti": jti })
}

pub(super) struct Sandbox {
    router: Router,
    runtime: Runtime,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Sandbox {
    pub(super) fn start() -> Self {
        let router = sandbox::router(ADDRESS.to_owned(), SandboxOptions::default());
        Self { router, runtime: Builder::new_current_thread().build().unwrap() }
    }

    pub(super) fn call(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
        })
    }

    pub(super) fn post_form(&self, path: &str, kind: &str, body: String) -> Answer {
        self.call(Request::post(path).header("content-type", kind).body(body.into()).unwrap())
    }

    pub(super) fn grant(&self, assertion: &str) -> Answer {
        let form = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}");
        self.post_form("/token", "application/x-www-form-urlencoded", form)
    }
}

impl Answer {
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
