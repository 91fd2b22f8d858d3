//! The `portico` binary: reads the command line and runs the command.
//!
//! Everything else is in the library beside it, so that tests can start a server in-process.
//! Start at `portico::commands`.

use std::process::ExitCode;

use portico::commands::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::read();
    match portico::commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            portico::commands::remark(&failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}
