//! Takes out of saved facts what tells one machine and its people from others and
//! no rule reads: UUIDs, serial numbers, hardware and network addresses, names of
//! hosts and users, keys in disks' names. Lengths stay, so that columns of findings
//! stay, and no word that the rules read is touched.

mod address;
mod names;
mod serial;
#[cfg(test)]
mod tests;

pub use names::Names;

/// What is taken out, in words.
pub const KINDS: [&str; 7] = [
    "UUIDs of disks, machines and GPUs",
    "serial numbers",
    "hardware addresses (MAC)",
    "network addresses (IPv4, IPv6)",
    "names of hosts and users, and home folders",
    "serial parts of disks' names (by-id)",
    "keys and secrets named on the command line",
];

/// The text without them.
#[must_use]
pub fn text(text: &str, names: &Names) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let line = serial::patterns(line);
        let line = serial::values(&line);
        let line = address::networks(&line);
        out.push_str(&names.hide(&line));
    }
    out
}

/// Puts an `x` in place of each letter and digit.
fn crossed(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { 'x' } else { c }).collect()
}
