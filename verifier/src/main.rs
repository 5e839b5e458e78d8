//! The verifier: looks, judges, logs, leaves a report, returns.
//!
//! It never harms a boot: it ends within its deadline, needs neither /proc,
//! /sys, /dev nor a writable /run to end in order, and never panics.
#![no_main]

mod live;
