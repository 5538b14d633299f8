//! The catalogue of scopes, which is kept in the user's cache directory for a day.
//!
//! The cache only saves time: if it cannot be read or written, the catalogue is fetched.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::new_file::{Readers, reason, temporary_file};
use super::{Session, fetch_public};
use crate::altinn::scope_catalogue::{LARGEST, Scope, address, parse, read};
use crate::cli::args::variables;
use crate::cli::output::{Console, time};
use crate::client::http;
use crate::client::{Http, TransportError, is_loopback, quote_path};

/// How long a cached catalogue is used.
const FRESH: TimeDelta = TimeDelta::days(1);

/// A cached catalogue.
#[derive(Serialize, Deserialize)]
struct Cached {
    /// The URL of the catalogue.
    url: String,
    /// The time when it was fetched, in seconds since 1970.
    fetched: i64,
    /// The scopes, which are parsed like those of a response.
    scopes: Box<RawValue>,
}

/// Gets the catalogue from the cache, or from the self-service API if the cache is older than a day or `refresh` is set.
pub(crate) async fn get(
    session: &Session,
    refresh: bool,
    console: &mut Console<'_>,
) -> Result<Vec<Scope>, TransportError> {
    let url = address(&session.config.endpoints.self_service);
    let cache = cache_file(&url);
    if let Some(cache) = cache.as_deref().filter(|_| !refresh)
        && let Some((scopes, fetched)) = cached(cache, &url)
    {
        console.verbose("cache", || vec![format!("{}, fetched {}", quote_path(cache), time(fetched))]);
        return Ok(scopes);
    }
    let mut http = Http::new(session.http.timeout);
    http.largest_body = LARGEST;
    let scopes = read(&fetch_public(&http, &url, console).await.0?)?;
    if let Some(cache) = cache
        && let Err(error) = write(&cache, &url, &scopes)
    {
        console.verbose("cache", || vec![format!("cannot write {}: {}", quote_path(&cache), reason(&error))]);
    }
    Ok(scopes)
}

/// The cache file of a catalogue. A catalogue on this machine is not cached, because it changes with each sandbox.
fn cache_file(url: &Url) -> Option<PathBuf> {
    let folder = variables::cache_directory().filter(|_| !is_loopback(url))?;
    let name = http::address(url).replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "_");
    Some(folder.join("systemuser-demo").join(format!("{name}.json")))
}

/// The scopes in the cache file, and the time when they were fetched, unless they are old or of another catalogue.
fn cached(path: &Path, url: &Url) -> Option<(Vec<Scope>, DateTime<Utc>)> {
    // Opening a pipe could wait for its writer.
    path.metadata().ok().filter(|metadata| metadata.is_file() && metadata.len() <= LARGEST as u64)?;
    let mut text = Vec::new();
    File::open(path).ok()?.take(LARGEST as u64).read_to_end(&mut text).ok()?;
    let cached: Cached = serde_json::from_slice(&text).ok()?;
    let fetched = DateTime::from_timestamp(cached.fetched, 0)?;
    let is_fresh = (TimeDelta::zero()..FRESH).contains(&(Utc::now() - fetched));
    let scopes = Some(cached.scopes).filter(|_| is_fresh && cached.url == url.as_str())?;
    Some((parse(scopes.get().as_bytes()).ok()?, fetched))
}

/// Replaces the cache file at once, so that another process never reads a part of it.
fn write(path: &Path, url: &Url, scopes: &[Scope]) -> io::Result<()> {
    let (fetched, scopes) = (Utc::now().timestamp(), to_raw_value(scopes)?);
    let text = serde_json::to_vec(&Cached { url: url.to_string(), fetched, scopes })?;
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = temporary_file(path, Readers::Owner)?;
    file.write_all(&text)?;
    file.persist(path)?;
    Ok(())
}
