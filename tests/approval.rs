//! Does the approval page work in a real browser, while `request create --wait` waits in a terminal?
//!
//! These tests need Debian's chromium and chromium-driver, so they are ignored by default; run them with `cargo test --
//! --ignored`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use crate::browser::Browser;
use crate::program::program;
use crate::server::sandbox;

const RECEIPT: &str = "https://smartcloudaltinn.azurewebsites.net/receipt?customer=42";

/// A running `request create --wait` or `request change --wait`.
struct WaitArg {
    child: Child,
    out: BufReader<ChildStdout>,
    confirm: String,
}

impl WaitArg {
    fn start(sandbox: &str, arguments: &str) -> Self {
        Self::start_command(sandbox, &format!("request create {arguments}"))
    }

    fn start_command(sandbox: &str, command: &str) -> Self {
        let command = program(command).arg("--wait=2m").var("SYSTEMUSER_SANDBOX", sandbox);
        let mut child = command.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("confirm ") {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                let mut output_lines = String::new();
                child.stderr.take().unwrap().read_to_string(&mut output_lines).unwrap();
                panic!("no confirm address: {output_lines}");
            }
        }
        let confirm = line.split_whitespace().nth(1).unwrap().to_owned();
        Self { child, out, confirm }
    }

    /// Waits for the end. Returns the exit code, and the rest of stdout and stderr.
    fn ends(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code(), out, err)
    }
}

