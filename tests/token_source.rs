//! Does a token source cache tokens, renew them in time, and share them between tasks?

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::Method;
use secrecy::ExposeSecret;
use systemuser_demo::altinn::{Altinn, system_register, system_user};
use systemuser_demo::client::environment::Endpoints;
use systemuser_demo::client::{
    AccessToken, CallError, ExchangeError, ExchangeEvent, Http, KeySource, Reply, SigningKey, SystemUserRef,
    TokenRequest, TokenSource,
};
use tokio::task::{JoinSet, yield_now};

use crate::program::data;
use crate::server::{Server, json};

/// The time at which the clock of a test starts, in seconds since 1970.
const START: i64 = 1_700_000_000;

/// A clock that is set by hand, in milliseconds after a fixed time.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn set(&self, seconds: f64) {
        self.0.store((seconds * 1000.0) as i64, Ordering::SeqCst);
    }

    fn source(&self, server: &Server) -> Arc<TokenSource> {
        let clock = self.0.clone();
        let start = DateTime::from_timestamp(START, 0).unwrap();
        Arc::new(source(server).with_clock(move || start + TimeDelta::milliseconds(clock.load(Ordering::SeqCst))))
    }
}

fn source(server: &Server) -> TokenSource {
    let key = SigningKey::load(&KeySource::File(data("key.jwk.json")), None, None).unwrap();
    let endpoints = Endpoints::sandbox(&server.url().parse().unwrap());
    TokenSource::new(Http::new(Duration::from_secs(30)), &endpoints, "tests", key)
}

fn request() -> TokenRequest {
    let system_user = SystemUserRef { owner: "210493352".parse().unwrap(), external_ref: None };
    TokenRequest { scope: "a:b".to_owned(), system_user: Some(system_user), resource: Vec::new() }
}

/// A Maskinporten that issues numbered tokens with this lifetime.
fn maskinporten(seconds: u64) -> Server {
    Server::vendor_with_tokens_for(seconds, |_| unreachable!("only tokens are asked for"))
}

/// A Maskinporten with varying answers: `answer` gets the number of the exchange, from 1.
fn maskinporten_that(answer: impl Fn(usize) -> String + Send + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |_| answer(count.fetch_add(1, Ordering::SeqCst) + 1))
}

