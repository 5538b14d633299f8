//! Creates new files. An existing file is never overwritten, and a new file is complete or does not exist.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::cli::args::shell;
use crate::cli::error::{CommandError, Exit};
use crate::client::{may_be_secret, quote_path};

/// The users who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    Owner,
    Everybody,
}

/// Rejects a name that may be a pasted key, because the new file and its new folders would reveal the key.
pub(crate) fn check_name(path: &Path, extension: &str) -> Result<(), CommandError> {
    let is_usual = path.extension().is_some_and(|own| own == extension);
    let judged = if is_usual { path.parent().unwrap_or(path) } else { path };
    match may_be_secret(&judged.to_string_lossy()) {
        false => Ok(()),
        true => {
            let error =
                CommandError::command_line(format!("{} is not accepted as the name of a new file", quote_path(path)));
            Err(error.hint(format!("use a file name that ends in .{extension}, in an existing directory")))
        }
    }
}

/// Writes a new file, and creates the missing folders of its path.
pub(crate) fn create(path: &Path, content: &[u8], readers: Readers) -> Result<(), CommandError> {
    // The path is quoted before its folder is created, because `quote_path` accepts more paths if the folder exists.
    let quoted = quote_path(path);
    let cannot =
        |error: io::Error| CommandError::new(Exit::Configuration, format!("cannot write {quoted}: {}", reason(&error)));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // If the path may be a secret, its folder may be part of the secret. The error then describes the whole path.
        let named = if may_be_secret(&path.to_string_lossy()) { path } else { folder };
        let cannot = |error| format!("cannot create the directory {}: {error}", quote_path(named));
        fs::create_dir_all(folder).map_err(|error| CommandError::new(Exit::Configuration, cannot(error)))?;
    }
    let created = unnamed(path, content, readers).unwrap_or_else(|| renamed(path, content, readers));
    created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => cannot(error),
    })?;
    // After this, the file's name is safe from a power failure, too. Not every file system can do it.
    #[cfg(unix)]
    let _ = fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Writes a file that gets its name when it is complete, so that an interrupted process leaves nothing behind. `None`
/// if the file system cannot do it.
#[cfg(target_os = "linux")]
fn unnamed(path: &Path, content: &[u8], readers: Readers) -> Option<io::Result<()>> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
    use rustix::io::Errno;
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mut file = fs::File::from(openat(CWD, folder_of(path), flags, Mode::from_raw_mode(mode(readers))).ok()?);
    if let Err(error) = file.write_all(content).and_then(|()| file.sync_all()) {
        return Some(Err(error));
    }
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Some(Ok(())),
        Err(Errno::EXIST) => Some(Err(io::ErrorKind::AlreadyExists.into())),
        // For example, /proc is not mounted.
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path, _: &[u8], _: Readers) -> Option<io::Result<()>> {
    None
}

/// Writes a file that has a temporary name until it is complete.
fn renamed(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = temporary_file(path, readers)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|failed| failed.error)
}

/// Creates a temporary file in the folder of `path`. The file is deleted when it is dropped.
pub(super) fn temporary_file(path: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    // A process that is killed leaves the file behind, so its name contains the name of the final file.
    let prefix = format!(".{}.", path.file_name().unwrap_or_default().display());
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode(readers)));
    #[cfg(not(unix))]
    let _ = readers;
    builder.tempfile_in(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The permissions of a new file, which the user's umask restricts.
#[cfg(unix)]
fn mode(readers: Readers) -> u32 {
    match readers {
        Readers::Owner => 0o600,
        Readers::Everybody => 0o666,
    }
}

/// The operating system's reason, without the name of the temporary file.
pub(super) fn reason(error: &io::Error) -> String {
    if error.get_ref().is_some() { error.kind().to_string() } else { error.to_string() }
}

/// The error for a file that already exists.
pub(crate) fn exists(path: &Path) -> CommandError {
    CommandError::command_line(format!("{} already exists and will not be overwritten", quote_path(path)))
        .hint(format!("specify another file, such as {}", shell::path(&shell::free_name(path))))
}
