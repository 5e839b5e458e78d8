//! The report page: everything known of a subject in one document, as text, JSON,
//! Markdown, SVG or one self-contained HTML file. Shows what was judged; judges
//! nothing itself and fetches nothing.

mod html;
mod json;
mod markdown;
mod model;
mod redact;
mod svg;
#[cfg(test)]
mod tests;
mod text;

pub use model::{Brief, Excerpt, LogLine, Page, Setting, Shown};

/// In which form a page is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For a terminal of 80 columns
    Text,
    /// For machines (docs/story-v1.schema.json)
    Json,
    /// The timeline alone, as a picture
    Svg,
    /// One self-contained page: no network, no scripts, light and dark
    Html,
    /// For an issue tracker or a forum
    Markdown,
}

impl Format {
    /// The format that a file's ending asks for.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "txt" | "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            "svg" => Some(Self::Svg),
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

impl Page {
    /// The page in a format; `columns` and `colours` are for `Text`, whose findings
    /// were rendered with them.
    #[must_use]
    pub fn render(&self, format: Format, columns: usize) -> String {
        match format {
            Format::Text => text::render(self, columns),
            Format::Json => json::render(self),
            Format::Svg => svg::standalone(&self.story, &self.name),
            Format::Html => html::render(self),
            Format::Markdown => markdown::render(self),
        }
    }
}