impl Drop for WaitArg {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// Starts a sandbox and a command that waits for an answer, and opens the approval page in a browser.
async fn asked(arguments: &str, width: u32) -> (String, WaitArg, Browser) {
    let sandbox = sandbox(Default::default());
    let waiting = WaitArg::start(&sandbox, arguments);
    let browser = Browser::open(width).await;
    browser.page.goto(&waiting.confirm).await.unwrap();
    (sandbox, waiting, browser)
}

const STANDARD: &str = "312600757 --right ttd_systembruker-logistikk-demo --external-ref lager-1";

#[test]
#[ignore = "needs chromium and chromium-driver"]
fn approving_with_the_mouse_ends_the_waiting_and_redirects_to_the_vendor() {
    for width in [360, 1280] {
        run(async {
            let (sandbox, waiting, browser) = asked(&format!("{STANDARD} --redirect-url {RECEIPT}"), width).await;
            let text = browser.text().await;
            for fact in ["991825827", "312600757", "ttd_systembruker-logistikk-demo", "lager-1", "SmartCloud"] {
                assert!(text.contains(fact), "{fact} is not on the page: {text}");
            }
            assert_eq!(browser.value("document.documentElement.lang").await, "nb");
            assert_eq!(browser.value("document.querySelectorAll('h1').length").await, 1);
            let sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
            assert_eq!(browser.value(sideways).await, false, "it scrolls sideways at {width} px");
            assert_eq!(browser.value("document.documentElement.clientWidth").await, width);
            browser.button("Godkjenn").await.click().await.unwrap();
            assert_eq!(browser.arrives_at("https://").await, RECEIPT);
            let (code, out, err) = waiting.ends();
            assert_eq!((code, out.as_str()), (Some(0), "status        Accepted\n"), "{err}");
            let token = "systemuser-demo token --org 312600757 --external-ref lager-1";
            assert!(err.contains(token), "{err}");
            let call = program("call logistics --org 312600757 --external-ref lager-1");
            let call = call.var("SYSTEMUSER_SANDBOX", &sandbox).run();
            assert_eq!(call.code, 0, "{}", call.err);
        });
    }
}

#[test]
#[ignore = "needs chromium and chromium-driver"]
fn rejecting_with_the_mouse_ends_the_waiting_with_exit_code_5() {
    for width in [360, 1280] {
        run(async {
            let (_, waiting, browser) = asked(&format!("{STANDARD} --redirect-url {RECEIPT}"), width).await;
            browser.button("Avvis").await.click().await.unwrap();
            assert_eq!(browser.arrives_at("https://").await, RECEIPT);
            let (code, out, err) = waiting.ends();
            assert_eq!((code, out.as_str()), (Some(5), "status        Rejected\n"), "{err}");
            assert!(err.contains("error: the customer rejected the request\n"), "{err}");
        });
    }
}

#[test]
#[ignore = "needs chromium and chromium-driver"]
fn an_agent_request_can_be_approved_with_the_keyboard_only() {
    for (width, button, status) in
        [(360, "Godkjenn", "Accepted"), (1280, "Avvis", "Rejected"), (1280, "Godkjenn", "Accepted")]
    {
        run(async {
            let agent = "314112938 --agent --package regnskapsforer-med-signeringsrettighet";
            let (_, waiting, browser) = asked(agent, width).await;
            browser.tab_to(button).await;
            // The focus is visible.
            let outline = browser.value("getComputedStyle(document.activeElement).outlineStyle").await;
            assert_ne!(outline, "none");
            browser.press("\u{e007}").await;
            let (code, out, err) = waiting.ends();
            let expected = if status == "Accepted" { 0 } else { 5 };
            assert_eq!((code, out), (Some(expected), format!("status        {status}\n")), "{err}");
            // Without a redirect URL, the page itself shows the result, without buttons.
            browser.becomes("document.querySelectorAll('button').length", 0).await;
        });
    }
}

#[test]
#[ignore = "needs chromium and chromium-driver"]
fn the_page_can_be_read_and_answered_in_english() {
    run(async {
        let sandbox = sandbox(Default::default());
        let waiting = WaitArg::start(&sandbox, STANDARD);
        let browser = Browser::open(1280).await;
        browser.page.goto(&format!("{}&lang=en", waiting.confirm)).await.unwrap();
        assert_eq!(browser.value("document.documentElement.lang").await, "en");
        browser.button("Approve").await.click().await.unwrap();
        assert_eq!(waiting.ends().0, Some(0));
    });
}

#[test]
#[ignore = "needs chromium and chromium-driver"]
fn an_approved_change_opens_one_api_and_closes_another() {
    let change =
        "request change 310904473 --add-right ttd_systembruker-salary --remove-right ttd_systembruker-logistikk-demo";
    for (width, lang, added, removed, button) in [
        (360, "nb", "Rettigheter som legges til", "Rettigheter som fjernes", "Godkjenn"),
        (1280, "en", "Rights to add", "Rights to remove", "Approve"),
    ] {
        run(async {
            let sandbox = sandbox(Default::default());
            let waiting = WaitArg::start_command(&sandbox, change);
            let browser = Browser::open(width).await;
            browser.page.goto(&format!("{}&lang={lang}", waiting.confirm)).await.unwrap();
            assert_eq!(browser.value("document.documentElement.lang").await, lang);
            // Each right is in the table below its heading, and the page is not wider than the screen.
            let text = browser.text().await;
            let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not on the page: {text}"));
            let order = [added, "ttd_systembruker-salary", removed, "ttd_systembruker-logistikk-demo"].map(at);
            assert!(order.is_sorted(), "{text}");
            let sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
            assert_eq!(browser.value(sideways).await, false, "it scrolls sideways at {width} px");
            let codes = || {
                ["salary", "logistics"].map(|api| {
                    program(&format!("call {api} --org 310904473")).var("SYSTEMUSER_SANDBOX", &sandbox).run().code
                })
            };
            assert_eq!(codes(), [5, 0]);
            browser.button(button).await.click().await.unwrap();
            let (code, out, err) = waiting.ends();
            assert_eq!((code, out.as_str()), (Some(0), "status        Accepted\n"), "{err}");
            assert!(err.contains("note: the system user has been changed; to get a token for it"), "{err}");
            browser.becomes("document.querySelectorAll('button').length", 0).await;
            assert_eq!(codes(), [0, 5]);
        });
    }
}
