//! Live progress on stderr: a line that moves on a terminal, plain lines elsewhere.

use std::time::Duration;

use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::output::{Output, Talk};
use crate::model::event::Event;
use crate::world::Events;

/// Listens to a story until it has ended.
pub struct Progress {
    events: Events,
    listener: JoinHandle<()>,
}

impl Progress {
    /// Starts to listen.
    pub fn start(output: Output) -> Self {
        let (events, receiver) = mpsc::unbounded_channel();
        let listener = tokio::spawn(listen(receiver, output));
        Self { events, listener }
    }

    /// Where a story tells its events.
    pub fn events(&self) -> Events {
        self.events.clone()
    }

    /// Waits until everything that was told has been shown. All senders must be gone by then.
    pub async fn finish(self) {
        drop(self.events);
        // A listener that panicked has shown what it could; the story's result matters more.
        let _ = self.listener.await;
    }
}

async fn listen(mut events: mpsc::UnboundedReceiver<Event>, output: Output) {
    let mut face = Face::new(output);
    while let Some(event) = events.recv().await {
        face.show(event);
    }
    face.clear();
}

struct Face {
    output: Output,
    bar: ProgressBar,
    phase: &'static str,
    last_table: String,
    open: Vec<String>,
}

impl Face {
    fn new(output: Output) -> Self {
        let is_drawn = output.talk == Talk::Live;
        let bar = ProgressBar::with_draw_target(
            None,
            if is_drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
        );
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:<10} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        if is_drawn {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { output, bar, phase: "", last_table: String::new(), open: Vec::new() }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::PhaseStarted { phase } => {
                self.phase = phase;
                self.open.clear();
                self.bar.set_prefix(phase);
                self.bar.set_message(String::new());
                self.bar.reset_elapsed();
            }
            Event::PhaseEnded { phase, took } => self.line(&format!("{phase:<10} {}", seconds(took))),
            Event::Note { text } | Event::Left { text } => self.line(&text),
            Event::StepStarted { text } => {
                self.bar.set_message(text.clone());
                self.open.push(text);
            }
            Event::StepEnded { text, .. } => {
                self.open.retain(|open| *open != text);
                if let Some(other) = self.open.last() {
                    self.bar.set_message(other.clone());
                }
            }
            Event::SeedProgress { table, rows, bytes_read, bytes_total } => {
                let text =
                    format!("{} of {}: {table} {rows} rows", ByteSize(bytes_read), ByteSize(bytes_total));
                if self.output.talk == Talk::Plain && self.last_table != table {
                    self.line(&format!("{:<10} {table}", self.phase));
                }
                self.bar.set_message(text);
                self.last_table = table;
            }
            Event::SeedEntry { title, done, total } => {
                self.bar.set_message(format!("{} of {total}: {title}", done + 1));
            }
            Event::MigrationStarted { name } => self.bar.set_message(name),
            Event::MigrationEnded { name, took, applied } => {
                let word = if applied { "applied" } else { "FAILED" };
                self.line(&format!("{:<10} {name} {word} {}", self.phase, seconds(took)));
            }
        }
    }

    fn line(&self, text: &str) {
        if self.output.talk == Talk::Live {
            self.bar.println(text);
        } else {
            self.output.say(text);
        }
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