fn token(nth: usize) -> String {
    json("200 OK", &format!(r#"{{"access_token":"token-{nth}","token_type":"Bearer","expires_in":120}}"#))
}

fn refusal() -> String {
    json("400 Bad Request", r#"{"error":"invalid_grant","error_description":"no"}"#)
}

fn text(token: &AccessToken) -> String {
    token.secret.expose_secret().to_owned()
}

async fn ask(source: &TokenSource) -> String {
    text(&source.token(&request()).await.unwrap())
}

/// Starts this number of tasks that request the same token, and lets each task run as far as it can.
async fn ask_at_once(source: &Arc<TokenSource>, tasks: usize) -> JoinSet<Result<Arc<AccessToken>, ExchangeError>> {
    let mut waiting = JoinSet::new();
    for _ in 0..tasks {
        let source = source.clone();
        waiting.spawn(async move { source.token(&request()).await });
    }
    yield_now().await;
    waiting
}

#[tokio::test]
async fn a_token_is_renewed_at_80_percent_of_its_lifetime() {
    let (server, clock) = (maskinporten(120), Clock::default());
    let source = clock.source(&server);
    for (seconds, expected) in
        [(0.0, "token-1"), (95.9, "token-1"), (96.0, "token-2"), (191.9, "token-2"), (192.0, "token-3")]
    {
        clock.set(seconds);
        assert_eq!(ask(&source).await, expected, "after {seconds} s");
    }
    let times: Vec<_> = server.grants().iter().map(|grant| grant["iat"].as_i64().unwrap() - START).collect();
    assert_eq!(times, [0, 96, 192]);
}

#[tokio::test]
async fn the_lifetime_begins_when_the_grant_is_sent() {
    let clock = Clock::default();
    let slow = clock.clone();
    let server = maskinporten_that(move |nth| {
        if nth == 1 {
            slow.set(60.0);
        }
        token(nth)
    });
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(95.9);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(96.0);
    assert_eq!(ask(&source).await, "token-2");
}

#[tokio::test]
async fn a_token_with_a_lifetime_beyond_the_calendar_is_cached() {
    let (server, clock) = (maskinporten(u64::MAX), Clock::default());
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(1_000_000.0);
    assert_eq!(ask(&source).await, "token-1");
}

#[tokio::test]
async fn if_the_clock_is_set_back_before_the_request_the_token_is_not_used() {
    let server = maskinporten_that(|nth| if nth < 3 { token(nth) } else { json("500 Internal Server Error", "{}") });
    let clock = Clock::default();
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(-1.0);
    assert_eq!(ask(&source).await, "token-2");
    clock.set(-3600.0);
    assert!(matches!(source.token(&request()).await, Err(ExchangeError::Transport(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_simultaneous_tasks_cause_one_exchange() {
    let (release, is_released) = mpsc::channel();
    let server = maskinporten_that(move |nth| {
        is_released.recv().unwrap();
        token(nth)
    });
    let (source, started) = (Arc::new(source(&server)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let (source, started) = (source.clone(), started.clone());
        tasks.spawn(async move {
            started.fetch_add(1, Ordering::SeqCst);
            ask(&source).await
        });
    }
    while started.load(Ordering::SeqCst) < 100 {
        yield_now().await;
    }
    release.send(()).unwrap();
    assert_eq!(tasks.join_all().await, ["token-1"; 100]);
    assert_eq!(server.grants().len(), 1);
}

#[tokio::test]
async fn simultaneous_tasks_share_even_a_token_without_a_lifetime() {
    let server = maskinporten(0);
    let source = Arc::new(source(&server));
    let answers = ask_at_once(&source, 10).await.join_all().await;
    assert!(answers.iter().all(|answer| text(answer.as_ref().unwrap()) == "token-1"), "{answers:?}");
    assert_eq!(ask(&source).await, "token-2");
}

#[tokio::test]
async fn an_exchange_does_not_delay_the_cached_token_of_another_request() {
    let (release, is_released) = mpsc::channel();
    let server = maskinporten_that(move |nth| {
        if nth == 2 {
            is_released.recv().unwrap();
        }
        token(nth)
    });
    let source = Arc::new(source(&server));
    let other = TokenRequest { scope: "a:c".to_owned(), ..request() };
    source.token(&other).await.unwrap();
    let exchange = ask_at_once(&source, 1).await;
    tokio::select! {
        biased;
        cached = source.token(&other) => assert_eq!(text(&cached.unwrap()), "token-1"),
        () = std::future::ready(()) => panic!("the cached token is not returned at once"),
    }
    release.send(()).unwrap();
    exchange.join_all().await;
}

#[tokio::test]
async fn the_observer_sees_each_step_of_an_exchange_and_none_of_a_cached_token() {
    let server = maskinporten_that(|nth| if nth == 1 { json("503 Service Unavailable", "{}") } else { token(nth) });
    let source = Arc::new(source(&server));
    let spawned = tokio::spawn(async move {
        let mut steps = Vec::new();
        for _ in 0..2 {
            let observer = |event: ExchangeEvent<'_>| {
                steps.push(match event {
                    ExchangeEvent::Signed(_) => "signed",
                    ExchangeEvent::Sent(_) => "sent",
                    ExchangeEvent::Answered(Err(_), _) => "failed",
                    ExchangeEvent::Answered(Ok(_), _) => "answered",
                    ExchangeEvent::Waiting(_) => "waiting",
                });
            };
            source.token_observed(&request(), None, observer).await.unwrap();
        }
        steps
    });
    let steps = ["signed", "sent", "failed", "waiting", "signed", "sent", "answered"];
    assert_eq!(spawned.await.unwrap(), steps);
    let grants = server.grants();
    assert_ne!(grants[0]["jti"], grants[1]["jti"]);
}

#[tokio::test]
async fn when_the_fetching_task_is_dropped_another_task_fetches() {
    let (asked, was_asked) = mpsc::channel();
    let (release, is_released) = mpsc::channel();
    let server = maskinporten_that(move |nth| {
        asked.send(()).unwrap();
        is_released.recv().unwrap();
        token(nth)
    });
    let source = Arc::new(source(&server));
    let mut fetching = ask_at_once(&source, 1).await;
    // The first task continues while this task waits for the server.
    let was_asked = tokio::task::spawn_blocking(move || was_asked.recv().map(|()| was_asked));
    let _was_asked = was_asked.await.unwrap().unwrap();
    let waiting = ask_at_once(&source, 10).await;
    fetching.shutdown().await;
    release.send(()).unwrap();
    release.send(()).unwrap();
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| text(answer.as_ref().unwrap()) == "token-2"), "{answers:?}");
    assert_eq!(server.grants().len(), 2);
}

#[tokio::test]
async fn a_refusal_goes_to_all_waiting_tasks_and_is_not_cached() {
    let server = maskinporten_that(|nth| if nth == 1 { refusal() } else { token(nth) });
    let source = Arc::new(source(&server));
    let answers = ask_at_once(&source, 10).await.join_all().await;
    let is_refused = |answer: &Result<_, ExchangeError>| matches!(answer, Err(ExchangeError::Refused(_)));
    assert!(answers.iter().all(is_refused), "{answers:?}");
    assert_eq!(server.grants().len(), 1);
    assert_eq!(ask(&source).await, "token-2");
}

#[tokio::test]
async fn tokens_of_different_requests_do_not_mix() {
    let server = maskinporten(120);
    let source = source(&server);
    let user = |owner: &str, external_ref: Option<&str>| {
        let (owner, external_ref) = (owner.parse().unwrap(), external_ref.map(str::to_owned));
        Some(SystemUserRef { owner, external_ref })
    };
    let requests = [
        request(),
        TokenRequest { scope: "a:c".to_owned(), ..request() },
        TokenRequest { system_user: None, ..request() },
        TokenRequest { system_user: user("310904473", None), ..request() },
        TokenRequest { system_user: user("210493352", Some("customer-42")), ..request() },
        TokenRequest { system_user: user("210493352", Some("customer-43")), ..request() },
        TokenRequest { resource: vec!["https://api.example.no".to_owned()], ..request() },
    ];
    for _ in 0..2 {
        for (nth, request) in requests.iter().enumerate() {
            assert_eq!(text(&source.token(request).await.unwrap()), format!("token-{}", nth + 1), "{request:?}");
        }
    }
    let grants = server.grants();
    assert_eq!(grants.len(), requests.len());
    for (grant, request) in grants.iter().zip(&requests) {
        let details = &grant["authorization_details"][0];
        let user = request.system_user.as_ref();
        assert_eq!(grant["scope"], request.scope);
        assert_eq!(details["systemuser_org"]["ID"].as_str(), user.map(|user| user.owner.iso6523()).as_deref());
        assert_eq!(details["externalRef"].as_str(), user.and_then(|user| user.external_ref.as_deref()));
        assert_eq!(grant["resource"].is_array(), !request.resource.is_empty());
    }
}

#[tokio::test]
async fn expired_tokens_are_dropped() {
    let (server, clock) = (maskinporten(120), Clock::default());
    let source = clock.source(&server);
    let kept = Arc::downgrade(&source.token(&request()).await.unwrap());
    let other = |scope: &str| TokenRequest { scope: scope.to_owned(), ..request() };
    clock.set(119.0);
    source.token(&other("a:c")).await.unwrap();
    assert!(kept.upgrade().is_some());
    clock.set(120.0);
    source.token(&other("a:d")).await.unwrap();
    assert!(kept.upgrade().is_none());
}

#[tokio::test]
async fn in_the_last_fifth_of_its_lifetime_a_token_is_used_if_maskinporten_does_not_answer() {
    let server = maskinporten_that(|nth| if nth == 1 { token(1) } else { json("500 Internal Server Error", "{}") });
    let clock = Clock::default();
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(100.0);
    let answers = ask_at_once(&source, 10).await.join_all().await;
    assert!(answers.iter().all(|answer| text(answer.as_ref().unwrap()) == "token-1"), "{answers:?}");
    // The next attempt to renew the token follows after ten seconds.
    for (seconds, grants) in [(100.0, 2), (109.9, 2), (110.0, 3), (119.9, 3)] {
        clock.set(seconds);
        assert_eq!(ask(&source).await, "token-1");
        assert_eq!(server.grants().len(), grants, "after {seconds} s");
    }
    clock.set(120.0);
    assert!(matches!(source.token(&request()).await, Err(ExchangeError::Transport(_))));
}

#[tokio::test]
async fn if_maskinporten_hangs_the_old_token_is_returned_while_it_is_valid() {
    let (release, is_released) = mpsc::channel();
    let server = maskinporten_that(move |nth| {
        if nth == 2 {
            is_released.recv().unwrap();
        }
        token(nth)
    });
    let clock = Clock::default();
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    // The token is valid for another 0.2 s, and the HTTP client would wait for 30 s.
    clock.set(119.8);
    assert_eq!(ask(&source).await, "token-1");
    release.send(()).unwrap();
}

#[tokio::test]
async fn a_refusal_by_a_gateway_does_not_discard_a_valid_token() {
    let gateway = || json("403 Forbidden", r#"{"message":"too busy"}"#);
    let server = maskinporten_that(move |nth| if nth == 1 { token(1) } else { gateway() });
    let clock = Clock::default();
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(100.0);
    assert_eq!(ask(&source).await, "token-1");
    assert_eq!(server.grants().len(), 2);
}

#[tokio::test]
async fn a_token_that_an_api_refused_is_not_returned_even_if_maskinporten_does_not_answer() {
    let server = maskinporten_that(|nth| if nth == 1 { token(1) } else { json("500 Internal Server Error", "{}") });
    let source = source(&server);
    let refused = source.token(&request()).await.unwrap();
    assert!(matches!(source.replace(&request(), &refused).await, Err(ExchangeError::Transport(_))));
}

#[tokio::test]
async fn a_refusal_is_returned_even_if_the_old_token_is_still_valid() {
    let server = maskinporten_that(|nth| if nth == 1 { token(1) } else { refusal() });
    let clock = Clock::default();
    let source = clock.source(&server);
    assert_eq!(ask(&source).await, "token-1");
    clock.set(100.0);
    assert!(matches!(source.token(&request()).await, Err(ExchangeError::Refused(_))));
}

/// The compiler checks this: a task that several threads run must be `Send`, and `#[derive(Debug)]` needs `Debug`.
#[test]
fn the_client_and_its_calls_can_be_used_in_tasks_of_several_threads() {
    fn is_shared<T: Debug + Send + Sync>() {}
    is_shared::<(TokenSource, Http, SigningKey, TokenRequest, Endpoints)>();
    is_shared::<(AccessToken, CallError, ExchangeError, ExchangeEvent<'_>)>();
    // A response does not implement `Debug`, since it may contain a token.
    fn is_sent<T: Send + Sync>() {}
    is_sent::<Reply>();
    fn is_send(_: impl Send) {}
    let _ = |source: &TokenSource| is_send(source.token(&request()));
    let _ = |http: &Http, url, secret| is_send(http.call(Method::GET, url, secret, None));
    let _ = |altinn: &Altinn<'_>| (is_send(system_user::list(altinn, "")), is_send(system_register::list(altinn)));
}

#[tokio::test]
async fn a_token_that_an_api_refused_is_replaced_once() {
    let server = maskinporten(120);
    let source = Arc::new(source(&server));
    let refused = source.token(&request()).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let (source, refused) = (source.clone(), refused.clone());
        tasks.spawn(async move { text(&source.replace(&request(), &refused).await.unwrap()) });
    }
    assert_eq!(tasks.join_all().await, ["token-2"; 10]);
    assert_eq!(ask(&source).await, "token-2");
    assert_eq!(server.grants().len(), 2);
}
