//! Hands bytes to `nvpreflight_fuzz::resolver`; judges nothing itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nvpreflight_fuzz::resolver(bytes));
