//! The passphrase of an encrypted key: from an environment variable, from a file, or typed.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::permissions::{mode, too_open};
use crate::cli::args::config_file::read_within_limits;
use crate::cli::args::variables::{self, PASSPHRASE, PASSPHRASE_FILE};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Level, Message};
use crate::client::KeySource;
use crate::config::{ConfigError, Source};

/// A passphrase, and the variable that it comes from; `None` if it was typed.
pub(crate) struct Passphrase {
    pub(crate) secret: SecretString,
    pub(crate) source: Option<Source>,
}

/// The passphrase that a variable holds, or that the file named by a variable contains. Adds a warning if other users
/// can read the file.
pub(crate) fn configured(messages: &mut Vec<Message>) -> Result<Option<Passphrase>, CommandError> {
    match (variables::secret(PASSPHRASE)?, variables::os(PASSPHRASE_FILE)) {
        (Some(_), Some(_)) => {
            let problem = format!("{PASSPHRASE} and {PASSPHRASE_FILE} cannot both be set");
            Err(ConfigError::new(problem).with_hint("unset one of them").into())
        }
        (Some(given), None) => Ok(Some(Passphrase { secret: given.value.into(), source: Some(given.source) })),
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let passphrase = of_file(&path)?;
            let warning = mode(&path).and_then(|mode| too_open(&format!("the file in {PASSPHRASE_FILE}"), &path, mode));
            messages.extend(warning.map(|warning| (Level::Warning, warning)));
            Ok(Some(passphrase))
        }
        (None, None) => Ok(None),
    }
}

/// Whether a passphrase is configured, and reading it cannot wait.
pub(crate) fn is_set() -> bool {
    match variables::os(PASSPHRASE_FILE) {
        Some(file) => Path::new(&file).is_file(),
        None => matches!(variables::secret(PASSPHRASE), Ok(Some(_))),
    }
}

/// Asks for the passphrase on the terminal, without showing it.
pub(crate) fn typed(key: &KeySource) -> Result<Passphrase, CommandError> {
    if !io::stderr().is_terminal() {
        return Err(missing(key));
    }
    match hidden_line(&format!("passphrase for {key}: ")) {
        Ok(secret) => Ok(Passphrase { secret, source: None }),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            Err(CommandError::new(Exit::Interrupted, "no passphrase was typed"))
        }
        Err(_) => Err(missing(key)),
    }
}

/// Reads a line from the terminal without showing it. Ctrl-C is an error, since a signal would end the process before the
/// terminal shows what is typed again.
#[cfg(unix)]
fn hidden_line(prompt: &str) -> io::Result<SecretString> {
    use std::fs::File;
    use std::io::{Read, Write};

    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
    use secrecy::zeroize::Zeroizing;

    const CTRL_C: u8 = 3;
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
    hidden.local_modes |= LocalModes::ECHONL | LocalModes::ICANON;
    // Ctrl-C ends the line, as a line break does.
    hidden.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let mut line = Zeroizing::new(vec![0; LARGEST_FILE as usize]);
    let read = terminal.write_all(prompt.as_bytes()).and_then(|()| terminal.read(&mut line));
    tcsetattr(&terminal, OptionalActions::Flush, &shown)?;
    match &line[..read?] {
        [.., CTRL_C] => {
            terminal.write_all(b"\n")?;
            Err(io::ErrorKind::Interrupted.into())
        }
        [] => Err(io::ErrorKind::UnexpectedEof.into()),
        line => std::str::from_utf8(line)
            .map(|line| line.trim_end_matches(['\r', '\n']).into())
            .map_err(|_| io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(not(unix))]
fn hidden_line(prompt: &str) -> io::Result<SecretString> {
    rpassword::prompt_password(prompt).map(SecretString::from)
}

fn missing(key: &KeySource) -> CommandError {
    CommandError::new(Exit::Configuration, format!("{key} is encrypted, but no passphrase is set")).hint(format!(
        "set {PASSPHRASE_FILE} to the path of a file that contains the passphrase, or set {PASSPHRASE} to \
         the passphrase itself"
    ))
}

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 4096;

/// Reads the file without its last line break, which most editors add. The error does not show the path, since it may
/// be the passphrase.
fn of_file(path: &Path) -> Result<Passphrase, ConfigError> {
    let source = Source::Variable(PASSPHRASE_FILE);
    let wrong = |problem: &str| ConfigError::at(&source, problem);
    let bytes = read_within_limits(path, LARGEST_FILE).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => wrong("the file does not exist").with_hint(format!(
            "it must be the path of a file; if it is the passphrase itself, set {PASSPHRASE} instead"
        )),
        _ => wrong(&format!("the file cannot be read: {error}")),
    })?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(wrong("the file is larger than 4 KiB"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("the file is not UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}');
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(Passphrase { secret: text.strip_suffix('\r').unwrap_or(text).into(), source: Some(source.clone()) })
}

impl Passphrase {
    /// The hint if the passphrase is wrong.
    pub(crate) fn hint(&self) -> Option<String> {
        let source = self.source.as_ref()?;
        let secret = self.secret.expose_secret();
        Some(match source {
            Source::Variable(PASSPHRASE_FILE) if secret.is_empty() => format!("the file in {source} is empty"),
            _ if secret.is_empty() => {
                format!("{source} is empty: does a CI job set it from a secret that is not available to the job?")
            }
            _ if secret.trim() != secret => {
                format!("the passphrase from {source} begins or ends with a space or a line break: is that right?")
            }
            _ => format!("the passphrase comes from {source}: does it belong to another key?"),
        })
    }
}
