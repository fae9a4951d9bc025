//! The wish to stop: a signal arrived. Calls that make something are finished, waits are not.

use tokio::sync::watch;

use crate::model::error::{Error, ErrorKind, Result};

/// Turned once, by whoever hears the signals.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<Option<u8>>);

impl StopSwitch {
    /// Asks every holder of a [`Stop`] to end; `signal` becomes part of the exit code.
    pub fn stop(&self, signal: u8) {
        self.0.send_replace(Some(signal));
    }
}

/// Tells whether a signal asked to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Option<u8>>);

impl Stop {
    /// A switch and what it turns.
    pub fn new() -> (StopSwitch, Self) {
        let (sender, receiver) = watch::channel(None);
        (StopSwitch(sender), Self(receiver))
    }

    /// An error once a signal has asked to stop.
    pub fn check(&self) -> Result<()> {
        match *self.0.borrow() {
            Some(signal) => Err(interrupted(signal)),
            None => Ok(()),
        }
    }

    /// The result of `wait`, or an error as soon as a signal asks to stop. `wait` is then dropped where it stands, so
    /// it must be something that leaves nothing half done.
    pub async fn or<T>(&self, wait: impl Future<Output = Result<T>>) -> Result<T> {
        let mut receiver = self.0.clone();
        let stopped = async move {
            let signal = receiver.wait_for(Option::is_some).await.ok().and_then(|signal| *signal);
            match signal {
                Some(signal) => signal,
                // The switch is gone, so nobody will ever ask.
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = stopped => Err(interrupted(signal)),
            result = wait => result,
        }
    }
}

fn interrupted(signal: u8) -> Error {
    Error::new(ErrorKind::Interrupted(signal), format!("stopped by signal {signal}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_ends_when_the_switch_is_turned() {
        let (switch, stop) = Stop::new();
        assert!(stop.check().is_ok());
        assert_eq!(stop.or(async { Ok(7) }).await.unwrap(), 7);
        switch.stop(15);
        let error = stop.or(std::future::pending::<Result<()>>()).await.unwrap_err();
        assert_eq!(error.kind.exit_code(), 143);
        assert!(stop.check().is_err());
    }

    #[tokio::test]
    async fn a_switch_that_is_gone_stops_nothing() {
        let (switch, stop) = Stop::new();
        drop(switch);
        assert_eq!(stop.or(async { Ok(7) }).await.unwrap(), 7);
    }
}
