//! Hands bytes to `nvpreflight_fuzz::expectations`; judges nothing itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nvpreflight_fuzz::expectations(bytes));
