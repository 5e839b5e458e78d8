//! Reports as text, JSON, SARIF, GitHub commands, Markdown, SVG and HTML. Changes no
//! verdict.

pub mod findings;
pub mod page;
