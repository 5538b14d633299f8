//! Text in aligned columns. No text is truncated.

use crate::client::visible;

/// The widest column, in characters. A longer text sticks out of its own line and does not widen the others.
const WIDEST: usize = 120;

/// Formats rows as aligned columns, one row per line.
pub(crate) fn columns<const COLUMNS: usize>(rows: impl IntoIterator<Item = [String; COLUMNS]>) -> String {
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(|cell| visible(&cell))).collect();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.filter(|width| *width <= WIDEST).max().unwrap_or(0)
    });
    let line = |row: [String; COLUMNS]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.into_iter().map(line).collect()
}

/// Formats rows as aligned columns below a heading.
pub(crate) fn table<const COLUMNS: usize>(
    heading: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    columns([heading.map(str::to_owned)].into_iter().chain(rows))
}

/// The text, or a dash if there is none.
pub(crate) fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// Formats names and values as two columns.
pub(crate) fn pairs<T: AsRef<str>>(rows: &[(&str, T)]) -> String {
    columns(rows.iter().map(|(name, value)| [(*name).to_owned(), value.as_ref().to_owned()]))
}
