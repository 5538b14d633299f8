//! Files that are written new: nothing is ever overwritten, and what could not be written whole is not left behind.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::hints;
use crate::config::ConfigError;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    Owner,
    Everybody,
}

/// Writes a new file, and the folders above it.
pub(super) fn create(path: &Path, content: &[u8], readers: Readers) -> Result<(), ConfigError> {
    let cannot = |error: io::Error| ConfigError::new(format!("cannot write `{}`: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let cannot = |error| format!("cannot make the folder `{}`: {error}", folder.display());
        fs::create_dir_all(folder).map_err(|error| ConfigError::new(cannot(error)))?;
    }
    let mut file = open(path, readers).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => cannot(error),
    })?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.map_err(|error| {
        let _ = fs::remove_file(path);
        cannot(error)
    })
}

/// The target is there already.
pub(super) fn exists(path: &Path) -> ConfigError {
    ConfigError::Invalid {
        problem: format!("`{}` exists already, and nothing is overwritten", path.display()),
        hint: Some(format!("name another file, such as {}", hints::quoted(&hints::free_name(path)))),
    }
}

fn open(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}
