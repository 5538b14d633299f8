//! A file that receives the result of a command. It is written completely or stays unchanged.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::new_file::{Readers, reason, temporary_file};
use crate::cli::args::config_file::within_time_limit;
use crate::cli::error::{CommandError, Exit};
use crate::client::quote_path;

/// A file that can be written. It is checked before the request is sent, so that no response is lost because the path is
/// wrong.
pub(crate) struct OutputFile {
    path: PathBuf,
    destination: Destination,
}

enum Destination {
    /// A new file, or the replacement of a regular file, which keeps its permissions.
    Replacement(Option<Permissions>),
    /// A device or a pipe, which cannot be replaced.
    Device(File),
}

impl OutputFile {
    /// Checks that the file can be written, and leaves its content unchanged.
    pub(crate) fn open(path: &Path) -> Result<Self, CommandError> {
        let cannot = |error: io::Error| {
            CommandError::command_line(format!("--output: cannot write {}: {}", quote_path(path), reason(&error)))
        };
        let existing = fs::metadata(path).ok();
        if existing.is_none() && path.is_symlink() {
            let problem = format!("--output: {} is a symbolic link to a missing file", quote_path(path));
            return Err(CommandError::command_line(problem));
        }
        // A symbolic link stays; the file that it points to is replaced.
        let is_file = existing.as_ref().is_some_and(Metadata::is_file);
        let target = if is_file { path.canonicalize().map_err(cannot)? } else { path.to_owned() };
        let destination = match &existing {
            Some(other) if !other.is_file() => {
                let device = path.to_owned();
                let open = move || File::options().write(true).open(device);
                let opened = within_time_limit(path, "no program had opened it for reading", open);
                let cannot = |error| format!("--output: cannot write {}: {error}", quote_path(path));
                let opened = opened.and_then(|opened| opened);
                Destination::Device(opened.map_err(|error| CommandError::command_line(cannot(error)))?)
            }
            Some(file) if file.permissions().readonly() => return Err(cannot(io::ErrorKind::PermissionDenied.into())),
            existing => {
                // The error of a missing directory has no reason if it comes from `tempfile`.
                let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
                folder.map(fs::metadata).transpose().map_err(cannot)?;
                // The directory must accept a file. This one is deleted, so that nothing is left if Ctrl-C ends the call.
                temporary_file(&target, Readers::Everybody).map_err(cannot)?;
                Destination::Replacement(existing.as_ref().map(Metadata::permissions))
            }
        };
        Ok(Self { path: target, destination })
    }

    /// Writes the content, and replaces an existing file.
    pub(crate) fn write(self, content: &[u8]) -> Result<(), CommandError> {
        let Self { path, destination } = self;
        let written = match destination {
            Destination::Device(mut file) => file.write_all(content),
            Destination::Replacement(permissions) => replace(&path, content, permissions),
        };
        written.map_err(|error| {
            let problem = format!("--output: cannot write {}: {}", quote_path(&path), reason(&error));
            CommandError::new(Exit::Unexpected, problem)
        })
    }
}

fn replace(path: &Path, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let mut file = temporary_file(path, Readers::Everybody)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}
