//! The program `jixiao`; everything is in the library.

use std::process::ExitCode;

/// Returns memory to the system sooner than the allocator of the C library after large imports and answers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    jixiao::cli::main()
}
