//! A real browser: Debian's Chromium, controlled by its ChromeDriver. Both end with the test.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Time limit, which allows for a slow machine.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Time between two checks of the browser.
const PAUSE: Duration = Duration::from_millis(20);

pub struct Browser {
    driver: Child,
    pub page: Client,
    _folder: TempDir,
}

impl Browser {
    /// Opens a browser with a window of this width, in CSS pixels.
    pub async fn open(width: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Chromium's processes belong to the driver's process group, so that killing the group ends them.
            .process_group(0)
            .spawn()
            .expect("Debian's chromium-driver is installed");
        let mut output_lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let started = "ChromeDriver was started successfully on port ";
        let port = loop {
            let line = output_lines.next().expect("the driver prints its port").unwrap();
            if let Some(port) = line.strip_prefix(started) {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // The driver would block if nobody read its output.
        std::thread::spawn(move || output_lines.for_each(drop));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // Nothing leaves this machine; the test can still read the URL that a page opens.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        let metrics = json!({ "width": width, "height": 900, "pixelRatio": 1, "touch": false });
        let languages = json!({ "intl.accept_languages": "nb,no" });
        let options = json!({ "args": arguments, "mobileEmulation": { "deviceMetrics": metrics }, "prefs": languages });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let page = builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{port}")).await.unwrap();
        Self { driver, page, _folder: folder }
    }

    pub async fn text(&self) -> String {
        self.page.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    pub async fn button(&self, name: &str) -> Element {
        let path = format!("//button[normalize-space()='{name}']");
        self.page.find(Locator::XPath(&path)).await.unwrap_or_else(|error| panic!("no button {name}: {error}"))
    }

    pub async fn value(&self, script: &str) -> Value {
        self.page.execute(&format!("return {script}"), Vec::new()).await.unwrap()
    }

    /// Presses Tab until the element with this text has the focus.
    pub async fn tab_to(&self, name: &str) {
        for _ in 0..20 {
            self.press("\u{e004}").await;
            let focused = self.page.active_element().await.unwrap();
            if focused.text().await.unwrap() == name {
                return;
            }
        }
        panic!("{name} cannot be reached by Tab");
    }

    /// Presses a key in the element that has the focus.
    pub async fn press(&self, key: &str) {
        self.page.active_element().await.unwrap().send_keys(key).await.unwrap();
    }

    /// Waits until a script returns this value, because a press returns before the next page is loaded.
    pub async fn becomes(&self, script: &str, value: impl Into<Value>) {
        let (value, timeout) = (value.into(), Instant::now() + TIMEOUT);
        loop {
            // The script fails between two pages.
            let found = self.page.execute(&format!("return {script}"), Vec::new()).await.ok();
            if found.as_ref() == Some(&value) {
                return;
            }
            assert!(Instant::now() < timeout, "{script}: {found:?} and not {value}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the URL starts with this text, because a press returns before the next page is loaded.
    pub async fn arrives_at(&self, beginning: &str) -> String {
        let timeout = Instant::now() + TIMEOUT;
        loop {
            let address = self.page.current_url().await.unwrap().to_string();
            if address.starts_with(beginning) {
                return address;
            }
            assert!(Instant::now() < timeout, "the browser is still at {address}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("kill -KILL -{}", self.driver.id());
        let killed = Command::new("sh").args(["-c", &group]).status();
        // Processes that are not killed would never end.
        if killed.is_ok_and(|status| status.success()) {
            let _ = self.driver.wait();
        }
    }
}
