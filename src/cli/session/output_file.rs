//! A file that receives the result of a command. It is written completely or stays unchanged.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::new_file::{Readers, reason, temporary_file};
use crate::cli::error::{CommandError, Exit};
use crate::client::quote_path;

/// A file that can be written. It is opened before the request is sent, so that no response is lost because the path is
/// wrong.
pub(crate) struct OutputFile {
    path: PathBuf,
    destination: Destination,
}

enum Destination {
    /// A new file, or the replacement of a regular file.
    Replacement(NamedTempFile),
    /// A device or a pipe, which cannot be replaced.
    Device(File),
}

impl OutputFile {
    /// Opens the file for writing, and leaves its content unchanged.
    pub(crate) fn open(path: &Path) -> Result<Self, CommandError> {
        let cannot = |error: io::Error| {
            CommandError::command_line(format!("--output: cannot write {}: {}", quote_path(path), reason(&error)))
        };
        let existing = fs::metadata(path).ok();
        // A symbolic link stays; the file that it points to is replaced.
        let target = if existing.is_some() { path.canonicalize().map_err(cannot)? } else { path.to_owned() };
        let destination = match &existing {
            Some(other) if !other.is_file() => {
                Destination::Device(File::options().write(true).open(path).map_err(cannot)?)
            }
            Some(file) if file.permissions().readonly() => return Err(cannot(io::ErrorKind::PermissionDenied.into())),
            existing => {
                // The error of a missing directory has no reason if it comes from `tempfile`.
                let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
                folder.map(fs::metadata).transpose().map_err(cannot)?;
                let file = temporary_file(&target, Readers::Everybody).map_err(cannot)?;
                if let Some(existing) = existing {
                    file.as_file().set_permissions(existing.permissions()).map_err(cannot)?;
                }
                Destination::Replacement(file)
            }
        };
        Ok(Self { path: target, destination })
    }

    /// Writes the content, and replaces an existing file.
    pub(crate) fn write(self, content: &[u8]) -> Result<(), CommandError> {
        let Self { path, destination } = self;
        let written = match destination {
            Destination::Device(mut file) => file.write_all(content),
            Destination::Replacement(mut file) => file
                .write_all(content)
                .and_then(|()| file.as_file().sync_all())
                .and_then(|()| file.persist(&path).map(drop).map_err(|failed| failed.error)),
        };
        written.map_err(|error| {
            let problem = format!("--output: cannot write {}: {}", quote_path(&path), reason(&error));
            CommandError::new(Exit::Unexpected, problem)
        })
    }
}
