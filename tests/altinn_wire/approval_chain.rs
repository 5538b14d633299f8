//! Does a real browser reach the vendor through several redirects? Like the other browser tests, this test is ignored
//! by default; run it with `cargo test -- --ignored`.

use std::net::TcpListener;

use serde_json::json;

use super::approval::page_of;
use super::*;
use crate::browser::Browser;

/// Starts a server that gives the same answer to every request until the tests end. Returns its URL.
fn server(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            // A browser also opens connections that it does not use.
            std::thread::spawn(move || {
                let asked = stream.read(&mut [0; 4096]);
                if asked.is_ok_and(|length| length > 0) {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    address
}

#[test]
#[ignore = "needs chromium and chromium-driver"]
fn an_approval_follows_a_chain_of_redirects_to_the_end() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>Receipt</h1>";
    let end = server(page.to_owned());
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nConnection: close\r\n\r\n");
    // Each port is a different origin, and the approval page may not send its form to another origin.
    let second = server(redirect(&format!("{end}/end?x=1")));
    let first = server(redirect(&second));
    let altinn = altinn();
    assert_eq!(altinn.post("systemregister/vendor", &new_system()).status, 200);
    let system = changed(new_system(), |system| system["allowedRedirectUrls"] = json!([format!("{first}/receipt")]));
    assert_eq!(altinn.put("systemregister/vendor/991825827_new", &system).status, 200);
    let body = json!({
        "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)],
        "redirectUrl": format!("{first}/receipt?a=1&b=2"),
    });
    let confirm = page_of(&altinn, "", &body).path;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::open(1280).await;
        browser.page.goto(&format!("{}{}", altinn.address, &confirm[1..])).await.unwrap();
        browser.button("Godkjenn").await.click().await.unwrap();
        assert_eq!(browser.arrives_at(&end).await, format!("{end}/end?x=1"));
        assert_eq!(browser.text().await, "Receipt");
    });
    let token = altinn.ask_for_user(SECOND_CLIENT, "312600757", None);
    assert_eq!(token.status, 200, "{}", token.body);
}
