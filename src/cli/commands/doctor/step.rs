//! The steps of `doctor`, and their results.

use std::io;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, Level, Message, painted};
use crate::client::visible;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Step {
    Configuration,
    Key,
    Organisation,
    Metadata,
    Clock,
    System,
    Token,
    Claims,
    Api,
}

impl Step {
    pub(super) fn name(self) -> String {
        self.to_possible_value().expect("no step is hidden").get_name().to_owned()
    }
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Warned,
    Failed,
    Skipped,
}

struct Finding {
    step: Step,
    verdict: Verdict,
    /// The result in one line.
    summary: String,
    /// Details, which have no level, hints, notes and warnings, one line each.
    explanation: Vec<(Option<Level>, String)>,
}

/// The results so far. Each result is printed immediately, unless the output is JSON.
pub(super) struct Findings<'f, 'c> {
    console: &'f mut Console<'c>,
    at_once: bool,
    findings: Vec<Finding>,
    exit: Exit,
}

impl<'f, 'c> Findings<'f, 'c> {
    pub(super) fn new(console: &'f mut Console<'c>, json: bool) -> Self {
        Self { console, at_once: !json, findings: Vec::new(), exit: Exit::Done }
    }

    /// The console, for messages that are not findings.
    pub(super) fn console(&mut self) -> &mut Console<'c> {
        self.console
    }

    /// Records that the step passed, or passed with warnings if there are any among the messages.
    pub(super) fn passed(&mut self, step: Step, summary: String, messages: &[Message]) -> io::Result<()> {
        let is_warned = messages.iter().any(|(level, _)| *level == Level::Warning);
        let verdict = if is_warned { Verdict::Warned } else { Verdict::Passed };
        let explanation = messages.iter().map(|(level, text)| (Some(*level), text.clone())).collect();
        self.add(Finding { step, verdict, summary, explanation })
    }

    pub(super) fn failed(&mut self, step: Step, error: impl Into<CommandError>) -> io::Result<()> {
        let CommandError { exit, sentence, detail, hints, notes } = error.into();
        // The first failure decides the exit code.
        if self.exit == Exit::Done {
            self.exit = exit;
        }
        let of = |level, texts: Vec<String>| texts.into_iter().map(move |text| (level, text));
        let hints = of(Some(Level::Hint), hints).chain(of(Some(Level::Note), notes));
        let explanation = of(None, detail).chain(hints).collect();
        self.add(Finding { step, verdict: Verdict::Failed, summary: sentence, explanation })
    }

    pub(super) fn skipped(&mut self, step: Step, because: &str) -> io::Result<()> {
        let summary = format!("skipped because {because}");
        self.add(Finding { step, verdict: Verdict::Skipped, summary, explanation: Vec::new() })
    }

    /// Skips all further steps.
    pub(super) fn skip_the_rest(&mut self, because: &str) -> io::Result<()> {
        Step::value_variants()[self.findings.len()..].iter().try_for_each(|step| self.skipped(*step, because))
    }

    /// The first of these steps that failed.
    pub(super) fn failed_among(&self, needed: &[Step]) -> Option<Step> {
        let failed = |finding: &&Finding| needed.contains(&finding.step) && finding.verdict == Verdict::Failed;
        self.findings.iter().find(failed).map(|finding| finding.step)
    }

    /// Prints the results if the output is JSON. Returns the exit code.
    pub(super) fn finish(self) -> io::Result<Exit> {
        if !self.at_once {
            let steps: Vec<Value> = self.findings.iter().map(Finding::json).collect();
            self.console.answer_json(&json!({ "steps": steps, "exit_code": self.exit as u8 }))?;
        }
        Ok(self.exit)
    }

    fn add(&mut self, finding: Finding) -> io::Result<()> {
        debug_assert_eq!(
            Step::value_variants().get(self.findings.len()),
            Some(&finding.step),
            "each step once, in order"
        );
        if self.at_once {
            let colour = self.console.answers_in_colour();
            finding.lines(colour).iter().try_for_each(|line| self.console.answer_line(line))?;
        }
        self.findings.push(finding);
        Ok(())
    }
}

impl Verdict {
    /// The mark in front of a line, and the word in JSON.
    fn mark_and_word(self) -> (&'static str, &'static str) {
        match self {
            Self::Passed => ("✓", "passed"),
            Self::Warned => ("!", "warned"),
            Self::Failed => ("✗", "failed"),
            Self::Skipped => ("-", "skipped"),
        }
    }

    /// The ANSI colour of the mark.
    fn colour(self) -> &'static str {
        match self {
            Self::Passed => "1;32",
            Self::Warned => "1;33",
            Self::Failed => "1;31",
            Self::Skipped => "2",
        }
    }
}

impl Finding {
    fn lines(&self, colour: bool) -> Vec<String> {
        let text = visible(&format!("{:<13}  {}", self.step.name(), self.summary));
        let code = self.verdict.colour();
        let mark = painted(self.verdict.mark_and_word().0, code, colour);
        let text = painted(&text, code, colour && self.verdict == Verdict::Skipped);
        let explanation = self.explanation.iter().map(|(level, line)| {
            let line = visible(line);
            format!("    {}", level.map_or_else(|| line.clone(), |level| level.line(&line, colour)))
        });
        [format!("{mark} {text}")].into_iter().chain(explanation).collect()
    }

    fn json(&self) -> Value {
        let explanation = self.explanation.iter();
        let explanation: Vec<String> = explanation
            .map(|(level, text)| level.map_or_else(|| text.clone(), |level| level.line(text, false)))
            .collect();
        json!({
            "step": self.step.name(),
            "result": self.verdict.mark_and_word().1,
            "summary": self.summary,
            "explanation": explanation,
        })
    }
}
