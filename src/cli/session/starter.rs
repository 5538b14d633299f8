//! Puts values into the lines of the shipped configuration, and finds the lines that still have an example value.

use std::path::Path;

/// A setting in a line of a configuration file.
#[derive(PartialEq, Eq)]
struct Line<'t> {
    table: &'t str,
    key: &'t str,
    /// Without its quotes.
    value: &'t str,
}

/// The setting of each line, if the line has a setting.
fn settings(text: &str) -> impl Iterator<Item = Option<Line<'_>>> {
    let mut table = "";
    text.lines().map(move |line| {
        if let Some(name) = line.trim_start().strip_prefix('[') {
            table = name.split(']').next().unwrap_or_default();
        }
        let (key, rest) = line.split_once('=').filter(|_| !line.trim_start().starts_with('#'))?;
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = rest[1..].split(quote).next()?;
        Some(Line { table, key: key.trim(), value })
    })
}

/// The value of a setting in the text, as it is written there.
pub(crate) fn value<'t>(text: &'t str, table: &str, key: &str) -> Option<&'t str> {
    settings(text).flatten().find(|setting| setting.table == table && setting.key == key).map(|setting| setting.value)
}

/// The shipped file for this path. In a folder `config`, the key is one folder up; elsewhere, it is next to the file.
pub(crate) fn shipped_for(file: &Path, shipped: &str) -> String {
    let in_config = file.parent().and_then(Path::file_name).is_some_and(|folder| folder == "config");
    match value(shipped, "key", "path").and_then(|path| path.strip_prefix("../")).filter(|_| !in_config) {
        Some(kind) => with(shipped, "key", "path", kind),
        None => shipped.to_owned(),
    }
}

/// Sets the value of a key, and leaves the rest of the text unchanged. Removes the star that marks an example from the
/// line's comment.
pub(crate) fn with(text: &str, table: &str, key: &str, value: &str) -> String {
    let lines = text.lines().zip(settings(text)).map(|(line, setting)| match setting {
        Some(setting) if setting.table == table && setting.key == key => {
            // The shipped files have their values in double quotes.
            let (before, after) = line.split_once(&format!("\"{}\"", setting.value)).unwrap_or((line, ""));
            let new = format!("{before}\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            let comment = after.trim_start().replacen("# * ", "# ", 1);
            let comment = comment.strip_suffix("# *").unwrap_or(&comment);
            let column = line.len() - after.trim_start().len() - 2;
            format!("{new:<column$}  {comment}").trim_end().to_owned()
        }
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// Removes the key id and, if there is a path, sets the certificate file.
pub(crate) fn with_certificate(text: &str, path: Option<&str>) -> String {
    const COMMENTED: &str = "# certificate ";
    let lines = text.lines().filter(|line| !line.starts_with("kid "));
    let text: String = lines
        .map(|line| match path {
            // The comment at the end of the line stays in its column.
            Some(_) if line.starts_with(COMMENTED) => line["# ".len()..].replacen("  #", "    #", 1) + "\n",
            _ => line.to_owned() + "\n",
        })
        .collect();
    path.map_or(text.clone(), |path| with(&text, "key", "certificate", path))
}

/// A line that still has an example value: its number, counted from 1, and its key.
pub(crate) struct Example {
    pub(crate) line: usize,
    pub(crate) key: String,
}

/// The lines with example values as messages show them.
pub(crate) fn lines(examples: &[Example]) -> String {
    let lines: Vec<String> = examples.iter().map(|Example { line, key }| format!("{line} ({key})")).collect();
    lines.join(", ")
}

/// The lines of a file that still have the example value of a line with a star in the shipped file.
pub(crate) fn examples(text: &str, shipped: &str) -> Vec<Example> {
    let starred = shipped.lines().zip(settings(shipped)).filter(|(line, _)| line.contains("# *"));
    let starred: Vec<Line<'_>> = starred.filter_map(|(_, setting)| setting).collect();
    let lines = text.lines().zip(settings(text)).zip(1..);
    let same = lines.filter_map(|((written, setting), line)| {
        // A value that the user gave has no star. It may equal the example value.
        let is_own = written.contains("# ") && !written.contains("# *");
        let Line { table, key, .. } = setting.filter(|setting| !is_own && starred.contains(setting))?;
        let table = if table.is_empty() { String::new() } else { format!("[{table}] ") };
        Some(Example { line, key: format!("{table}{key}") })
    });
    same.collect()
}

/// The shipped example of a system, with the client, the vendor and the system id of a configuration.
pub(crate) fn system(text: &str) -> String {
    let shipped = include_str!("../../../config/system.json");
    let [client, vendor, id, receipt] =
        [("", "client_id"), ("vendor", "org"), ("vendor", "system_id"), ("vendor", "redirect_url")]
            .map(|(table, key)| value(text, table, key).unwrap_or_default().replace(['"', '\\'], ""));
    let values = [
        ("1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16", client),
        ("991825827_skylager", id),
        ("0192:991825827", format!("0192:{}", vendor.trim_start_matches("0192:"))),
        ("https://example.no/receipt", receipt),
    ];
    values
        .into_iter()
        .filter(|(_, value)| !["", "0192:"].contains(&value.as_str()))
        .fold(shipped.to_owned(), |text, (example, value)| {
            text.replacen(&format!("\"{example}\""), &format!("\"{value}\""), 1)
        })
}
