//! Figures about programs: what the verifier needs of its surroundings, its system
//! calls, what a process took, and what it took before.

pub mod baseline;
pub mod needs;
pub mod process;
pub mod trace;
