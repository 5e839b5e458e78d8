//! Hands bytes to `nvpreflight_fuzz::modprobe_d`; judges nothing itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nvpreflight_fuzz::modprobe_d(bytes));
