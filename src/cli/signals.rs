//! Signals: the first asks the story to end, the second says what is left to whoever cannot wait.

use std::io::Write;
use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::model::error::{Error, ErrorKind, Result};
use crate::world::{Stop, StopSwitch};

/// A wish to stop that SIGINT, SIGTERM and SIGHUP express.
pub fn listen() -> Result<Stop> {
    let (switch, stop) = Stop::new();
    let on = |kind: SignalKind| {
        signal(kind).map_err(|cause| Error::new(ErrorKind::Bug, "signals cannot be heard").because(cause))
    };
    let signals = [
        (2, on(SignalKind::interrupt())?),
        (15, on(SignalKind::terminate())?),
        (1, on(SignalKind::hangup())?),
    ];
    let switch = std::sync::Arc::new(switch);
    for (number, signal) in signals {
        tokio::spawn(obey(number, signal, std::sync::Arc::clone(&switch)));
    }
    Ok(stop)
}

async fn obey(number: u8, mut signal: Signal, switch: std::sync::Arc<StopSwitch>) {
    if signal.recv().await.is_none() {
        return;
    }
    switch.stop(number);
    let _ = writeln!(
        std::io::stderr(),
        "stopping: taking down what was made (again to leave it to `stage sweep`)"
    );
    if signal.recv().await.is_some() {
        let _ = writeln!(
            std::io::stderr(),
            "left behind: what this run made and has not taken down yet\nhint: `stage sweep` takes it down"
        );
        process::exit(i32::from(ErrorKind::Leftover.exit_code()));
    }
}
