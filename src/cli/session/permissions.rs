//! The permissions of files that contain a secret.

use std::path::Path;

use crate::cli::args::shell;

/// The permissions of a regular file.
#[cfg(unix)]
pub(super) fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
pub(super) fn mode(_: &Path) -> Option<u32> {
    None
}

/// The warning if a file with this mode can be read by users other than its owner.
pub(super) fn too_open(name: &str, path: &Path, mode: u32) -> Option<String> {
    let path = shell::path(path);
    (mode & 0o044 != 0).then(|| {
        format!(
            "{name} can be read by users other than its owner (mode {mode:04o}); to restrict it, run `chmod 600 {path}`"
        )
    })
}
