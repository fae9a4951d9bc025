//! Signals: the first asks the story to end, the second says what is left to whoever cannot wait.

use std::io::Write;
use std::process;
use std::time::{Duration, Instant};

use futures_util::future;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::model::error::{Error, ErrorKind, Result};
use crate::world::{Stop, StopSwitch};

/// Signals that come within this time of the first are one wish.
const TWICE_AT_ONCE: Duration = Duration::from_millis(300);

/// A wish to stop that SIGINT, SIGTERM and SIGHUP express.
pub fn listen() -> Result<Stop> {
    let (switch, stop) = Stop::new();
    let switch = std::sync::Arc::new(switch);
    for (number, signal) in heard()? {
        tokio::spawn(obey(number, signal, std::sync::Arc::clone(&switch)));
    }
    Ok(stop)
}

/// Two wishes: the first signal expresses the one, the second the other. For commands that have nothing to take down.
pub fn listen_twice() -> Result<(Stop, Stop)> {
    let (first, stop) = Stop::new();
    let (second, kill) = Stop::new();
    let mut signals = heard()?;
    tokio::spawn(async move {
        for switch in [first, second] {
            let next = future::select_all(signals.iter_mut().map(|(number, signal)| {
                let number = *number;
                Box::pin(async move { signal.recv().await.map(|()| number) })
            }));
            let (Some(number), ..) = next.await else { return };
            switch.stop(number);
        }
    });
    Ok((stop, kill))
}

/// The signals that ask a program to end, by their numbers.
fn heard() -> Result<[(u8, Signal); 3]> {
    let on = |kind: SignalKind| {
        signal(kind).map_err(|cause| Error::new(ErrorKind::Bug, "signals cannot be heard").because(cause))
    };
    Ok([
        (2, on(SignalKind::interrupt())?),
        (15, on(SignalKind::terminate())?),
        (1, on(SignalKind::hangup())?),
    ])
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
    // A wrapper may ask twice at once: the process, and then its group (`timeout` does).
    let begun = Instant::now();
    while signal.recv().await.is_some() {
        if begun.elapsed() < TWICE_AT_ONCE {
            continue;
        }
        let _ = writeln!(
            std::io::stderr(),
            "left behind: what this run made and has not taken down yet\nhint: `stage sweep` takes it down"
        );
        process::exit(i32::from(ErrorKind::Leftover.exit_code()));
    }
}
