//! The verifier: looks, judges, logs, leaves a report, returns.
fn main() {}
