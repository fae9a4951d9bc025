//! A doorbell: parse, run, exit code.

fn main() -> std::process::ExitCode {
    stage::cli::main()
}
