//! Hands bytes to `nvpreflight_fuzz::uki`; judges nothing itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nvpreflight_fuzz::uki(bytes));
