//! A real browser for the report page: Debian's headless Chromium, unpacked below
//! the target folder, driven over its DevTools protocol. Installs nothing.

mod cdp;
mod fetch;

pub use cdp::{Browser, Tab};
pub use fetch::{axe, chromium};
