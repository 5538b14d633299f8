//! A step of the examination, and what came of it.

use serde_json::{Value, json};

use crate::cli::error;
use crate::cli::error::told::Told;
use crate::cli::output::console::{Console, Tone};
use crate::cli::session::signing_key::Remark;
use crate::client::sanitize::visible;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    const ALL: [Self; 9] = [
        Self::Configuration,
        Self::Key,
        Self::Organisation,
        Self::Metadata,
        Self::Clock,
        Self::System,
        Self::Token,
        Self::Claims,
        Self::Api,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Key => "key",
            Self::Organisation => "organisation",
            Self::Metadata => "metadata",
            Self::Clock => "clock",
            Self::System => "system",
            Self::Token => "token",
            Self::Claims => "claims",
            Self::Api => "api",
        }
    }
}

/// What came of a step.
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
    /// In a line.
    says: String,
    /// What is to be known beside, a line each.
    explanation: Vec<String>,
}

/// What has been found so far. Each step is told at once, unless all are wanted as JSON.
pub(super) struct Findings<'f, 'c> {
    console: &'f mut Console<'c>,
    at_once: bool,
    found: Vec<Finding>,
    exit_code: u8,
}

impl<'f, 'c> Findings<'f, 'c> {
    pub(super) fn new(console: &'f mut Console<'c>, json: bool) -> Self {
        Self { console, at_once: !json, found: Vec::new(), exit_code: 0 }
    }

    /// For what is said beside the findings.
    pub(super) fn console(&mut self) -> &mut Console<'c> {
        self.console
    }

    /// Nothing is wrong; or there are warnings among the remarks.
    pub(super) fn passed(&mut self, step: Step, says: String, remarks: &[Remark]) -> anyhow::Result<()> {
        let warned = remarks.iter().any(|(tone, _)| *tone == Tone::Warning);
        let verdict = if warned { Verdict::Warned } else { Verdict::Passed };
        let explanation = remarks.iter().map(|(tone, text)| tone.line(text)).collect();
        self.add(Finding { step, verdict, says, explanation })
    }

    pub(super) fn failed(&mut self, step: Step, error: &anyhow::Error) -> anyhow::Result<()> {
        let Told { exit_code, sentence, detail, hints, notes } = error::told(error);
        let hints = hints.iter().map(|hint| Tone::Hint.line(hint));
        let notes = notes.iter().map(|note| Tone::Note.line(note));
        self.fault(step, exit_code, sentence, detail.into_iter().chain(hints).chain(notes).collect())
    }

    pub(super) fn fault(
        &mut self,
        step: Step,
        exit_code: u8,
        says: String,
        explanation: Vec<String>,
    ) -> anyhow::Result<()> {
        // The first that failed decides.
        if self.exit_code == 0 {
            self.exit_code = exit_code;
        }
        self.add(Finding { step, verdict: Verdict::Failed, says, explanation })
    }

    pub(super) fn skipped(&mut self, step: Step, because: &str) -> anyhow::Result<()> {
        let says = format!("skipped because of {because}");
        self.add(Finding { step, verdict: Verdict::Skipped, says, explanation: Vec::new() })
    }

    /// Skips what has not been looked at.
    pub(super) fn skip_the_rest(&mut self, because: &str) -> anyhow::Result<()> {
        Step::ALL[self.found.len()..].iter().try_for_each(|step| self.skipped(*step, because))
    }

    /// The first of the steps that failed.
    pub(super) fn failed_among(&self, needed: &[Step]) -> Option<Step> {
        let failed = |found: &&Finding| needed.contains(&found.step) && found.verdict == Verdict::Failed;
        self.found.iter().find(failed).map(|found| found.step)
    }

    /// Answers, and tells the exit code.
    pub(super) fn answer(self) -> anyhow::Result<u8> {
        if !self.at_once {
            let steps: Vec<Value> = self.found.iter().map(Finding::json).collect();
            let answer = json!({ "steps": steps, "exit_code": self.exit_code });
            self.console.answer_json(&answer)?;
        }
        Ok(self.exit_code)
    }

    fn add(&mut self, finding: Finding) -> anyhow::Result<()> {
        debug_assert_eq!(Step::ALL.get(self.found.len()), Some(&finding.step), "each step once, in order");
        if self.at_once {
            finding.lines().iter().try_for_each(|line| self.console.answer_line(&visible(line)))?;
        }
        self.found.push(finding);
        Ok(())
    }
}

impl Finding {
    fn lines(&self) -> Vec<String> {
        let mark = match self.verdict {
            Verdict::Passed => '✓',
            Verdict::Warned => '!',
            Verdict::Failed => '✗',
            Verdict::Skipped => '-',
        };
        let first = format!("{mark} {:<13}  {}", self.step.name(), self.says);
        [first].into_iter().chain(self.explanation.iter().map(|line| format!("    {line}"))).collect()
    }

    fn json(&self) -> Value {
        let result = match self.verdict {
            Verdict::Passed => "passed",
            Verdict::Warned => "warned",
            Verdict::Failed => "failed",
            Verdict::Skipped => "skipped",
        };
        json!({ "step": self.step.name(), "result": result, "says": self.says, "explanation": self.explanation })
    }
}
