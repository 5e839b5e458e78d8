//! The DevTools protocol over pipes: one JSON message after another, each ended by
//! a zero byte (Chromium's --remote-debugging-pipe). Waits within a time limit.

use super::fetch::Fetched;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait for an answer; a page of this kind loads in well below a second.
const LIMIT: Duration = Duration::from_secs(60);

/// A running browser; it ends with this value.
pub struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    events: Vec<Value>,
}

impl Browser {
    /// Starts it with a profile of its own in `profile`.
    pub fn start(fetched: &Fetched, profile: &Path) -> Result<Self> {
        let mut child = fetched
            .command()
            .args([
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
                "--no-first-run",
                "--disable-background-networking",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the browser")?;
        let input = child.stdin.take().context("the browser has no input")?;
        let mut output = BufReader::new(child.stdout.take().context("the browser has no output")?);
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            while output.read_until(0, &mut bytes).is_ok_and(|n| n > 0) {
                bytes.pop();
                let message = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                if sender.send(message).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
        Ok(Self { child, input, messages, last_id: 0, events: Vec::new() })
    }

    /// Opens a tab with every domain on that the tests listen to.
    pub fn tab(&mut self) -> Result<Tab<'_>> {
        let target = self.call(None, "Target.createTarget", &json!({ "url": "about:blank" }))?;
        let target = text(&target, "/targetId").context("no target")?.to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = self.call(None, "Target.attachToTarget", &attach)?;
        let session = text(&session, "/sessionId").context("no session")?.to_owned();
        let mut tab = Tab { browser: self, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), &json!({}))?;
        }
        Ok(tab)
    }

    fn call(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let (Some(session), Some(message)) = (session, message.as_object_mut()) {
            message.insert("sessionId".into(), session.into());
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        self.input.write_all(&bytes).context("the browser is gone")?;
        let until = Instant::now() + LIMIT;
        loop {
            let mut message = self.message(until).with_context(|| method.to_owned())?;
            if message.get("id").and_then(Value::as_u64) != Some(id) {
                self.events.push(message);
                continue;
            }
            if let Some(error) = message.get("error") {
                bail!("{method}: {error}");
            }
            return Ok(message.get_mut("result").map(Value::take).unwrap_or_default());
        }
    }

    fn message(&self, until: Instant) -> Result<Value> {
        let left = until.saturating_duration_since(Instant::now());
        self.messages.recv_timeout(left).context("the browser did not answer in time")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One tab.
pub struct Tab<'a> {
    browser: &'a mut Browser,
    session: String,
}

impl Tab<'_> {
    /// Calls a method of the protocol.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        let session = self.session.clone();
        self.browser.call(Some(&session), method, parameters)
    }

    /// Sets the window and the reader's colour scheme, "light" or "dark".
    pub fn media(&mut self, width: u32, height: u32, scheme: &str) -> Result<()> {
        let mobile = width < 600;
        let window = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile,
        });
        self.call("Emulation.setDeviceMetricsOverride", &window)?;
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        let screen = json!({ "media": "screen", "features": [feature] });
        self.call("Emulation.setEmulatedMedia", &screen)?;
        Ok(())
    }

    /// Lays pages out as for printing, on paper that is so wide between its margins, in
    /// CSS pixels.
    pub fn paper(&mut self, width: u32) -> Result<()> {
        self.media(width, 1000, "light")?;
        self.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }))?;
        Ok(())
    }

    /// The page printed, as PDF in base64, on the paper that its style asks for.
    pub fn print(&mut self) -> Result<String> {
        let asked = json!({ "preferCSSPageSize": true, "printBackground": true });
        let answer = self.call("Page.printToPDF", &asked)?;
        text(&answer, "/data").map(str::to_owned).context("nothing was printed")
    }

    /// Loads a page and waits until it is there; returns what went wrong meanwhile:
    /// requests for anything else, messages on the console, errors.
    pub fn load(&mut self, url: &str) -> Result<Vec<String>> {
        self.browser.events.clear();
        self.call("Page.navigate", &json!({ "url": url }))?;
        let until = Instant::now() + LIMIT;
        while !self.browser.events.iter().any(|e| text(e, "/method") == Some("Page.loadEventFired"))
        {
            let message = self.browser.message(until)?;
            self.browser.events.push(message);
        }
        // Whatever comes late comes before the answer to this.
        self.evaluate("new Promise(done => setTimeout(() => done(0), 50))")?;
        Ok(self.browser.events.iter().filter_map(|event| complaint(event, url)).collect())
    }

    /// The value of an expression in the page, promises awaited.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let asked = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let mut answer = self.call("Runtime.evaluate", &asked)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("the page threw: {thrown}");
        }
        Ok(answer.pointer_mut("/result/value").map(Value::take).unwrap_or_default())
    }

    /// A picture of the whole page, as PNG in base64.
    pub fn picture(&mut self) -> Result<String> {
        let asked = json!({ "format": "png", "captureBeyondViewport": true });
        let answer = self.call("Page.captureScreenshot", &asked)?;
        text(&answer, "/data").map(str::to_owned).context("no picture")
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn complaint(event: &Value, url: &str) -> Option<String> {
    match text(event, "/method")? {
        "Network.requestWillBeSent" => {
            let asked = text(event, "/params/request/url").unwrap_or("?");
            let own = asked == url || asked.starts_with("data:");
            (!own).then(|| format!("it asks for {asked}"))
        }
        "Log.entryAdded" => {
            let said = text(event, "/params/entry/text").unwrap_or("?");
            Some(format!("the browser logs: {said}"))
        }
        "Runtime.exceptionThrown" => Some("a script threw".into()),
        "Runtime.consoleAPICalled" => Some("a script wrote to the console".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::complaint;
    use serde_json::json;

    #[test]
    fn a_request_for_anything_but_the_page_is_a_complaint() {
        let asks = |url: &str| {
            let request = json!({ "request": { "url": url } });
            complaint(
                &json!({ "method": "Network.requestWillBeSent", "params": request }),
                "file:///a",
            )
        };
        assert_eq!(asks("file:///a"), None);
        assert_eq!(asks("data:,"), None);
        assert_eq!(asks("file:///b").as_deref(), Some("it asks for file:///b"));
        let log =
            json!({ "method": "Log.entryAdded", "params": { "entry": { "text": "refused" } } });
        assert_eq!(complaint(&log, "").as_deref(), Some("the browser logs: refused"));
    }
}
