//! Figures about programs: what the verifier needs of its surroundings, its system
//! calls, and what a process took.

pub mod needs;
pub mod process;
pub mod trace;
